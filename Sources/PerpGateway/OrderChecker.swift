import PerpCore

/// Follows the orders of a recording, as a reader would, and notices what contradicts what was
/// told before (PROTOCOL.md, section 5).
struct OrderChecker {
  private struct State {
    /// Nil until the first `order` line.
    var status: OrderStatus?
    var filled = Decimal.zero
    var tradeIDs: Set<String> = []
    /// The sum of the fills told, from the first line of the recording on.
    var sum = Decimal.zero
    /// What `filled` must at least be in the next line, because a fill said so.
    var owed: Decimal?
  }

  private var states: [String: State] = [:]
  private var lastSequence: Int64 = 0

  /// What is wrong with a valid line in the light of those before it.
  mutating func fault(_ tree: borrowing JSONTree, _ type: String) -> String? {
    guard type == "order" || type == "fill" else { return nil }
    // What is sent again says nothing new.
    let sequence = tree.integer(tree.member("seq", of: 0)) ?? 0
    if tree.bool(tree.member("dup", of: 0)) == true, sequence <= lastSequence { return nil }
    lastSequence = sequence

    func word(_ key: String) -> String? { tree.string(tree.member(key, of: 0)) }
    // The client's name is there from the first line on, the venue's id is not.
    let name = word("client_id") ?? word("order_id") ?? ""
    let key = "\(word("venue") ?? "") \(word("account") ?? "") \(name)"
    var state = states.removeValue(forKey: key) ?? State()
    defer { states[key] = state }
    return type == "order" ? orderFault(tree, &state) : fillFault(tree, &state)
  }

  private func orderFault(_ tree: borrowing JSONTree, _ state: inout State) -> String? {
    func word(_ key: String) -> String? { tree.string(tree.member(key, of: 0)) }
    func figure(_ key: String) -> Decimal? { tree.decimal(tree.member(key, of: 0)) }
    guard let status = word("status").flatMap(OrderStatus.init) else { return nil }
    let isRestated = word("event") == "restated" && word("evidence") != nil
    let (last, filledBefore) = (state.status, state.filled)
    let filled = figure("filled")
    let owed = state.owed
    state.status = status
    state.filled = filled ?? filledBefore
    state.owed = nil

    if let last, last.isFinal, status != last, !isRestated {
      return "is \(status.rawValue) after \(last.rawValue), which is final"
    }
    if let filled, filled < filledBefore { return "has filled \(filled) after \(filledBefore)" }
    if let owed, state.filled < owed {
      return "has filled \(state.filled) where a fill came to \(owed)"
    }
    guard let filled, let remaining = figure("remaining") else { return nil }
    if status.isFinal { return remaining.isZero ? nil : "is final with \(remaining) remaining" }
    guard let size = figure("size"), filled.adding(remaining) != size else { return nil }
    return "has filled \(filled) and \(remaining) remaining of \(size)"
  }

  private func fillFault(_ tree: borrowing JSONTree, _ state: inout State) -> String? {
    func figure(_ key: String) -> Decimal { tree.decimal(tree.member(key, of: 0)) ?? .zero }
    let id =
      "\(tree.string(tree.member("order_id", of: 0)) ?? "") "
      + "\(tree.string(tree.member("trade_id", of: 0)) ?? "")"
    let owed = state.owed
    let filled = figure("filled")
    state.owed = filled
    guard state.tradeIDs.insert(id).inserted else { return "is a second fill of that trade_id" }
    state.sum = state.sum.adding(figure("size")) ?? state.sum
    if owed != nil { return "follows a fill that no order line has included" }
    return filled < state.sum ? "has filled \(filled) where fills sum up to \(state.sum)" : nil
  }
}

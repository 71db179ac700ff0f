import PerpCore

/// Plans are written by people, on a command line:
/// `kind[:target][=value][@start[+duration]][%percent]`, several with commas between.
extension FaultPlan {
  /// What is wrong with a plan, and what would be right.
  package struct Problem: Error, Equatable, CustomStringConvertible {
    package let clause: String
    package let cause: String
    package let allowed: String

    package var description: String { "fault \"\(clause)\": \(cause); allowed: \(allowed)" }
  }

  package init(_ text: String) throws(Problem) {
    if text.hasPrefix("swarm=") {
      guard let seed = UInt64(text.dropFirst("swarm=".count)) else {
        throw Problem(clause: text, cause: "the seed is not a number", allowed: "swarm=SEED")
      }
      self = FaultPlan.swarm(seed: seed)
      return
    }
    clauses = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      clauses.append(try Clause(part))
    }
  }
}

extension FaultPlan.Clause {
  package init(_ text: Substring) throws(FaultPlan.Problem) {
    var rest = text
    let name = Self.take(&rest, until: ":=@%")
    guard let kind = FaultPlan.Kind(rawValue: String(name)) else {
      throw FaultPlan.Problem(
        clause: String(text), cause: name.isEmpty ? "no kind" : "no kind is named \"\(name)\"",
        allowed: FaultPlan.Kind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self.init(kind)
    do throws(Flaw) {
      target = try Self.target(of: kind, &rest)
      value = try Self.value(of: kind, &rest)
      if rest.first == "@" { (start, duration) = try Self.window(&rest) }
      if rest.first == "%" { chance = try Self.chance(of: kind, rest.dropFirst()) }
      guard rest.isEmpty || rest.first == "%" else {
        throw Flaw(
          "\"\(rest)\" is out of place", "kind[:target][=value][@start[+duration]][%percent]")
      }
    } catch {
      throw FaultPlan.Problem(clause: String(text), cause: error.cause, allowed: error.allowed)
    }
  }

  /// A problem of a clause that is not known here.
  private struct Flaw: Error {
    let cause: String
    let allowed: String

    init(_ cause: String, _ allowed: String) {
      self.cause = cause
      self.allowed = allowed
    }
  }

  private static func take(_ rest: inout Substring, until ends: String) -> Substring {
    let taken = rest.prefix { !ends.contains($0) }
    rest = rest[taken.endIndex...]
    return taken
  }

  private static func target(
    of kind: FaultPlan.Kind, _ rest: inout Substring
  ) throws(Flaw) -> FaultPlan.Target {
    guard rest.first == ":" else { return kind.defaultTarget }
    rest.removeFirst()
    let name = take(&rest, until: "=@%")
    guard kind.strikesFrames else {
      throw Flaw("it has no target", "\(kind.usage)[@start[+duration]]")
    }
    switch name {
    case "data": return .data
    case "control": return .control
    case "account": return .account
    default: break
    }
    let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let channels = Channel.allCases.map(\.rawValue).joined(separator: ", ")
    guard let channel = Channel(rawValue: String(parts[0])) else {
      throw Flaw(
        "\"\(parts[0])\" is no target", "data, control, account, \(channels), or CHANNEL:SYMBOL")
    }
    guard parts.count == 2 else { return .channel(channel) }
    guard let symbol = Symbol(parts[1]) else {
      throw Flaw("\"\(parts[1])\" is no symbol", "BASE-QUOTE-PERP, such as BTC-USD-PERP")
    }
    return .topic(Topic(channel, symbol))
  }

  private static func value(
    of kind: FaultPlan.Kind, _ rest: inout Substring
  ) throws(Flaw) -> FaultPlan.Value {
    guard rest.first == "=" else {
      guard kind.valueForm == .none else { throw Flaw("the value is missing", kind.usage) }
      return .none
    }
    rest.removeFirst()
    let text = take(&rest, until: "@%")
    switch kind.valueForm {
    case .none: throw Flaw("it has no value", kind.usage)
    case .answer where text == "none": return .noAnswer
    case .number(let range): return .number(try number(text, in: range, of: kind))
    case .answer: return .number(try number(text, in: 400...599, of: kind))
    case .drip:
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2 else { throw Flaw("\"\(text)\" is not two numbers", kind.usage) }
      return .drip(
        bytes: try number(parts[0], in: 1...65_536, of: kind),
        milliseconds: try number(parts[1], in: 1...10_000, of: kind))
    }
  }

  private static func number(
    _ text: Substring, in range: ClosedRange<Int>, of kind: FaultPlan.Kind
  ) throws(Flaw) -> Int {
    guard let number = plainNumber(text), range.contains(number) else {
      throw Flaw(
        "\"\(text)\" is out of range",
        "\(kind.usage) with \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func window(
    _ rest: inout Substring
  ) throws(Flaw) -> (start: UInt64, duration: UInt64?) {
    rest.removeFirst()
    let parts = take(&rest, until: "%")
      .split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    let start = try time(parts[0])
    guard parts.count == 2 else { return (start, nil) }
    let duration = try time(parts[1])
    guard duration > 0 else { throw Flaw("it lasts no time", "a duration above zero") }
    return (start, duration)
  }

  private static func time(_ text: Substring) throws(Flaw) -> UInt64 {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let units = ["ms": 1, "s": 1_000, "m": 60_000]
    guard let number = plainNumber(digits), let unit = units[String(text[digits.endIndex...])]
    else {
      throw Flaw("\"\(text)\" is no time", "a whole number of ms, s or m, such as 250ms or 10s")
    }
    return Nanoseconds.milliseconds(number * unit)
  }

  private static func chance(
    of kind: FaultPlan.Kind, _ text: Substring
  ) throws(Flaw) -> Int {
    guard ![.freeze, .skew, .liquidate].contains(kind) else {
      throw Flaw("it has no percentage", kind.usage)
    }
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = parts.count == 2 ? parts[1] : "0"
    guard let whole = plainNumber(parts[0]), fraction.utf8.count <= 4,
      let parts = plainNumber(fraction + String(repeating: "0", count: 4 - fraction.utf8.count)),
      (1...1_000_000).contains(whole * 10_000 + parts)
    else { throw Flaw("\"\(text)\" is no percentage", "0.0001 to 100") }
    return whole * 10_000 + parts
  }

  /// Digits only, at most nine.
  private static func plainNumber(_ text: some StringProtocol) -> Int? {
    guard text.utf8.count <= 9, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text)
  }
}

extension FaultPlan: CustomStringConvertible {
  /// Reads back as the same plan; empty for the plan without faults.
  package var description: String { clauses.map(\.description).joined(separator: ",") }
}

extension FaultPlan.Clause: CustomStringConvertible {
  package var description: String {
    var text = kind.rawValue
    if target != kind.defaultTarget { text += ":\(target)" }
    switch value {
    case .none: break
    case .number(let number): text += "=\(number)"
    case .drip(let bytes, let milliseconds): text += "=\(bytes)/\(milliseconds)"
    case .noAnswer: text += "=none"
    }
    if start > 0 || duration != nil { text += "@\(Self.text(of: start))" }
    if let duration { text += "+\(Self.text(of: duration))" }
    guard let chance else { return text }
    let fraction = String(chance % 10_000 + 10_000).dropFirst()
    let digits = fraction.reversed().drop { $0 == "0" }.reversed()
    return text + "%\(chance / 10_000)" + (digits.isEmpty ? "" : "." + String(digits))
  }

  private static func text(of time: UInt64) -> String {
    let milliseconds = time / 1_000_000
    return milliseconds.isMultiple(of: 1_000) ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
  }
}

extension FaultPlan.Target: CustomStringConvertible {
  package var description: String {
    switch self {
    case .everything: "everything"
    case .data: "data"
    case .control: "control"
    case .account: "account"
    case .channel(let channel): channel.rawValue
    case .topic(let topic): "\(topic.channel.rawValue):\(topic.symbol)"
    }
  }
}

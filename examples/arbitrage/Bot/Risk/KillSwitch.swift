import PerpCore

/// A file that all bots look at: what is in it holds for each of them. (B-10)
package struct KillSwitch: Equatable, Sendable {
  package enum State: String, CaseIterable, Sendable {
    /// Bots may trade.
    case armed
    /// No entries; what works is cancelled, positions stay.
    case killed
    /// No entries; what works is cancelled and positions are closed.
    case flatten
  }

  package var state: State
  package var reason: String

  package static let armed = KillSwitch(state: .armed, reason: "")

  package init(state: State, reason: String) { (self.state, self.reason) = (state, reason) }

  /// A file that is there and cannot be read must not let anybody trade.
  package init(file: String?) {
    guard let file else { self = .armed; return }
    let line = file.prefix { !$0.isNewline }
    let parts = line.split(separator: " ", maxSplits: 1)
    guard let word = parts.first, let state = State(rawValue: String(word)) else {
      self.init(state: .killed, reason: "the kill switch file cannot be read")
      return
    }
    self.init(state: state, reason: parts.count > 1 ? String(parts[1]) : "")
  }

  package var file: String { "\(state.rawValue) \(reason)\n" }
}

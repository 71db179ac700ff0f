import PerpCore

/// One setting of a bot: its name, what it may be, and what it is unless somebody says otherwise.
package struct Parameter: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// Exact; the range is closed, `above` excludes its lower end.
    case decimal(ClosedRange<Decimal>, above: Bool = false)
    case integer(ClosedRange<Int>)
    /// Seconds with at most nine digits after the point.
    case seconds(ClosedRange<Decimal>)
    case choice([String])
    case text
    /// One of `yes` or `no`; on the command line the name alone means yes.
    case flag
  }

  /// Words for a flag, in any case of letters.
  static let yes = ["true", "1", "yes", "on"]
  static let no = ["false", "0", "no", "off"]

  package let name: String
  package let kind: Kind
  /// Nil: it must be given. Empty of a flag: others say what it is then.
  package let fallback: String?
  /// What it is instead under a preset of this name.
  package let presets: [String: String]
  /// The variable of the environment that gives it.
  package let variable: String?
  package let meaning: String
  package let isSecret: Bool

  package init(
    _ name: String, _ kind: Kind, default fallback: String?, presets: [String: String] = [:],
    variable: String? = nil, isSecret: Bool = false, _ meaning: String
  ) {
    (self.name, self.kind, self.fallback) = (name, kind, fallback)
    (self.presets, self.variable) = (presets, variable)
    (self.isSecret, self.meaning) = (isSecret, meaning)
  }

  /// What is wrong with a value; nil of one that is right.
  package func complaint(about text: String) -> String? {
    switch kind {
    case .decimal(let range, let isAbove):
      guard let value = Decimal(text) else { return "is no decimal number" }
      if isAbove, value <= range.lowerBound { return "must be above \(range.lowerBound)" }
      return range.contains(value)
        ? nil : "must be \(range.lowerBound) to \(range.upperBound)"
    case .integer(let range):
      guard let value = Int(text) else { return "is no whole number" }
      return range.contains(value)
        ? nil : "must be \(range.lowerBound) to \(range.upperBound)"
    case .seconds(let range):
      guard let value = Decimal(text), value.trimmed.scale <= 9 else {
        return "is no number of seconds"
      }
      return range.contains(value)
        ? nil : "must be \(range.lowerBound) to \(range.upperBound) seconds"
    case .choice(let words):
      return words.contains(text) ? nil : "must be one of \(words.joined(separator: ", "))"
    case .flag:
      return (Self.yes + Self.no).contains(text.lowercased()) ? nil : "must be true or false"
    case .text: return nil
    }
  }
}

extension Parameter {
  /// Zero and more.
  package static let amounts = Decimal.zero...Decimal(1_000_000_000)
  package static let anyAmount = Decimal(-1_000_000_000)...Decimal(1_000_000_000)
}

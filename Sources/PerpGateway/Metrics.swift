import PerpCore

/// Metrics in the text format of Prometheus, version 0.0.4 (prometheus.io, "Exposition formats").
/// METRICS.md lists all that are written.
package struct Metrics: ~Copyable {
  package enum Kind: String {
    case counter, gauge, histogram
  }

  package typealias Labels = [(name: StaticString, value: String)]

  package private(set) var text = ByteBuffer(capacity: 32 << 10)
  private var name: StaticString = ""

  package init() {}

  /// Begins a metric; its samples follow.
  package mutating func begin(_ name: StaticString, _ kind: Kind, _ help: StaticString) {
    self.name = name
    text.append("# HELP ")
    text.append(name)
    text.append(" ")
    text.append(help)
    text.append("\n# TYPE ")
    text.append(name)
    text.append(" ")
    text.append(kind.rawValue)
    text.append("\n")
  }

  package mutating func sample(_ value: UInt64, _ labels: Labels = []) {
    sample(Decimal(Int(clamping: value)), labels)
  }

  package mutating func sample(_ value: Decimal, _ labels: Labels = []) {
    sample("", value, labels)
  }

  /// A metric that is one number.
  package mutating func put(
    _ name: StaticString, _ kind: Kind, _ value: UInt64, _ help: StaticString
  ) {
    begin(name, kind, help)
    sample(value)
  }

  /// What was counted in units of ten to the minus `scale` seconds, as seconds. The buckets double
  /// from two to the power of `powers.lowerBound` units on.
  package mutating func sample(
    _ histogram: Histogram, scale: Int, powers: ClosedRange<UInt64>, _ labels: Labels = []
  ) {
    for power in powers {
      // What is no more than one unit less than the next bucket's beginning.
      let limit = (UInt64(1) << power) - 1
      sample(
        "_bucket", Decimal(Int(clamping: histogram.count(upTo: limit))),
        labels + [("le", Self.seconds(limit, scale).description)])
    }
    let count = Decimal(Int(clamping: histogram.count))
    sample("_bucket", count, labels + [("le", "+Inf")])
    sample("_sum", Self.seconds(histogram.sum, scale), labels)
    sample("_count", count, labels)
  }

  package static func seconds(_ units: UInt64, _ scale: Int) -> Decimal {
    Decimal(mantissa: Int128(units), scale: UInt8(scale)).trimmed
  }

  private mutating func sample(_ suffix: StaticString, _ value: Decimal, _ labels: Labels) {
    text.append(name)
    text.append(suffix)
    for (index, label) in labels.enumerated() {
      text.append(index == 0 ? "{" : ",")
      text.append(label.name)
      text.append("=\"")
      text.append(Self.escaped(label.value))
      text.append("\"")
    }
    text.append(labels.isEmpty ? " " : "} ")
    text.append(value)
    text.append("\n")
  }

  private static func escaped(_ value: String) -> String {
    var text = ""
    for character in value {
      switch character {
      case "\\": text += #"\\"#
      case "\"": text += #"\""#
      case "\n": text += #"\n"#
      default: text.append(character)
      }
    }
    return text
  }
}

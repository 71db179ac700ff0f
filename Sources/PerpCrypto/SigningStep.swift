/// A value on the way from a message to its signature, for those who compare them with another
/// program's. None of them is secret: the number that a signature takes from its key is left out.
package struct SigningStep: Equatable, Sendable {
  package let name: String
  /// More than one where the step is a list.
  package let values: [String]

  package init(_ name: String, _ values: [String]) { (self.name, self.values) = (name, values) }
  package init(_ name: String, _ value: String) { self.init(name, [value]) }

  /// A number as `0x` and 64 digits.
  package init(_ name: String, word: UInt256) { self.init(name, "0x\(word.paddedHex)") }

  /// A number as `0x` and its digits without leading zeros.
  package init(_ name: String, number: UInt256) { self.init(name, number.hex) }
}

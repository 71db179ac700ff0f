/// The unified name of a market, `BASE-QUOTE-PERP`: `BTC-USD-PERP`, `ETH-USDC-PERP`.
public struct Symbol: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let text: ShortText

  /// Nil unless there are three non-empty parts of `A-Z a-z 0-9 .` with `PERP` as the last.
  public init?(_ string: some StringProtocol) {
    let parts = string.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[2] == "PERP",
      parts[0].utf8.allSatisfy(Self.isNameByte), !parts[0].isEmpty,
      parts[1].utf8.allSatisfy(Self.isNameByte), !parts[1].isEmpty,
      let text = ShortText(String(string))
    else { return nil }
    self.text = text
  }

  public var base: Substring { description.prefix { $0 != "-" } }
  public var description: String { text.string }

  public static func < (left: Symbol, right: Symbol) -> Bool { left.text < right.text }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}

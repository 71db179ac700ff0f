import Foundation

/// One line of the program, read by a parser that is not ours.
struct Line {
  let text: String
  let fields: [String: Any]

  init(_ text: String) throws {
    self.text = text
    fields = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
  }

  var type: String { self["type"] ?? "" }
  var symbol: String { self["symbol"] ?? "" }

  subscript(name: String) -> String? { fields[name] as? String }
  subscript(number name: String) -> Int? { (fields[name] as? NSNumber)?.intValue }
  var flags: [String] { fields["flags"] as? [String] ?? [] }
  var venueSequence: Int? { self["venue_seq"].flatMap { Int($0) } }

  /// `[[price, size]…]`
  func levels(_ name: String) -> [[String]] { fields[name] as? [[String]] ?? [] }
}

extension Program.Ending {
  /// Each line of standard output, parsed.
  func events() throws -> [Line] { try lines.map(Line.init) }
}

import Glibc
import PerpCore
import PerpVenues

/// `perpwire sim --print-endpoints` as a candidate.
extension Candidate {
  /// `venue.ws=URL` and `venue.rest=URL` of each venue, as `--endpoint` takes them.
  func endpoints() throws -> [String] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while bytes.count(where: { $0 == UInt8(ascii: "\n") }) < Registry.venues.count {
      let count = read(output, &chunk, chunk.count)
      guard count > 0 else { throw Unmeasurable("perpwire sim told no endpoints") }
      bytes += chunk[..<count]
    }
    return try bytes.split(separator: UInt8(ascii: "\n")).flatMap { line in
      var json = JSONReader(line.span.bytes)
      var fields: [String: String] = [:]
      try json.enterObject()
      while let key = try json.nextKey() {
        let name = key.text
        if try json.peek() == .string {
          fields[name] = try json.string().text
        } else {
          try json.skip()
        }
      }
      let venue = fields["venue"] ?? ""
      return ["\(venue).ws=\(fields["ws"] ?? "")", "\(venue).rest=\(fields["rest"] ?? "")"]
    }
  }
}

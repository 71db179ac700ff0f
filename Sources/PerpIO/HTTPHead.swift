import PerpVenue

/// The beginning of an HTTP/1.1 message: first line and fields (RFC 9112, sections 2 to 5).
struct HTTPHead: Equatable {
  enum Parsed: Equatable {
    case head(HTTPHead, length: Int)
    case incomplete
    case malformed(String)
  }

  /// A longer head is malformed.
  static let limit = 64 << 10

  let firstLine: String
  let fields: [HTTPField]

  /// Reads the head at the beginning of `bytes`, `length` bytes with the empty line.
  static func parse(_ bytes: RawSpan) -> Parsed {
    bytes.withUnsafeBytes { parse($0) }
  }

  private static func parse(_ bytes: UnsafeRawBufferPointer) -> Parsed {
    var lines: [Substring] = []
    var start = 0
    var index = 0
    while index < min(bytes.count, limit) {
      defer { index += 1 }
      guard bytes[index] == UInt8(ascii: "\n") else { continue }
      var end = index
      if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
      if end == start, !lines.isEmpty { return head(lines, length: index + 1) }
      let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      if end > start { lines.append(Substring(String(decoding: line, as: UTF8.self))) }
      start = index + 1
    }
    return bytes.count >= limit ? .malformed("head longer than \(limit) bytes") : .incomplete
  }

  /// The first field of that name.
  func field(_ name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// Whether a comma-separated field holds the token, in either case.
  func field(_ name: String, has token: String) -> Bool {
    fields.contains { field in
      field.name.lowercased() == name.lowercased()
        && field.value.lowercased().split(separator: ",").contains {
          $0.trimmingBlanks == Substring(token.lowercased())
        }
    }
  }

  private static func head(_ lines: [Substring], length: Int) -> Parsed {
    var fields: [HTTPField] = []
    for line in lines.dropFirst() {
      guard let field = HTTPField(line: line) else { return .malformed("a field without a name") }
      fields.append(field)
    }
    return .head(HTTPHead(firstLine: String(lines[0]), fields: fields), length: length)
  }
}

extension HTTPField {
  /// `Name: value`; nil without a name.
  init?(line: Substring) {
    guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { return nil }
    self.init(String(line[..<colon]), String(line[line.index(after: colon)...].trimmingBlanks))
  }

  /// Whether name and value can be written as they are, with no way to smuggle in another line.
  var isWritable: Bool {
    !name.isEmpty && name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }
      && value.utf8.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 }
  }
}

extension Substring {
  fileprivate var trimmingBlanks: Substring {
    let isBlank: (Character) -> Bool = { $0.isWhitespace }
    var text = drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return text
  }
}

extension HTTPResponse {
  /// As it goes on the wire before the body.
  func head(keepsAlive: Bool) -> String {
    var text = "HTTP/1.1 \(status) \(phrase)\r\n"
    for field in fields where field.isWritable { text += "\(field.name): \(field.value)\r\n" }
    text += "Content-Length: \(body.count)\r\n"
    return text + (keepsAlive ? "\r\n" : "Connection: close\r\n\r\n")
  }

  private var phrase: String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 429: "Too Many Requests"
    case 503: "Service Unavailable"
    default: "Status"
    }
  }
}

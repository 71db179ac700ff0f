import Glibc
import PerpVenue

/// What only the user has comes by the process environment, as `PERPWIRE_<VENUE>_<NAME>`, or from
/// a file that `PERPWIRE_<VENUE>_<NAME>_FILE` names; never by an argument, which all can read.
enum Secrets {
  /// A longer file is a mistake.
  static let maxBytes = 64 << 10

  static func read(for venue: VenueDescriptor) throws -> [String: Secret] {
    var secrets: [String: Secret] = [:]
    for (name, _) in venue.secrets {
      let variable = variable(name, of: venue)
      if let value = environmentVariable(variable) {
        secrets[name] = Secret(value)
      } else if let path = environmentVariable("\(variable)_FILE") {
        secrets[name] = try read(file: path, for: "\(variable)_FILE")
      }
    }
    return secrets
  }

  static func variable(_ name: String, of venue: VenueDescriptor) -> String {
    "PERPWIRE_\(venue.id)_\(name)".uppercased()
  }

  private static func read(file path: String, for variable: String) throws -> Secret {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(.configuration, "\(variable)=\(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(.configuration, "\(variable)=\(path) is no file")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw Failure(
        .permission, "\(path) is open to others; chmod 600 it, since it holds a secret")
    }
    var bytes = [UInt8](repeating: 0, count: maxBytes + 1)
    let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
    guard count >= 0, count <= maxBytes else {
      throw Failure(
        .configuration, "\(path) cannot be read, or is longer than \(maxBytes) bytes")
    }
    let text = String(decoding: bytes[..<count], as: UTF8.self)
    let value = text.split { $0.isWhitespace }
    guard value.count == 1 else {
      throw Failure(.configuration, "\(path) must hold one word, the secret")
    }
    return Secret(String(value[0]))
  }
}

import Bot
import Glibc

/// Credentials that the console was given, one file of mode 0600 each, in a folder of mode 0700.
/// A gateway that is started from here is pointed to them by its environment. (S1-82)
struct CredentialFiles {
  /// The gateway's own words for what it can use.
  private static let variables = [
    "paradex_l2_private_key": "PERPWIRE_PARADEX_PRIVATE_KEY_FILE",
    "paradex_l2_address": "PERPWIRE_PARADEX_ACCOUNT_ADDRESS_FILE",
    "grvt_api_key": "PERPWIRE_GRVT_API_KEY_FILE",
    "grvt_private_key": "PERPWIRE_GRVT_PRIVATE_KEY_FILE",
    "grvt_trading_account_id": "PERPWIRE_GRVT_SUB_ACCOUNT_ID_FILE",
  ]

  let folder: String

  init(_ folder: String) throws {
    self.folder = folder
    try makeFolders(folder)
    var status = stat()
    guard stat(folder, &status) == 0, status.st_mode & 0o077 == 0 else {
      throw Failure("\(folder): others can look into it; chmod 700 it first")
    }
  }

  func keep(_ change: CredentialChange) throws {
    let path = path(change.venue, change.field)
    if let value = change.value {
      try replaceFile(path, with: value)
    } else {
      unlink(path)
    }
    export()
  }

  /// What there is, without its values.
  func states() -> ZarbCredentials {
    var states = ZarbCredentials()
    for (venue, names) in ZarbCredentials.fields {
      for name in names {
        guard let bytes = readFile(path(venue, name)), !bytes.isEmpty else { continue }
        var status = stat()
        stat(path(venue, name), &status)
        states.note(
          venue, name, String(decoding: bytes, as: UTF8.self),
          at: Int64(status.st_mtim.tv_sec) * 1_000)
      }
    }
    return states
  }

  /// For gateways that are started from now on. What the user has set stays.
  func export() {
    for (name, variable) in Self.variables {
      let path = "\(folder)/\(name)"
      if access(path, R_OK) == 0 { setenv(variable, path, 0) }
    }
  }

  private func path(_ venue: String, _ field: String) -> String { "\(folder)/\(venue)_\(field)" }
}

/// The word that opens the console: of a file that its owner alone can read, or a new one.
enum ConsoleToken {
  private static let length = 32

  static func make(_ path: String) throws -> String {
    guard !path.isEmpty else { return random() }
    var status = stat()
    guard stat(path, &status) == 0, let bytes = readFile(path) else {
      throw Failure("\(path): \(systemError())")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw Failure("\(path): others can read it; chmod 600 it first")
    }
    let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    guard text.count >= 16, text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
      throw Failure("\(path): a token has 16 letters and digits at least")
    }
    return text
  }

  private static func random() -> String {
    var bytes = [UInt8](repeating: 0, count: length)
    var generator = SystemRandomNumberGenerator()
    for index in bytes.indices { bytes[index] = generator.next() }
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}

import Glibc
import PerpCrypto
import PerpIO
import PerpVenue

/// Lets one gateway of a machine have an account: two would take each other's nonces, and each
/// other's orders for somebody else's. It ends with the process, whatever ends it.
struct AccountLock {
  private let lock: FileLock

  /// Locks a file that is named by a hash of the secrets, which tells nothing of them.
  init(_ account: AccountID, _ secrets: [String: Secret]) throws {
    let folder = try Self.folder()
    let words = secrets.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.value)" }
    let hash = SHA256.hash(Array("\(account.venue)\n\(words.joined(separator: "\n"))".utf8))
    let path = "\(folder)/\(account.venue)-\(hash.paddedHex.prefix(16)).lock"
    do throws(Journal.Problem) { lock = try FileLock(path) } catch {
      guard case .locked = error else { throw Failure(.ioError, error.description) }
      throw Failure(
        .cannotCreate,
        "another gateway of yours has the account \(account): connect to it, or end it first")
    }
  }

  /// Nobody else's, and gone when the user has logged out.
  private static func folder() throws -> String {
    let own = environmentVariable("XDG_RUNTIME_DIR").map { "\($0)/perpwire" }
    let path = own ?? "/tmp/perpwire-\(geteuid())"
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw Failure(.ioError, "\(path): \(String(cString: strerror(errno)))")
    }
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      status.st_uid == geteuid(), status.st_mode & 0o077 == 0
    else {
      throw Failure(.permission, "\(path) must be a folder of yours that nobody else can enter")
    }
    return path
  }
}

import CPerpIO
import Glibc
import PerpGateway

/// The Unix socket that clients connect to: one owner at a time, readable by its user alone, and
/// each client's user is asked of the kernel (`reliability.md` K01).
package final class ClientSocket {
  package enum Problem: Error, Equatable, CustomStringConvertible {
    /// Another gateway answers there, or something else is there.
    case taken(String)
    case failed(String)

    package var description: String {
      switch self {
      case .taken(let text), .failed(let text): text
      }
    }
  }

  /// Bytes of a path that the kernel takes.
  package static let maxPathBytes = 107

  /// A client that has been let in.
  package struct Peer: Sendable {
    package let descriptor: Int32
    package let user: UInt32
    package let process: Int32
  }

  private let acceptor: Acceptor
  private let path: String?
  private let identity: (device: UInt64, node: UInt64)?
  private let lock: FileLock?

  /// Listens at `path`, in a folder that must be there and others cannot write to.
  package convenience init(_ path: String) throws(Problem) {
    guard path.utf8.count <= Self.maxPathBytes else {
      throw .failed(
        "\(path): a socket's path is at most \(Self.maxPathBytes) bytes, this one has "
          + "\(path.utf8.count)")
    }
    try Self.checkFolder(of: path)
    let lock: FileLock
    do throws(Journal.Problem) { lock = try FileLock(path + ".lock") } catch {
      if case .locked = error { throw .taken("another gateway owns \(path)") }
      throw .failed(error.description)
    }
    try Self.removeStale(path)
    let listener = perp_unix_listen(path)
    guard listener >= 0 else { throw .failed("\(path): \(errorText(errno))") }
    self.init(listener, path, lock)
  }

  /// A socket that listens already, such as systemd's.
  package convenience init(listening descriptor: Int32) { self.init(descriptor, nil, nil) }

  private init(_ listener: Int32, _ path: String?, _ lock: FileLock?) {
    acceptor = Acceptor(listener) { perp_unix_accept($0) }
    self.path = path
    self.lock = lock
    identity = path.flatMap(Self.identity)
  }

  deinit { close() }

  /// Calls `onClient` with each connection, whose descriptor is then the callee's.
  package func accept(on loop: EventLoop, onClient: @escaping (Peer) -> Void) {
    acceptor.accept(on: loop) { descriptor in
      var (user, process): (uid_t, pid_t) = (0, 0)
      guard perp_peer(descriptor, &user, &process) == 0 else {
        Glibc.close(descriptor)
        return
      }
      onClient(Peer(descriptor: descriptor, user: user, process: process))
    }
  }

  private var isClosed = false

  /// Removes the socket, if it is still the one we made.
  package func close() {
    guard !isClosed else { return }
    isClosed = true
    acceptor.close()
    guard let path, let identity, let now = Self.identity(path), now == identity else { return }
    unlink(path)
  }

  private static func identity(_ path: String) -> (device: UInt64, node: UInt64)? {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
    return (UInt64(status.st_dev), UInt64(status.st_ino))
  }

  private static func checkFolder(of path: String) throws(Problem) {
    let end = path.lastIndex(of: "/")
    let folder = end.map { path[..<$0].isEmpty ? "/" : String(path[..<$0]) } ?? "."
    var status = stat()
    guard stat(folder, &status) == 0 else {
      throw .failed("\(folder): \(errorText(errno)); make it with mkdir -m 700")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw .failed("\(folder) is no folder") }
    guard status.st_mode & 0o022 == 0 else {
      throw .failed("\(folder) can be written by others; run chmod 700 \(folder)")
    }
  }

  /// What a gateway left behind that died; whoever answers there keeps it.
  private static func removeStale(_ path: String) throws(Problem) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw .taken("\(path) is there already and is no socket")
    }
    let descriptor = perp_unix_connect(path)
    if descriptor >= 0 {
      Glibc.close(descriptor)
      throw .taken("something answers at \(path) already")
    }
    guard unlink(path) == 0 else { throw .failed("\(path): \(errorText(errno))") }
  }
}

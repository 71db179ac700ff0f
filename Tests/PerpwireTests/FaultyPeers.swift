import Foundation

/// A port that takes no connection and refuses none: its queue is full, and nobody empties it.
final class BlackHole {
  let port: Int
  private var descriptors: [Int32] = []

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    descriptors.append(listener)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 0) == 0
          && getsockname(listener, $0, &size) == 0
      }
    }
    guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
    port = Int(UInt16(bigEndian: address.sin_port))
    for _ in 0..<4 {
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      _ = fcntl(client, F_SETFL, O_NONBLOCK)
      descriptors.append(client)
      _ = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(client, $0, size) }
      }
    }
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}

/// A server that speaks TLS with a certificate of its own, and answers requests with a page.
final class TLSPeer {
  private static let script = """
    import socket, ssl, sys
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        try:
            stream = context.wrap_socket(connection, server_side=True)
            heard = b""
            while b"\\r\\n\\r\\n" not in heard:
                piece = stream.recv(4096)
                if not piece: break
                heard += piece
            stream.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 13\\r\\n"
                b"Connection: close\\r\\n\\r\\n<html></html>")
            stream.close()
        except OSError:
            connection.close()
    """

  let port: Int
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "perpwire-tls-\(UUID().uuidString)")
  private let process = Process()
  var certificate: String { folder.appendingPathComponent("cert.pem").path }

  /// With negative `days` the certificate is of the past.
  init(name: String, days: Int = 2) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let key = folder.appendingPathComponent("key.pem").path
    let cert = folder.appendingPathComponent("cert.pem").path
    let request = folder.appendingPathComponent("request.pem").path
    // Only the second of them makes certificates of the past.
    try Self.openssl(
      ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request]
        + ["-subj", "/CN=test", "-addext", "subjectAltName=\(name)"])
    try Self.openssl(
      ["x509", "-req", "-in", request, "-signkey", key, "-out", cert, "-days", "\(days)"]
        + ["-copy_extensions", "copy"])
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-W", "ignore", "-c", Self.script, cert, key]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let line = output.fileHandleForReading.availableData
    port = Int(String(decoding: line, as: UTF8.self).filter(\.isNumber)) ?? 0
  }

  private static func openssl(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
  }

  deinit {
    // The child has inherited a thread's mask that blocks milder signals.
    kill(process.processIdentifier, SIGKILL)
    try? FileManager.default.removeItem(at: folder)
  }
}

/// A file that is gone with its value.
final class TemporaryFile {
  let path = FileManager.default.temporaryDirectory.path + "/perpwire-\(UUID().uuidString)"

  init(_ bytes: [UInt8], mode: mode_t = 0o600) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    chmod(path, mode)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

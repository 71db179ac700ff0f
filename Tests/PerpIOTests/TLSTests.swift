import Foundation
import PerpVenue
import Testing

@testable import PerpIO

/// Certificates: who is not who he should be gets not a byte of the request.
@Suite struct TLSTests {
  /// Listens with TLS and prints its port, then for each connection what it heard, after the
  /// handshake: a WebSocket handshake is answered and one message sent, anything else gets a page.
  static let peer = """
    import base64, hashlib, socket, ssl, sys
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    if len(sys.argv) > 3: context.maximum_version = ssl.TLSVersion.TLSv1_1
    if len(sys.argv) > 3: context.set_ciphers("ALL:@SECLEVEL=0")
    if len(sys.argv) > 3: context.minimum_version = ssl.TLSVersion.TLSv1
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        heard = b""
        try:
            stream = context.wrap_socket(connection, server_side=True)
            while b"\\r\\n\\r\\n" not in heard:
                piece = stream.recv(4096)
                if not piece: break
                heard += piece
            if b"Sec-WebSocket-Key" in heard:
                key = heard.split(b"Sec-WebSocket-Key: ")[1].split(b"\\r\\n")[0]
                digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
                stream.sendall(b"HTTP/1.1 101 X\\r\\nUpgrade: websocket\\r\\n"
                    b"Connection: Upgrade\\r\\nSec-WebSocket-Accept: "
                    + base64.b64encode(digest) + b"\\r\\n\\r\\n" + b"\\x81\\x05hello"
                    + b"\\x82\\x7f" + (300000).to_bytes(8, "big") + b"x" * 300000)
                stream.recv(4096)
            elif heard:
                stream.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
            stream.close()
        except OSError:
            connection.close()
        print("heard", len(heard), flush=True)
    """

  /// One running peer with its certificate.
  private final class Peer {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "perpwire-tls-\(UUID().uuidString)")
    let process = Process()
    let output = Pipe()
    let port: Int
    var certificate: String { folder.appendingPathComponent("cert.pem").path }

    init(name: String, isOld: Bool = false) throws {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let key = folder.appendingPathComponent("key.pem").path
      let cert = folder.appendingPathComponent("cert.pem").path
      let make = Process()
      make.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
      make.arguments =
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert]
        + ["-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=\(name)"]
      make.standardError = FileHandle.nullDevice
      try make.run()
      make.waitUntilExit()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["python3", "-W", "ignore", "-c", TLSTests.peer, cert, key]
      if isOld { process.arguments?.append("old") }
      process.standardOutput = output
      try process.run()
      port = Int(Self.line(output).trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    deinit {
      // The child has inherited a thread's mask that blocks milder signals.
      kill(process.processIdentifier, SIGKILL)
      try? FileManager.default.removeItem(at: folder)
    }

    /// Bytes of the next connection's request that arrived.
    func heard() -> Int {
      Int(Self.line(output).split(separator: " ").last ?? "") ?? -1
    }

    private static func line(_ pipe: Pipe) -> String {
      var bytes = Data()
      while true {
        let byte = pipe.fileHandleForReading.readData(ofLength: 1)
        if byte.isEmpty || byte.first == 10 { return String(decoding: bytes, as: UTF8.self) }
        bytes += byte
      }
    }
  }

  @Test func trustedPeerIsSpokenTo() throws {
    let peer = try Peer(name: "DNS:localhost")
    let bench = try Bench(roots: peer.certificate)
    bench.open("wss://localhost:\(peer.port)/")
    bench.wait(for: "text 1 hello")
    bench.wait(for: "binary 1 300000 B")
    bench.webSockets.close(ConnectionID(1), code: 1000)
    bench.wait(for: "closed 1")
    #expect(peer.heard() > 0)
    let result = bench.ask(HTTPRequest(.get, "https://localhost:\(peer.port)/"))
    guard case .response(let response) = result else { return #expect(result == nil) }
    #expect(response.body == Array("ok".utf8))
  }

  @Test func numericAddressesAreCheckedToo() throws {
    let peer = try Peer(name: "IP:127.0.0.1")
    let bench = try Bench(roots: peer.certificate)
    bench.open("wss://127.0.0.1:\(peer.port)/")
    bench.wait(for: "text 1 hello")
  }

  @Test func unknownIssuerGetsNothing() throws {
    try expectNothingHeard(of: try Peer(name: "DNS:localhost"), roots: nil)
  }

  @Test func wrongNameGetsNothing() throws {
    let peer = try Peer(name: "DNS:venue.example")
    try expectNothingHeard(of: peer, roots: peer.certificate)
  }

  @Test func oldTLSGetsNothing() throws {
    let peer = try Peer(name: "DNS:localhost", isOld: true)
    try expectNothingHeard(of: peer, roots: peer.certificate)
  }

  private func expectNothingHeard(of peer: Peer, roots: String?) throws {
    let bench = try Bench(roots: roots)
    bench.open(
      "wss://localhost:\(peer.port)/", fields: [HTTPField("Authorization", "secret")])
    #expect(bench.wait(for: "closed 1").hasPrefix("closed 1 unreachable(\"TLS: "))
    #expect(peer.heard() == 0)
    let result = bench.ask(
      HTTPRequest(.post, "https://localhost:\(peer.port)/", body: Array("secret".utf8)))
    guard case .failed(.notSent) = result else { return #expect(result == nil) }
    #expect(peer.heard() == 0)
  }

  @Test func missingRootsAreAnError() {
    #expect(throws: TrustedRootsError.self) { try TrustedRoots(file: "/nonexistent.pem") }
  }
}

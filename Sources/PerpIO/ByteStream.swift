import CPerpIO
import Glibc

/// The certificates that TLS connections trust: the system's, or those of one file. OpenSSL
/// honours `SSL_CERT_FILE` by itself.
package final class TrustedRoots {
  let context: OpaquePointer
  /// Nil for the system's.
  package let file: String?

  /// Throws when the file cannot be read as certificates.
  package init(file: String? = nil) throws(TrustedRootsError) {
    self.file = file
    var error = ErrorText()
    guard let context = error.fill({ perp_tls_context_new(file, $0, $1) }) else {
      throw TrustedRootsError(text: "\(file ?? "system certificates"): \(error.text)")
    }
    self.context = context
  }

  deinit { perp_tls_context_free(context) }
}

package struct TrustedRootsError: Error {
  package let text: String
}

/// One non-blocking TCP connection we opened, plain or with TLS.
final class ByteStream {
  enum Outcome: Equatable {
    case bytes(Int)
    /// Nothing now; ask again when readable, or when writable.
    case wouldBlock(wantsWrite: Bool)
    /// The peer is done.
    case ended
    case failed(String)
  }

  let descriptor: Int32
  private var tls: OpaquePointer?
  private var isClosed = false

  /// Begins to connect; writable means connected or failed, which `connectionError` tells.
  /// Nil with `errno` set when the kernel refuses at once.
  init?(connecting address: SocketAddress) {
    descriptor = perp_tcp_socket(address.family)
    guard descriptor >= 0 else { return nil }
    let result = address.withSockaddr { connect(descriptor, $0, $1) }
    if result != 0, errno != EINPROGRESS {
      let reason = errno
      Glibc.close(descriptor)
      errno = reason
      return nil
    }
  }

  deinit { close() }

  /// Once. The watch on the descriptor must be gone by then.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    if let tls { perp_tls_free(tls) }
    tls = nil
    Glibc.close(descriptor)
  }

  var isSecure: Bool { tls != nil }

  /// What became of the connecting; 0 for success.
  var connectionError: Int32 {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
  }

  /// Puts TLS on top; `handshake` follows.
  func secure(host: String, roots: TrustedRoots) -> Bool {
    tls = perp_tls_new(roots.context, descriptor, host)
    return tls != nil
  }

  /// What is known of the peer after the handshake, whether it has succeeded or failed.
  var certificate: Int32 { perp_tls_certificate(tls) }
  var tlsVersion: String { String(cString: perp_tls_version(tls)) }
  var certificateSecondsLeft: Int64 { perp_tls_seconds_left(tls) }

  /// `bytes` when done.
  func handshake() -> Outcome {
    var error = ErrorText()
    return outcome(error.fill { Int(perp_tls_handshake(tls, $0, $1)) }, error)
  }

  func read(_ room: UnsafeMutableRawBufferPointer) -> Outcome {
    if let tls {
      var error = ErrorText()
      return outcome(error.fill { perp_tls_read(tls, room.baseAddress, room.count, $0, $1) }, error)
    }
    let count = recv(descriptor, room.baseAddress, room.count, 0)
    if count == 0 { return .ended }
    return count > 0 ? .bytes(count) : failure(wantsWrite: false)
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    if let tls {
      var error = ErrorText()
      return outcome(
        error.fill { perp_tls_write(tls, bytes.baseAddress, bytes.count, $0, $1) }, error)
    }
    let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    return count >= 0 ? .bytes(count) : failure(wantsWrite: true)
  }

  /// No more from us; the peer may still send.
  func finishWriting() {
    if let tls { perp_tls_shutdown(tls) }
    shutdown(descriptor, Int32(SHUT_WR))
  }

  private func failure(wantsWrite: Bool) -> Outcome {
    let code = errno
    return code == EAGAIN || code == EINTR
      ? .wouldBlock(wantsWrite: wantsWrite) : .failed(errorText(code))
  }

  private func outcome(_ result: Int, _ error: borrowing ErrorText) -> Outcome {
    switch Int32(truncatingIfNeeded: result) {
    case PERP_TLS_WANTS_READ: .wouldBlock(wantsWrite: false)
    case PERP_TLS_WANTS_WRITE: .wouldBlock(wantsWrite: true)
    case PERP_TLS_FAILED: .failed(error.text)
    case PERP_TLS_ENDED: .ended
    default: .bytes(result)
    }
  }
}

/// Room for a C function's explanation.
private struct ErrorText {
  private var characters = InlineArray<160, CChar>(repeating: 0)

  mutating func fill<T>(_ body: (UnsafeMutablePointer<CChar>, Int) -> T) -> T {
    var span = characters.mutableSpan
    return span.withUnsafeMutableBufferPointer { body($0.baseAddress!, $0.count) }
  }

  var text: String {
    let bytes = characters.indices.lazy.map { UInt8(bitPattern: characters[$0]) }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

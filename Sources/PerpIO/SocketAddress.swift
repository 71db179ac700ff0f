import Glibc

/// An IP address with a port, as the kernel takes it.
struct SocketAddress: Equatable, Sendable {
  private let bytes: [UInt8]

  var family: Int32 {
    Int32(bytes.withUnsafeBytes { $0.loadUnaligned(as: sockaddr.self).sa_family })
  }

  fileprivate init(_ info: addrinfo) {
    bytes = [UInt8](UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen)))
  }

  /// The address that the descriptor of a socket is bound to.
  init?(of descriptor: Int32) {
    var room = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_storage>.size)
    var size = socklen_t(room.count)
    let result = room.withUnsafeMutableBytes {
      getsockname(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress!, &size)
    }
    guard result == 0 else { return nil }
    bytes = Array(room.prefix(Int(size)))
  }

  /// At the same place in both families.
  var port: Int { Int(bytes[2]) << 8 | Int(bytes[3]) }

  /// 127.0.0.0/8 or ::1.
  var isLoopback: Bool {
    family == AF_INET
      ? bytes[4] == 127
      : bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1
  }

  /// Such as `127.0.0.1:443`, `[::1]:443`.
  var description: String {
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let result = withSockaddr {
      getnameinfo(
        $0, $1, &host, socklen_t(host.count), &port, socklen_t(port.count),
        NI_NUMERICHOST | NI_NUMERICSERV)
    }
    guard result == 0 else { return "unknown address" }
    return family == AF_INET6 ? "[\(text(host))]:\(text(port))" : "\(text(host)):\(text(port))"
  }

  func withSockaddr<T>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
    bytes.withUnsafeBytes {
      body($0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count))
    }
  }
}

/// Turns names into addresses; `lookUp` may take many seconds.
enum AddressLookup {
  enum Result: Equatable, Sendable {
    case addresses([SocketAddress])
    case failed(String)
  }

  /// The address that `host` spells out, if it does: no name server is asked.
  static func numeric(_ host: String, port: Int) -> SocketAddress? {
    guard case .addresses(let found) = resolve(host, port: port, flags: AI_NUMERICHOST) else {
      return nil
    }
    return found.first
  }

  @Sendable static func lookUp(_ host: String, port: Int) -> Result {
    resolve(host, port: port, flags: AI_ADDRCONFIG)
  }

  private static func resolve(_ host: String, port: Int, flags: Int32) -> Result {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_protocol = Int32(IPPROTO_TCP)
    hints.ai_flags = flags | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else { return .failed(String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var entry = list
    while let info = entry?.pointee {
      let address = SocketAddress(info)
      if info.ai_family == AF_INET || info.ai_family == AF_INET6, !addresses.contains(address) {
        addresses.append(address)
      }
      entry = info.ai_next
    }
    return addresses.isEmpty ? .failed("no address") : .addresses(addresses)
  }
}

/// The text of an `errno`.
func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }

private func text(_ characters: [CChar]) -> String {
  String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

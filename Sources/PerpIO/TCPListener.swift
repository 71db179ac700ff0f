import CPerpIO
import Glibc

/// A TCP port on which connections are taken.
package final class TCPListener {
  package struct Problem: Error, Equatable {
    package let text: String
  }

  /// The port it listens on.
  package let port: Int
  private let acceptor: Acceptor

  /// `host` is a loopback address in digits: `127.0.0.1`, `::1`. Port 0 takes a free one.
  package init(host: String = "127.0.0.1", port: Int) throws(Problem) {
    guard let address = AddressLookup.numeric(host, port: port), address.isLoopback else {
      throw Problem(text: "\(host) is no loopback address, such as 127.0.0.1 or ::1")
    }
    let descriptor = perp_tcp_socket(address.family)
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    guard address.withSockaddr({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, 512) == 0,
      let port = SocketAddress(of: descriptor)?.port
    else {
      let text = errorText(errno)
      Glibc.close(descriptor)
      throw Problem(text: "\(address.description): \(text)")
    }
    acceptor = Acceptor(descriptor) { perp_accept($0) }
    self.port = port
  }

  /// Calls `onConnection` with each connection, whose descriptor is then the callee's.
  package func accept(on loop: EventLoop, onConnection: @escaping (Int32) -> Void) {
    acceptor.accept(on: loop, onConnection: onConnection)
  }

  package func close() { acceptor.close() }
}

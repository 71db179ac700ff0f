import CPerpIO
import Glibc
import PerpCore
import PerpSetup
import PerpVenue

/// Tries one thing after the other, and waits for each: for `perpwire doctor`, which has nothing
/// else to do.
package final class Probe {
  package let network: Network
  /// For each thing, in nanoseconds.
  let limit: UInt64
  private let loop: EventLoop
  private var addresses: [String: [SocketAddress]] = [:]

  package init(roots: TrustedRoots, limit: UInt64) {
    loop = EventLoop()
    network = Network(loop: loop, roots: roots)
    self.limit = limit
  }

  /// Runs the loop until what `begin` began says that it is done. False when time is up: what it
  /// says later is of no interest.
  package func wait(
    extra: UInt64 = 0, _ begin: @escaping (_ done: @escaping () -> Void) -> Void
  ) -> Bool {
    var (isDone, isOver) = (false, false)
    let loop = loop
    let timer = loop.timer { loop.stop() }
    timer.deadline = Clock.now().monotonic + limit + extra
    loop.soon {
      begin {
        guard !isOver else { return }
        isDone = true
        loop.stop()
      }
    }
    loop.run()
    timer.end()
    isOver = true
    return isDone
  }

  // MARK: Reaching a place

  package func lookUp(_ place: Place) -> ExaminationFact {
    var result: AddressLookup.Result?
    let isAnswered = wait { [network] done in
      network.resolver.resolve(place.host, port: place.port) {
        result = $0
        done()
      }
    }
    switch isAnswered ? result : nil {
    case .addresses(let found)?:
      addresses[place.name] = found
      let port = ":\(place.port)".count
      return .looked(place, .addresses(found.map { String($0.description.dropLast(port)) }))
    case .failed(let text)?: return .looked(place, .failed(text))
    case nil: return .looked(place, .noAnswer)
    }
  }

  /// Connects to each address of the place.
  package func connect(_ place: Place) -> ExaminationFact {
    let numeric = AddressLookup.numeric(place.host, port: place.port)
    let found = numeric.map { [$0] } ?? addresses[place.name] ?? []
    var alive: [SocketAddress] = []
    let attempts = found.map { address in
      let (stream, outcome) = connect(address)
      if stream != nil { alive.append(address) }
      return ExaminationFact.Attempt(address.description, outcome)
    }
    // TLS is tried with one that answers.
    addresses[place.name] = alive
    return .connected(place, attempts)
  }

  private func connect(
    _ address: SocketAddress
  ) -> (ByteStream?, ExaminationFact.Attempt.Outcome) {
    let begin = Clock.now().monotonic
    guard let stream = ByteStream(connecting: address) else {
      return (nil, Self.outcome(errno))
    }
    guard Self.waits(for: stream, toWrite: true, until: begin + limit) else {
      return (nil, .noAnswer)
    }
    let code = stream.connectionError
    guard code == 0 else { return (nil, Self.outcome(code)) }
    return (stream, .connected(microseconds: Self.microseconds(since: begin)))
  }

  private static func outcome(_ code: Int32) -> ExaminationFact.Attempt.Outcome {
    switch code {
    case ECONNREFUSED: .refused
    case ETIMEDOUT: .noAnswer
    default: .failed(errorText(code))
    }
  }

  package func secure(_ place: Place) -> ExaminationFact {
    guard let address = addresses[place.name]?.first, let stream = connect(address).0,
      stream.secure(host: place.host, roots: network.roots)
    else { return .secured(place, .failed("the connection is gone")) }
    let begin = Clock.now().monotonic
    while true {
      switch stream.handshake() {
      case .bytes:
        return .secured(
          place,
          .done(
            version: stream.tlsVersion, expiresIn: stream.certificateSecondsLeft,
            microseconds: Self.microseconds(since: begin)))
      case .wouldBlock(let toWrite):
        guard Self.waits(for: stream, toWrite: toWrite, until: begin + limit) else {
          return .secured(place, .noAnswer)
        }
      case .failed(let text): return .secured(place, Self.verdict(on: stream, text))
      case .ended: return .secured(place, .failed("end of stream"))
      }
    }
  }

  private static func verdict(
    on stream: ByteStream, _ text: String
  ) -> ExaminationFact.Handshake {
    switch stream.certificate {
    case PERP_CERTIFICATE_UNTRUSTED: .untrusted(text)
    case PERP_CERTIFICATE_EXPIRED: .expired(text)
    case PERP_CERTIFICATE_WRONG_NAME: .wrongHost(text)
    default: .failed(text)
    }
  }

  private static func waits(
    for stream: ByteStream, toWrite: Bool, until deadline: UInt64
  ) -> Bool {
    while true {
      let now = Clock.now().monotonic
      guard now < deadline else { return false }
      let events = Int16(toWrite ? POLLOUT : POLLIN)
      var entry = pollfd(fd: stream.descriptor, events: events, revents: 0)
      if poll(&entry, 1, Int32((deadline - now) / 1_000_000 + 1)) > 0 { return true }
    }
  }

  static func microseconds(since begin: UInt64) -> Int64 {
    Int64((Clock.now().monotonic - begin) / 1_000)
  }
}

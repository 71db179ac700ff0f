import Glibc
import PerpCore
import PerpGateway
import PerpIO
import PerpSetup
import PerpVenue

/// How a gateway is looked after from outside: metrics and health over HTTP, metrics in a file.
final class Observation {
  /// Nanoseconds between two versions of the file.
  private static let interval = Nanoseconds.seconds(15)

  private unowned let driver: GatewayDriver
  private let recording: RunRecording?
  private let loop: EventLoop
  private var server: StatusServer?
  private var port: TCPListener?
  private var socket: ClientSocket?
  private var file: StatusFile?

  /// `place` is `HOST:PORT` or `unix:PATH`.
  init(
    of driver: GatewayDriver, _ recording: RunRecording?, at place: String?, file path: String?,
    loop: EventLoop, log: Log
  ) throws {
    (self.driver, self.recording, self.loop) = (driver, recording, loop)
    if let place { try listen(at: place, log) }
    if let path {
      // It is now that a path that cannot be is told of.
      if let failure = StatusFile.replace(path, with: metrics()) {
        throw Failure(.cannotCreate, "metrics: \(failure)")
      }
      file = StatusFile(
        path, every: Self.interval, loop: loop, text: { [unowned self] in metrics() },
        onFailure: { log.write(.error, "metrics: \($0)", at: loop.now()) })
    }
  }

  func stop() {
    port?.close()
    socket?.close()
    server?.stop()
    file?.stop()
  }

  private func listen(at place: String, _ log: Log) throws {
    let server = StatusServer(loop: loop) { [unowned self] in respond(to: $0) }
    self.server = server
    if place.hasPrefix("unix:") {
      do throws(ClientSocket.Problem) {
        socket = try ClientSocket(String(place.dropFirst("unix:".count)))
      } catch {
        throw Failure(.cannotCreate, "metrics: \(error.description)")
      }
      socket?.accept(on: loop) { server.serve($0.descriptor) }
      return
    }
    guard let colon = place.lastIndex(of: ":"),
      let number = UInt16(place[place.index(after: colon)...])
    else {
      throw Failure(
        .usage, "metrics: '\(place)' is no HOST:PORT, such as 127.0.0.1:9464, and no unix:PATH")
    }
    let host = place[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
    do throws(TCPListener.Problem) {
      port = try TCPListener(host: String(host), port: Int(number))
    } catch {
      throw Failure(.cannotCreate, "metrics: \(error.text)")
    }
    port?.accept(on: loop) { server.serve($0) }
    if number == 0, let port {
      log.write(.notice, "metrics: at \(host):\(port.port)", at: loop.now())
    }
  }

  private func respond(to path: Substring) -> HTTPResponse? {
    switch path {
    case "/metrics":
      return HTTPResponse(
        status: 200,
        fields: [HTTPField("Content-Type", "text/plain; version=0.0.4; charset=utf-8")],
        body: metrics())
    case "/healthz":
      return HTTPResponse(
        status: 200, fields: [HTTPField("Content-Type", "text/plain")], body: Array("ok\n".utf8))
    case "/readyz":
      var isReady = false
      var response = HTTPResponse.json { isReady = driver.gateway.writeReadiness(into: &$0) }
      response.status = isReady ? 200 : 503
      return response
    default: return nil
    }
  }

  private func metrics() -> [UInt8] {
    var metrics = Metrics()
    driver.gateway.write(into: &metrics, at: loop.now())
    driver.write(into: &metrics)
    if let counters = recording?.counters {
      metrics.put(
        "perpwire_recording_rows_total", .counter, UInt64(counters.rows), "Rows recorded.")
      metrics.put(
        "perpwire_recording_dropped_total", .counter, UInt64(counters.dropped),
        "Rows that the disk was too slow for.")
    }
    ProcessUsage.now().write(into: &metrics)
    return metrics.text.array
  }
}

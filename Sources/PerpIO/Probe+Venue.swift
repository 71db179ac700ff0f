import PerpCore
import PerpSetup
import PerpVenue

extension Probe {
  /// How often the time is asked for: the quickest answer tells it best.
  private static let timeQuestions = 3

  package func askMarkets(_ dialect: any MarketDataDialect) -> ExaminationFact {
    guard let request = dialect.request(.markets, of: nil) else {
      return .answered(.unreadable("cannot be asked for"))
    }
    let began = Clock.now().monotonic
    let result = ask(request)
    let time = Self.microseconds(since: began)
    switch result {
    case .response(let response) where response.status == 200 && !dialect.bars(response):
      var unknown: [String] = []
      do throws(JSONError) {
        let body = response.body.span.bytes
        let answer = try dialect.read(body, answering: .markets, of: nil, unknown: &unknown)
        guard case .markets(let listed, _) = answer else {
          if case .refused(let cause) = answer { return .answered(.unreadable("says \(cause)")) }
          return .answered(.markets(count: 0, microseconds: time, .init(response)))
        }
        return .answered(.markets(count: listed.count, microseconds: time, .init(response)))
      } catch { return .answered(.unreadable("\(error)")) }
    case .response(let response):
      return .answered(
        .status(
          response.status, isBarred: dialect.bars(response),
          retryAfter: response.field("retry-after")))
    case .failed(.notSent(let text)): return .answered(.notSent(text))
    case .failed(.noAnswer(let text)): return .answered(.noAnswer(text))
    }
  }

  package func askTime(_ dialect: any MarketDataDialect) -> ExaminationFact {
    guard let request = dialect.request(.clock, of: nil) else { return .told(.none) }
    var offset = ClockOffset()
    var cause = "no answer"
    for _ in 0..<Self.timeQuestions {
      let sent = Clock.now()
      let result = ask(request)
      let received = Clock.now()
      var unknown: [String] = []
      guard case .response(let response) = result, response.status == 200 else {
        cause = Self.text(result)
        continue
      }
      do throws(JSONError) {
        let body = response.body.span.bytes
        let answer = try dialect.read(body, answering: .clock, of: nil, unknown: &unknown)
        if case .clock(let time, let resolution) = answer {
          offset.measured(sent: sent, received: received, venue: time, resolution: resolution)
        }
      } catch { cause = "the answer \(error)" }
    }
    guard let bound = offset.bound(at: Clock.now().monotonic) else { return .told(.unknown(cause)) }
    return .told(.offset(offset.microseconds, bound: bound))
  }

  private static func text(_ result: HTTPS.Result) -> String {
    switch result {
    case .response(let response): "HTTP status \(response.status)"
    case .failed(.notSent(let text)), .failed(.noAnswer(let text)): text
    }
  }

  func ask(_ request: HTTPRequest) -> HTTPS.Result {
    var result = HTTPS.Result.failed(.noAnswer("no answer"))
    var request = request
    request.timeoutMilliseconds = Int(limit / 1_000_000)
    // libcurl has the last word on time, and tells what it waited for.
    _ = wait(extra: Nanoseconds.seconds(1)) { [network] done in
      network.https.perform(request) {
        result = $0
        done()
      }
    }
    return result
  }

  package func openWebSocket(_ request: WebSocketRequest) -> ExaminationFact {
    let began = Clock.now().monotonic
    var upgrade = ExaminationFact.Upgrade.failed("not open in time")
    var sockets: WebSockets?
    _ = wait { [network] done in
      sockets = WebSockets(network: network) { input in
        switch input {
        case .opened: upgrade = .opened(microseconds: Self.microseconds(since: began))
        case .closed(_, .refused(let status)): upgrade = .refused(status: status)
        case .closed(_, .unreachable(let text)): upgrade = .failed(text)
        case .closed(_, let reason): upgrade = .failed("\(reason)")
        default: return
        }
        done()
      }
      sockets?.open(ConnectionID(1), request)
    }
    sockets?.abandonAll()
    return .upgraded(upgrade)
  }
}

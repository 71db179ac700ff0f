import Bot
import PerpCore
import PerpIO
import PerpVenue

/// Sends notifications, beside the loop and never faster than the services want them. (C-12)
final class Notifier {
  private let loop: EventLoop
  private let https: HTTPS?
  private let onFailure: (String) -> Void
  private var queues: [(channel: NotificationChannel, queue: NotificationQueue)]
  private var timer: Timer?
  private var underWay = 0

  init(
    _ channels: [NotificationChannel], loop: EventLoop, onFailure: @escaping (String) -> Void
  ) throws {
    self.loop = loop
    self.onFailure = onFailure
    queues = channels.map { ($0, NotificationQueue()) }
    do throws(TrustedRootsError) {
      https = channels.isEmpty ? nil : HTTPS(loop: loop, roots: try TrustedRoots())
    } catch {
      throw Failure(Failure.ioError, error.text)
    }
    timer = loop.timer { [unowned self] in send() }
  }

  var isDone: Bool { underWay == 0 && queues.allSatisfy(\.queue.isEmpty) }

  func add(_ text: String) {
    for index in queues.indices { queues[index].queue.add(text) }
    send()
  }

  private func send() {
    let now = loop.now()
    for index in queues.indices {
      guard let text = queues[index].queue.next(at: now) else { continue }
      post(text, to: queues[index].channel)
    }
    timer?.deadline = queues.compactMap(\.queue.deadline).min()
  }

  private func post(_ text: String, to channel: NotificationChannel) {
    underWay += 1
    let request = HTTPRequest(
      .post, channel.url, fields: [HTTPField("Content-Type", "application/json")],
      body: channel.body(text), timeoutMilliseconds: channel.timeoutMilliseconds)
    https?.perform(request) { [weak self] result in
      guard let self else { return }
      underWay -= 1
      switch result {
      case .response(let response):
        if let failure = channel.failure(status: response.status, body: response.body) {
          onFailure("\(channel.name): \(failure)")
        }
      // What curl says may name the address, which holds the token.
      case .failed: onFailure("\(channel.name): no answer")
      }
    }
  }
}

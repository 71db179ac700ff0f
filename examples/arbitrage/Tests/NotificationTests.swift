import Bot
import PerpCore
import Testing

/// Row C-12.
@Suite("Notifications") struct NotificationTests {
  private let telegram = NotificationChannel.telegram(
    base: "http://127.0.0.1:1", token: "7:abc", chat: "-100", label: "A<1")
  private let lark = NotificationChannel.lark(base: "http://127.0.0.1:1/hook/", token: "xyz")

  @Test("C-12 what is sent to Telegram")
  func telegramBody() {
    #expect(telegram.url == "http://127.0.0.1:1/bot7:abc/sendMessage")
    #expect(telegram.timeoutMilliseconds == 10_000)
    let text = NotificationText.bold("Fill") + " " + NotificationText.escape("a < b & c")
    #expect(
      String(decoding: telegram.body(text), as: UTF8.self)
        == #"{"chat_id":"-100","text":"[A&lt;1] <b>Fill</b> a &lt; b &amp; c","#
        + #""parse_mode":"HTML"}"#)
    #expect(telegram.failure(status: 200, body: []) == nil)
    #expect(telegram.failure(status: 401, body: []) == "HTTP status 401")
  }

  @Test("C-12 what is sent to Lark, and when it has taken it")
  func larkBody() {
    #expect(lark.url == "http://127.0.0.1:1/hook/xyz")
    #expect(lark.timeoutMilliseconds == 5_000)
    #expect(
      String(decoding: lark.body("<b>A</b> 1 &lt; 2"), as: UTF8.self)
        == #"{"msg_type":"text","content":{"text":"A 1 < 2"}}"#)
    #expect(lark.failure(status: 200, body: Array(#"{"code":0}"#.utf8)) == nil)
    #expect(lark.failure(status: 200, body: Array(#"{"code":9499}"#.utf8)) == "code 9499")
    #expect(lark.failure(status: 200, body: []) == "code missing")
    #expect(lark.failure(status: 500, body: Array(#"{"code":0}"#.utf8)) != nil)
  }

  @Test("C-12 one a second, a hundred waiting")
  func queue() {
    var queue = NotificationQueue()
    for number in 1...101 { queue.add("\(number)") }
    #expect(queue.dropped == 1)
    var now = Moment(monotonic: 5_000_000_000, wall: 0)
    #expect(queue.next(at: now) == "1")
    #expect(queue.next(at: now) == nil)
    #expect(queue.deadline == 6_000_000_000)
    now = now.advanced(by: Nanoseconds.seconds(1))
    #expect(queue.next(at: now) == "2")
  }
}

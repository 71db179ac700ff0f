import PerpCore

/// Messages to people, each at its time: one a second, a hundred waiting at most, and none of it
/// ever in a strategy's way. (C-12)
package struct NotificationQueue: Equatable, Sendable {
  package static let limit = 100
  package static let spacing = Nanoseconds.seconds(1)

  private var waiting: [String] = []
  private var nextAt: UInt64 = 0
  /// Left out because too many waited.
  package private(set) var dropped = 0

  package init() {}

  package mutating func add(_ text: String) {
    guard waiting.count < Self.limit else {
      dropped += 1
      return
    }
    waiting.append(text)
  }

  /// When the next may be sent, on the monotonic clock; nil while none waits.
  package var deadline: UInt64? { waiting.isEmpty ? nil : nextAt }
  package var isEmpty: Bool { waiting.isEmpty }

  /// What is to be sent now.
  package mutating func next(at now: Moment) -> String? {
    guard !waiting.isEmpty, nextAt <= now.monotonic else { return nil }
    nextAt = now.monotonic + Self.spacing
    return waiting.removeFirst()
  }
}

/// Where notifications go: the request that carries one, and what its answer means. (C-12)
package enum NotificationChannel: Equatable, Sendable {
  /// Telegram's `sendMessage` of the Bot API.
  case telegram(base: String, token: String, chat: String, label: String)
  /// A custom bot's webhook of Lark and Feishu.
  case lark(base: String, token: String)

  package static let telegramBase = "https://api.telegram.org"
  package static let larkBase = "https://open.larksuite.com/open-apis/bot/v2/hook/"

  /// Holds a secret: not to be logged.
  package var url: String {
    switch self {
    case .telegram(let base, let token, _, _): "\(base)/bot\(token)/sendMessage"
    case .lark(let base, let token): base + token
    }
  }

  package var name: String {
    switch self {
    case .telegram: "telegram"
    case .lark: "lark"
    }
  }

  package var timeoutMilliseconds: Int {
    switch self {
    case .telegram: 10_000
    case .lark: 5_000
    }
  }

  /// JSON. Lark knows no tags: they are taken out of the text.
  package func body(_ text: String) -> [UInt8] {
    var body = ByteBuffer(capacity: 512)
    body.append("{")
    switch self {
    case .telegram(_, _, let chat, let label):
      body.put("chat_id", text: chat)
      body.put("text", text: "[\(NotificationText.escape(label))] \(text)")
      body.put("parse_mode", text: "HTML")
    case .lark:
      body.put("msg_type", text: "text")
      body.put("content")
      body.append("{")
      body.put("text", text: NotificationText.plain(text))
      body.append("}")
    }
    body.append("}")
    return body.array
  }

  /// Why it was not delivered; nil where it was.
  package func failure(status: Int, body: [UInt8]) -> String? {
    guard status == 200 else { return "HTTP status \(status)" }
    guard case .lark = self else { return nil }
    let code = (try? JSONFields(body.span.bytes))?.integer("code")
    return code == 0 ? nil : "code \(code.map { String($0) } ?? "missing")"
  }
}

package enum NotificationText {
  /// For Telegram's HTML: what is variable in a text must not be taken for tags.
  package static func escape(_ text: String) -> String {
    text.map { character in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      default: String(character)
      }
    }.joined()
  }

  package static func bold(_ text: String) -> String { "<b>\(escape(text))</b>" }

  /// Without tags and escapes.
  package static func plain(_ text: String) -> String {
    var result = ""
    var isTag = false
    for character in text {
      if character == "<" {
        isTag = true
      } else if character == ">" {
        isTag = false
      } else if !isTag {
        result.append(character)
      }
    }
    return result.replacing("&lt;", with: "<").replacing("&gt;", with: ">")
      .replacing("&amp;", with: "&")
  }
}

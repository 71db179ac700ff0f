import PerpCore

/// What a server must understand of a venue's wire to serve a recording of it: who wants what, and
/// what a message is about. All else is in the recording.
package struct ServedWire: Sendable {
  package enum Request: Equatable, Sendable {
    /// `id` is what the answers need of the request.
    case subscribe(id: String, channels: [String])
    case unsubscribe(id: String, channels: [String])
  }

  package typealias Messages = (_ channel: String) -> [Frame]

  /// Nil for a text that asks for neither.
  package var request: @Sendable (_ text: [UInt8]) -> Request?
  /// Nil where the venue does not answer but with data. `messages` are the first that the client
  /// will get of a channel, for answers that say where they begin.
  package var grant: @Sendable (Request, _ messages: Messages, Moment) -> Frame?
  /// For a channel that was not recorded.
  package var refuse: @Sendable (_ id: String, _ channel: String, Moment) -> Frame
  /// The name by which clients ask for the channel that a message belongs to; `everyone` for what
  /// all clients are told, nil for answers.
  package var channel: @Sendable (Frame) -> String?

  /// A channel that the venue has and nobody recorded, made of one that was; nil for others.
  package var derive: @Sendable (_ channel: String) -> (any DerivedChannel)?

  package init(
    request: @escaping @Sendable (_ text: [UInt8]) -> Request?,
    grant: @escaping @Sendable (Request, Messages, Moment) -> Frame?,
    refuse: @escaping @Sendable (_ id: String, _ channel: String, Moment) -> Frame,
    channel: @escaping @Sendable (Frame) -> String?,
    derive: @escaping @Sendable (_ channel: String) -> (any DerivedChannel)? = { _ in nil }
  ) {
    self.request = request
    self.grant = grant
    self.refuse = refuse
    self.channel = channel
    self.derive = derive
  }

  package static let everyone = ""

  /// The texts of these members of an object; nil where there is none, or something else.
  package static func texts(of names: [String], in bytes: [UInt8]) -> [String?] {
    var texts = [String?](repeating: nil, count: names.count)
    var json = JSONReader(bytes.span.bytes)
    do throws(JSONError) {
      try json.enterObject()
      while let key = try json.nextKey() {
        if let place = names.firstIndex(of: key.text), try json.peek() == .string {
          texts[place] = try json.string().text
        } else {
          try json.skip()
        }
      }
    } catch {
      return [String?](repeating: nil, count: names.count)
    }
    return texts
  }
}

/// What one client is told of a channel that is made of another.
package protocol DerivedChannel: Sendable {
  /// The recorded channel that it is made of.
  var source: String { get }

  /// Takes the next message of `source`, which came `age` nanoseconds after its connection was
  /// opened. Nil where there is nothing to tell yet.
  mutating func take(_ frame: Frame, age: UInt64) -> Frame?
}

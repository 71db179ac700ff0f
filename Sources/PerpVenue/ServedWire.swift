import PerpCore

/// What a server must understand of a venue's wire to serve a recording of it: who wants what, and
/// what a message is about. All else is in the recording.
package struct ServedWire: Sendable {
  package enum Request: Equatable, Sendable {
    /// `id` is as it stood in the request.
    case subscribe(id: String, channel: String)
    case unsubscribe(id: String, channel: String)
  }

  /// Nil for a text that asks for neither.
  package var request: @Sendable (_ text: [UInt8]) -> Request?
  package var grant: @Sendable (_ id: String, _ channel: String, Moment) -> Frame
  /// For a channel that was not recorded.
  package var refuse: @Sendable (_ id: String, _ channel: String, Moment) -> Frame
  /// The venue's name of the channel that a message belongs to; nil for control messages.
  package var channel: @Sendable (Frame) -> String?

  package init(
    request: @escaping @Sendable (_ text: [UInt8]) -> Request?,
    grant: @escaping @Sendable (_ id: String, _ channel: String, Moment) -> Frame,
    refuse: @escaping @Sendable (_ id: String, _ channel: String, Moment) -> Frame,
    channel: @escaping @Sendable (Frame) -> String?
  ) {
    self.request = request
    self.grant = grant
    self.refuse = refuse
    self.channel = channel
  }
}

import PerpCore

/// What a session wants done, in order.
///
/// Quotes are most of what there is, and each is some 300 bytes: put into an action, that into an
/// event and that into a list, they would be copied over and over. So a driver may take them
/// through `onQuote` the moment they are made, as long as nothing waits before them.
package struct VenueActions {
  /// Takes a quote at once, in the midst of the session's work: the session must not be called
  /// from there.
  package typealias QuoteSink = (borrowing BBO) -> Void

  package var list: [VenueAction]
  /// Quotes queue up behind the other actions, as if nobody took them at once.
  package var holdsQuotes = false
  private let onQuote: QuoteSink?

  package init(_ list: [VenueAction] = [], onQuote: QuoteSink? = nil) {
    self.list = list
    self.onQuote = onQuote
  }

  @inline(__always)
  package mutating func append(_ action: VenueAction) { list.append(action) }

  @inline(__always)
  package mutating func emit(_ quote: borrowing BBO) {
    if let onQuote, !holdsQuotes, list.isEmpty {
      onQuote(quote)
    } else {
      list.append(.emit(.bbo(copy quote)))
    }
  }
}

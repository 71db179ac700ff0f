import PerpCore

/// A topic of one venue.
package struct VenueTopic: Hashable, Comparable, Sendable {
  package let venue: VenueID
  package let topic: Topic

  package init(_ venue: VenueID, _ topic: Topic) {
    self.venue = venue
    self.topic = topic
  }

  package static func < (left: VenueTopic, right: VenueTopic) -> Bool {
    (left.venue, left.topic) < (right.venue, right.topic)
  }
}

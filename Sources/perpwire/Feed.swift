import PerpCore
import PerpGateway
import PerpIO
import PerpVenue

/// One venue of a stream: its session, and what of its markets is wanted.
final class Feed {
  /// What an answer with all markets means.
  struct News {
    /// To be subscribed to now.
    var topics: [Topic] = []
    /// Markets we stream whose terms have changed.
    var changed: [Market] = []
    /// Targets that match nothing, in words for the user.
    var unresolved: [String] = []
  }

  let venue: VenueDescriptor
  var driver: SessionDriver?
  private(set) var topics: Set<Topic> = []
  /// Whether the venue's markets are known.
  private(set) var isResolved = false
  private let targets: [Target]
  private let channels: [Channel]
  private var markets: [Symbol: Market] = [:]

  init(_ venue: VenueDescriptor, targets: [Target], channels: [Channel]) {
    self.venue = venue
    self.targets = targets
    self.channels = channels
  }

  /// A wildcard also finds markets that are listed later.
  func learn(_ markets: [Market]) -> News {
    var news = News()
    let list = MarketList(markets)
    for target in targets {
      switch target.name.resolve(in: list, of: venue.id) {
      case .success(let symbols):
        for symbol in symbols {
          for channel in channels where topics.insert(Topic(channel, symbol)).inserted {
            news.topics.append(Topic(channel, symbol))
          }
        }
      case .failure(let unresolved): if !isResolved { news.unresolved.append(unresolved.message) }
      }
    }
    isResolved = true
    let streamed = Set(topics.map(\.symbol))
    for market in markets where streamed.contains(market.symbol) {
      if let known = self.markets.updateValue(market, forKey: market.symbol), known != market {
        news.changed.append(market)
      }
    }
    return news
  }
}

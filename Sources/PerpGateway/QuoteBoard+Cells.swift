import PerpCore

/// The board as cells of text.
extension QuoteBoard {
  package static let heading = [
    "ASSET", "VENUE", "SYMBOL", "BID", "ASK", "SPREAD BP", "AGE", "MSG/S", "RECONNECTS", "SOURCE",
    "STATE",
  ]

  package static let crossingHeading = ["ASSET", "BUY ON", "AT", "SELL ON", "AT", "SPREAD BP"]

  package func cells(at now: Moment) -> [[String]] { rows(at: now).map(\.cells) }

  package func crossingCells() -> [[String]] { crossings().map(\.cells) }

  /// Three figures or so, with the unit that makes them few: `850 ms`, `12.3 s`, `4 m`.
  package static func age(milliseconds: UInt64) -> String {
    switch milliseconds {
    case ..<1_000: "\(milliseconds) ms"
    case ..<60_000: "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s"
    case ..<7_200_000: "\(milliseconds / 60_000) m"
    default: "\(milliseconds / 3_600_000) h"
    }
  }
}

extension QuoteBoard.Row {
  fileprivate var cells: [String] {
    [
      String(symbol.base), venue.description, symbol.description,
      quote?.bid?.price.description ?? "-", quote?.ask?.price.description ?? "-",
      spread?.description ?? "-", age.map(QuoteBoard.age) ?? "-", rate.description,
      String(reconnects), quote?.source.rawValue ?? "-", condition,
    ]
  }

  /// The state, why it is not live, and why the quote must not be traded on.
  private var condition: String {
    var words = [state.rawValue]
    if state != .live { words.append(cause) }
    if let quote { words += quote.flags.words }
    return words.joined(separator: " ")
  }
}

extension QuoteFlags {
  fileprivate var words: [String] {
    [(QuoteFlags.crossed, "crossed"), (.locked, "locked"), (.lagging, "lagging")]
      .filter { contains($0.0) }.map(\.1)
  }
}

extension QuoteBoard.Crossing {
  fileprivate var cells: [String] {
    [
      base, buyOn.description, ask.description, sellOn.description, bid.description,
      spread.description,
    ]
  }
}

/// What each kind of fault does, and how it is written: the user's documentation.
extension FaultPlan {
  package static let help: String = {
    let width = Kind.allCases.map(\.usage.count).max() ?? 0
    let rows = Kind.allCases.map { kind in
      let padding = String(repeating: " ", count: width - kind.usage.count)
      return "  \(kind.usage)\(padding)  \(kind.effect)"
    }
    return """
      A fault plan is a list of clauses with commas between:

        kind[:target][=value][@start[+duration]][%percent]

      target    Which frames: data, control (acknowledgements, heartbeats),
                account (orders, fills, positions, balances), bbo, trade,
                book, funding, or one stream as in book:BTC-USD-PERP.
                Without it all; for stall, data.
      start     After the start of the simulator: 250ms, 10s, 5m. Without it
                from the beginning.
      duration  How long the clause is in force. Without it for ever.
      percent   The chance of each frame (upgrade, request), down to 0.0001.
                Without it kinds marked * strike once, as soon as they can,
                and the others always.

      \(rows.joined(separator: "\n"))

      swarm=SEED instead of a list draws a plan of its own: sometimes no
      fault, sometimes many of one kind, mostly a mix, over in a minute.

      Examples:
        stall:book:BTC-USD-PERP@10s+30s      the book stops for half a minute
        drop:trade%0.5,delay=200@1m+10s      lost trades, and a slow spell
        close=1001@20s,refuse=503@20s+5s     a restart of the venue
      """
  }()
}

extension FaultPlan.Kind {
  enum ValueForm: Equatable, Sendable {
    case none
    case number(ClosedRange<Int>)
    /// `BYTES/MS`.
    case drip
    /// An HTTP status, or `none`.
    case answer
  }

  var valueForm: ValueForm {
    switch self {
    case .delay: .number(1...600_000)
    case .fragment: .number(2...1_000)
    case .huge: .number(1...64 << 20)
    case .close: .number(1000...4999)
    case .refuse: .number(400...599)
    case .skew: .number(1...3_600_000)
    case .drip: .drip
    case .rest: .answer
    default: .none
    }
  }

  /// Kind and value as they are written.
  var usage: String {
    switch self {
    case .delay: "delay=MS"
    case .fragment: "fragment=N"
    case .huge: "huge=BYTES"
    case .close: "close=CODE"
    case .refuse: "refuse=STATUS"
    case .drip: "drip=BYTES/MS"
    case .rest: "rest=STATUS|none"
    case .skew: "skew=MS"
    default: rawValue
    }
  }

  fileprivate var effect: String { strikesOnce ? "* \(plainEffect)" : "  \(plainEffect)" }

  private var plainEffect: String {
    switch self {
    case .stall: "frames vanish while the connection lives on"
    case .drop: "frames are lost"
    case .noAck: "acknowledgements are lost"
    case .duplicate: "frames come twice"
    case .reorder: "a frame comes after the next one of its stream"
    case .delay: "frames come so much later, in their order"
    case .drip: "frames come in so many bytes, with pauses"
    case .fragment: "messages in so many frames, pings between"
    case .garbage: "noise, half a message or a web page instead"
    case .extra: "JSON messages have a member that nobody knows"
    case .huge: "a message of so many bytes comes first"
    case .badOpcode: "a frame of an undefined kind"
    case .rsv: "a frame with reserved bits, as if compressed"
    case .masked: "a masked frame, which servers must not send"
    case .bigControl: "a ping longer than allowed"
    case .badUTF8: "a text message that is not UTF-8"
    case .close: "closing handshakes on all connections"
    case .abort: "resets on all connections"
    case .halfOpen: "all connections fall silent and stay open"
    case .refuse: "new connections are refused with this HTTP status"
    case .rest: "requests get this status, or no answer"
    case .freeze: "data flow, but their time stamps stand still"
    case .skew: "the venue's clock is so much ahead"
    case .liquidate: "the venue closes all that its accounts hold"
    }
  }
}

import PerpCore

/// What a venue takes of the traded value, as parts of it, such as 0.0005. A rebate is negative.
package struct FeeRates: Equatable, Sendable {
  package var maker: Decimal
  package var taker: Decimal

  package init(maker: Decimal, taker: Decimal) { (self.maker, self.taker) = (maker, taker) }

  package static let none = FeeRates(maker: .zero, taker: .zero)
}

/// Which of its rates a venue charges for an execution.
package enum Liquidity: String, Sendable { case maker, taker }

/// What each venue charges whoever trades there. (B-01)
package struct FeeTable: Equatable, Sendable {
  /// By venue its profiles, the first of which counts unless another is told.
  package static let profiles: [String: [(name: String, rates: FeeRates)]] = [
    // Of tokens with `token_usage=interactive`; all others are pro.
    "paradex": [("interactive", .none), ("pro", rates(maker: 3, taker: 45))],
    "variational": [("standard", .none)],
    "lighter": [
      ("standard", .none), ("premium", rates(maker: 4, taker: 28)),
      ("plus", rates(maker: 5, taker: 5)),
    ],
    "edgex": [("standard", rates(maker: 40, taker: 45))],
    // Rebates of makers differ by tier: none is counted on.
    "grvt": [("standard", rates(maker: 0, taker: 45))],
  ]

  private static func rates(maker: Int128, taker: Int128) -> FeeRates {
    FeeRates(maker: Decimal(mantissa: maker, scale: 5), taker: Decimal(mantissa: taker, scale: 5))
  }

  private var rates: [String: FeeRates]

  /// With the first profile of each venue.
  package init() { rates = Self.profiles.compactMapValues { $0.first?.rates } }

  /// `VENUE=PROFILE` or `VENUE=MAKER/TAKER`, separated by commas; the rest is as by default.
  package init(_ text: String) throws(Settings.Problem) {
    self.init()
    var complaints: [String] = []
    for entry in text.split(separator: ",") {
      let halves = entry.split(separator: "=", maxSplits: 1).map(String.init)
      guard halves.count == 2, let told = Self.rates(halves[1], of: halves[0]) else {
        let names = (Self.profiles[halves[0]] ?? []).map(\.name).joined(separator: ", ")
        let known = names.isEmpty ? "" : "; its profiles are \(names)"
        complaints.append(
          "--fees: \"\(entry)\" is not like VENUE=PROFILE or VENUE=MAKER/TAKER\(known)")
        continue
      }
      rates[halves[0]] = told
    }
    guard complaints.isEmpty else { throw Settings.Problem(lines: complaints) }
  }

  private static func rates(_ text: String, of venue: String) -> FeeRates? {
    if let profile = profiles[venue]?.first(where: { $0.name == text }) { return profile.rates }
    let parts = text.split(separator: "/").map { Decimal(String($0)) }
    let range = Decimal(-1)...Decimal(1)
    guard parts.count == 2, let maker = parts[0], let taker = parts[1],
      range.contains(maker), range.contains(taker)
    else { return nil }
    return FeeRates(maker: maker, taker: taker)
  }

  /// Nil of a venue of which nobody has said what it takes.
  package subscript(venue: String) -> FeeRates? {
    get { rates[venue] }
    set { rates[venue] = newValue }
  }

  /// Part of the value; 0 of a venue that is not known.
  package func rate(_ venue: String, _ liquidity: Liquidity) -> Decimal {
    let rates = rates[venue] ?? .none
    return liquidity == .maker ? rates.maker : rates.taker
  }

  /// For reports.
  package func text(_ venues: [String]) -> String {
    venues.map {
      "\($0) \(rate($0, .maker).trimmed) maker \(rate($0, .taker).trimmed) taker"
    }.joined(separator: ", ")
  }

  package static let parameter = Parameter(
    "fees", .text, default: "",
    "VENUE=PROFILE or VENUE=MAKER/TAKER in parts of the value, separated by commas, where a "
      + "venue takes something else than by default")
}

import PerpCore

/// What one base unit of an entry is expected to bring until it is undone, in quote units. (B-01)
package struct NetEdge: Equatable, Sendable {
  /// At the prices that both orders meet.
  package var executable: Decimal
  /// What both venues take for the entry.
  package var fees: Decimal
  /// What prices may move by until the orders are there.
  package var reserve: Decimal
  /// What undoing it costs: fees, and what is lost between bid and ask.
  package var exit: Decimal
  /// Funding while it is held, received less paid.
  package var carry: Decimal
  /// The middle of both markets.
  package var base: Decimal

  package init(
    executable: Decimal, fees: Decimal = .zero, reserve: Decimal = .zero, exit: Decimal = .zero,
    carry: Decimal = .zero, base: Decimal
  ) {
    (self.executable, self.fees, self.reserve) = (executable, fees, reserve)
    (self.exit, self.carry, self.base) = (exit, carry, base)
  }

  package var net: Decimal {
    executable.minus(fees).minus(reserve).minus(exit).plus(carry)
  }

  /// Hundredths of a percent of `base`.
  package var basisPoints: Decimal { Spread.basisPoints(net, of: base) }

  /// For the log.
  package var text: String {
    "net edge \(net.text(places: 4)) (\(basisPoints.text(places: 3)) bps): spread "
      + "\(executable.text(places: 4)), fees \(fees.text(places: 4)), reserve "
      + "\(reserve.text(places: 4)), exit \(exit.text(places: 4)), funding "
      + carry.signedText(places: 4)
  }
}

/// What positions bring or cost by being held. (B-02)
package enum FundingCarry {
  /// Part of the value, received less paid: long positions pay rates that are positive.
  package static func part(
    _ positions: [(side: Side, hourlyRate: Decimal)], hours: Decimal
  ) -> Decimal {
    positions.reduce(.zero) { sum, position in
      let paid = position.hourlyRate.times(hours)
      return position.side == .buy ? sum.minus(paid) : sum.plus(paid)
    }
  }
}

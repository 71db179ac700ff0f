import PerpCore

/// Ticks and lots of one market as decimals with the digits that venues send: no trailing zeros.
struct PriceGrid: Sendable {
  /// Mark and index prices lie between the ticks, on steps of 10^-8.
  static let fineScale: UInt8 = 8

  private let tick: Int64
  private let tickScale: UInt8
  private let lot: Int64
  private let lotScale: UInt8
  /// Fine steps in one tick.
  let tickInFineSteps: Int64

  init(tickSize: Decimal, lotSize: Decimal) {
    (tick, tickScale) = (Int64(tickSize.mantissa), tickSize.scale)
    (lot, lotScale) = (Int64(lotSize.mantissa), lotSize.scale)
    guard let fine = tickSize.rescaled(to: Int(Self.fineScale)), fine.mantissa > 0 else {
      preconditionFailure("the tick size must be a positive multiple of 0.00000001")
    }
    tickInFineSteps = Int64(fine.mantissa)
  }

  func price(_ ticks: Int64) -> Decimal { Decimal(trimming: ticks * tick, scale: tickScale) }
  func size(_ lots: Int64) -> Decimal { Decimal(trimming: lots * lot, scale: lotScale) }
  func fine(_ steps: Int64) -> Decimal { Decimal(trimming: steps, scale: Self.fineScale) }

  func level(_ level: EngineLevel) -> Level {
    Level(price: price(level.price), size: size(level.size))
  }

  func ticks(_ price: Decimal) -> Int64 {
    guard let scaled = price.rescaled(to: Int(tickScale)) else {
      preconditionFailure("the price must be a multiple of the tick size")
    }
    return Int64(scaled.mantissa) / tick
  }
}

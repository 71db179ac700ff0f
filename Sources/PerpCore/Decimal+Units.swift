extension Decimal {
  /// What becomes of digits that are smaller than a unit.
  package enum Excess: Sendable {
    /// An order is not signed for another size than was asked for.
    case refused
    /// As venues cut them from the texts of requests, before they verify a signature.
    case cut
  }

  /// The number of units of 10^-`decimals` that a signed message has in place of the value. It is
  /// exact, or cut towards zero where that is asked for; never rounded.
  package func units(
    decimals: Int, excess: Excess = .refused
  ) throws(ScalingError) -> UInt128 {
    guard !isNegative else { throw ScalingError(self, decimals, .negative) }
    if let exact = rescaled(to: decimals) { return exact.mantissa.magnitude }
    guard decimals <= Int(scale) else { throw ScalingError(self, decimals, .tooLarge) }
    guard excess == .cut else { throw ScalingError(self, decimals, .tooFine) }
    return mantissa.magnitude / Self.power(Int(scale) - decimals).magnitude
  }
}

/// Why a number cannot be signed as it stands.
package struct ScalingError: Error, Equatable, CustomStringConvertible {
  package enum Reason: Equatable, Sendable {
    case negative
    case tooFine
    case tooLarge
  }

  package let value: Decimal
  package let decimals: Int
  package let reason: Reason

  package init(_ value: Decimal, _ decimals: Int, _ reason: Reason) {
    (self.value, self.decimals, self.reason) = (value, decimals, reason)
  }

  package var description: String {
    switch reason {
    case .negative: "\(value) is negative; give its size and the side apart"
    case .tooFine:
      "\(value) has more than the \(decimals) decimals that are signed; round it to the step first"
    case .tooLarge: "\(value) is larger than what can be signed"
    }
  }
}

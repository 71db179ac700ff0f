import PerpCore

/// What a piece of evidence does to the status of an order. This is the state machine of orders,
/// the same for all venues:
///
/// - *enter*: the order has this status from now on;
/// - *stay*: it has it already;
/// - *late*: older news than what is known. Counted and left out;
/// - *contradiction*: another end than the one that was seen at the venue. Counted and left out.
///
/// Two things can still move a final status, and are told as `restated` (`OrderTracker`): fills
/// that come to the whole size, and the order itself, seen at the venue, where its end was only
/// inferred, such as from its absence.
enum OrderRuling: Equatable, Sendable {
  case enter, stay, late, contradiction

  init(from: OrderStatus, to: OrderStatus) {
    let row = Self.table[from.column]
    self = row[row.index(row.startIndex, offsetBy: to.column)].ruling
  }

  /// A row for each status an order has, a column for each it is said to have:
  /// `e`nter, `.` stay, `-` late, `!` contradiction.
  private static let table = [
    // pending, unknown, open, partially filled, filled, cancelled, rejected, expired
    ".eeeeeee",  // pending
    "-.eeeeee",  // unknown
    "-e.eee!e",  // open
    "-e-.ee!e",  // partially filled
    "----.!!!",  // filled
    "----!.!!",  // cancelled
    "--!!!!.!",  // rejected
    "----!!!.",  // expired
  ]
}

extension OrderStatus {
  fileprivate var column: Int {
    switch self {
    case .pending: 0
    case .unknown: 1
    case .open: 2
    case .partiallyFilled: 3
    case .filled: 4
    case .cancelled: 5
    case .rejected: 6
    case .expired: 7
    }
  }
}

extension Character {
  fileprivate var ruling: OrderRuling {
    switch self {
    case "e": .enter
    case ".": .stay
    case "-": .late
    default: .contradiction
    }
  }
}

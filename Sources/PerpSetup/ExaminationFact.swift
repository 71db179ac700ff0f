import PerpCore
import PerpVenue

/// What the rim finds out for an examination, one for each of its steps.
package enum ExaminationFact: Sendable {
  case looked(Place, Lookup)
  case connected(Place, [Attempt])
  case secured(Place, Handshake)
  case answered(RESTAnswer)
  case told(ClockReading)
  case upgraded(Upgrade)
  case listened(Listening)

  package enum Lookup: Sendable {
    case addresses([String])
    case failed(String)
    case noAnswer
  }

  /// To connect to one address.
  package struct Attempt: Sendable {
    package enum Outcome: Equatable, Sendable {
      case connected(microseconds: Int64)
      case refused
      case noAnswer
      case failed(String)
    }

    package let address: String
    package let outcome: Outcome

    package init(_ address: String, _ outcome: Outcome) {
      self.address = address
      self.outcome = outcome
    }
  }

  package enum Handshake: Sendable {
    /// Such as `TLSv1.3`, and the seconds until the certificate expires.
    case done(version: String, expiresIn: Int64, microseconds: Int64)
    case untrusted(String)
    case expired(String)
    case wrongHost(String)
    case failed(String)
    case noAnswer
  }

  /// To the question for the markets.
  package enum RESTAnswer: Sendable {
    case markets(count: Int, microseconds: Int64, RateFields)
    /// `isBarred` where the venue says that it does not want us at all.
    case status(Int, isBarred: Bool, retryAfter: String?)
    case unreadable(String)
    case notSent(String)
    case noAnswer(String)
  }

  /// What an answer's own fields say of how much may still be asked.
  package struct RateFields: Equatable, Sendable {
    package let remaining: Int?
    package let limit: Int?

    package init(remaining: Int?, limit: Int?) {
      self.remaining = remaining
      self.limit = limit
    }

    package init(_ response: HTTPResponse) {
      func number(_ names: [String]) -> Int? {
        names.lazy.compactMap { response.field($0) }.first
          .flatMap { Int($0.prefix { $0.isNumber }) }
      }
      self.init(
        remaining: number(["x-ratelimit-remaining", "ratelimit-remaining"]),
        limit: number(["x-ratelimit-limit", "ratelimit-limit"]))
    }
  }

  package enum ClockReading: Sendable {
    /// The venue's clock minus ours and the bound of the error, in microseconds.
    case offset(Int64, bound: Int64)
    case unknown(String)
    /// The venue cannot be asked.
    case none
  }

  package enum Upgrade: Sendable {
    case opened(microseconds: Int64)
    case refused(status: Int)
    case failed(String)
  }

  package struct Listening: Sendable {
    package let symbol: String
    package let channels: [Heard]
    package let seconds: Int
    /// What the session has said went wrong.
    package let lastError: String?

    package init(symbol: String, channels: [Heard], seconds: Int, lastError: String?) {
      self.symbol = symbol
      self.channels = channels
      self.seconds = seconds
      self.lastError = lastError
    }
  }

  /// What came of one channel.
  package struct Heard: Sendable {
    package enum Outcome: Sendable {
      case data(microseconds: Int64)
      case down(cause: String)
      /// With the last that was told of the stream, if anything was.
      case silent(cause: String?)
    }

    package let channel: Channel
    package let outcome: Outcome

    package init(_ channel: Channel, _ outcome: Outcome) {
      self.channel = channel
      self.outcome = outcome
    }
  }
}

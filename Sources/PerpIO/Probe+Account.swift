import PerpCore
import PerpVenue

/// What an account's requests need to be known, asked one after the other.
extension Probe {
  /// The markets of a venue, or why they are not known.
  package func markets(_ dialect: any MarketDataDialect) -> Result<[Market], Unknown> {
    guard let request = dialect.request(.markets, of: nil) else {
      return .failure(Unknown("the markets cannot be asked for"))
    }
    guard case .response(let response) = ask(request), response.status == 200 else {
      return .failure(Unknown("the venue does not tell its markets"))
    }
    var unknown: [String] = []
    do throws(JSONError) {
      let body = response.body.span.bytes
      let answer = try dialect.read(body, answering: .markets, of: nil, unknown: &unknown)
      guard case .markets(let listed, _) = answer else {
        return .failure(Unknown("the venue does not tell its markets"))
      }
      return .success(listed.map(\.market))
    } catch {
      return .failure(Unknown("the venue's markets cannot be read: \(error)"))
    }
  }

  package struct Unknown: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
  }

  /// Takes the next step of signing in. False when there is none left.
  package func takeStep(
    _ dialect: inout any TradingDialect
  ) throws(TradingProblem) -> Bool {
    guard let request = try dialect.nextStep(at: Clock.now()) else { return false }
    switch ask(request) {
    case .response(let response): try dialect.readStep(response, at: Clock.now())
    case .failed(.notSent(let text)), .failed(.noAnswer(let text)): throw .again(text)
    }
    return true
  }
}

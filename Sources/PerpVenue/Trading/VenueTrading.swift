import PerpCore

/// How accounts of a venue are traded: a part of its descriptor.
package struct VenueTrading: Sendable {
  /// Settings of accounts with their defaults.
  package var settings: [VenueDescriptor.Setting]
  /// What an account with such settings cannot do without, among the venue's secrets.
  package var required: @Sendable (_ settings: [String: String]) -> [String]
  /// An account of every simulator, by the names of the venue's secrets: made-up values, which
  /// open nothing anywhere else.
  package var simulatedAccount: [String: String]
  package var makeDialect: @Sendable (TradingOptions) throws(TradingProblem) -> any TradingDialect

  package init(
    settings: [VenueDescriptor.Setting] = [],
    required: @escaping @Sendable (_ settings: [String: String]) -> [String],
    simulatedAccount: [String: String],
    makeDialect: @escaping @Sendable (TradingOptions) throws(TradingProblem) -> any TradingDialect
  ) {
    self.settings = settings
    self.required = required
    self.simulatedAccount = simulatedAccount
    self.makeDialect = makeDialect
  }

  package func makeSession(
    _ options: TradingOptions
  ) throws(TradingProblem) -> any VenueSession {
    func session(_ dialect: some TradingDialect) -> any VenueSession {
      TradingSession(
        options.account, dialect: dialect, replaying: options.records, seed: options.seed,
        at: options.now)
    }
    return session(try makeDialect(options))
  }
}

extension VenueDescriptor {
  /// Those of market data and of accounts.
  package var allSettings: [Setting] { settings + (trading?.settings ?? []) }
}

package struct TradingOptions: Sendable {
  package var account: AccountID
  package var endpoints: Endpoints
  /// For jitter.
  package var seed: UInt64
  package var settings: [String: String]
  package var secrets: [String: Secret]
  /// What the journal has of the account.
  package var records: [OrderRecord]
  package var now: Moment

  package init(
    account: AccountID, endpoints: Endpoints, seed: UInt64, settings: [String: String] = [:],
    secrets: [String: Secret], records: [OrderRecord] = [], now: Moment
  ) {
    self.account = account
    self.endpoints = endpoints
    self.seed = seed
    self.settings = settings
    self.secrets = secrets
    self.records = records
    self.now = now
  }
}

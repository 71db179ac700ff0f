import Bot
import PerpCore
import PerpIO

/// What `replay` and `sweep` are told: recordings first, then settings of their own; the rest is
/// the strategy's.
struct ReplaySettings {
  static let parameters: [Parameter] = [
    Parameter(
      "strategy", .choice(BotStrategy.all.map(\.name)), default: nil,
      "what trades; then its settings"),
    FeeTable.parameter,
    Parameter(
      "order-latency-ms", .integer(0...60_000), default: "50", "until an order arrives, or a cancel"
    ),
    Parameter(
      "feed-latency-ms", .integer(0...60_000), default: "1", "until what happened is heard"),
    Parameter(
      "start-balance", .decimal(Parameter.amounts), default: "100000",
      "quote units at each venue at first"),
    Parameter(
      "perpwire", .text, default: "perpwire", variable: "PERPWIRE",
      "the program that reads recordings"),
    Parameter("json", .flag, default: "false", "one JSON object in place of the report"),
    Parameter("log", .flag, default: "false", "say on stderr what the strategy says"),
  ]

  let recordings: [String]
  let settings: Settings
  let strategy: BotStrategy
  /// Of the strategy.
  let arguments: [String]
  let exchange: PaperExchange.Settings
  /// Of settings that may be given again and again, what they were given.
  private let repeated: [String: [String]]

  init(_ words: [String], _ more: [Parameter] = []) throws {
    let parameters = Self.parameters + more
    recordings = Array(words.prefix { !$0.hasPrefix("--") })
    var own: [String] = []
    var others: [String] = []
    var repeated: [String: [String]] = [:]
    var fees: [String] = []
    var rest = words.dropFirst(recordings.count)
    while let word = rest.popFirst() {
      let halves = word.dropFirst(2).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard word.hasPrefix("--"),
        let parameter = parameters.first(where: { $0.name == halves[0] })
      else {
        others.append(word)
        continue
      }
      var both = [word]
      var value = halves.count == 2 ? String(halves[1]) : nil
      if value == nil, parameter.kind != .flag, let next = rest.popFirst() {
        both.append(next)
        value = next
      }
      own += both
      if parameter == FeeTable.parameter { fees = both }
      if let value { repeated[parameter.name, default: []].append(value) }
    }
    settings = try Settings(
      parameters, arguments: own, environment: ProcessEnvironment.variables())
    guard !recordings.isEmpty else {
      throw Settings.Problem(lines: ["which recording? `perpwire record` makes one"])
    }
    let name = settings.text("strategy")
    guard let strategy = BotStrategy.all.first(where: { $0.name == name }) else {
      throw Settings.Problem(lines: ["there is no strategy \(name)"])
    }
    // What venues take is the same to the strategy, if it asks.
    if strategy.parameters.contains(FeeTable.parameter) { others += fees }
    (self.strategy, arguments, self.repeated) = (strategy, others, repeated)
    exchange = try Self.exchange(settings)
  }

  /// All that was given, in its order.
  func all(_ name: String) -> [String] { repeated[name] ?? [] }

  static func help(_ more: [Parameter] = []) -> String {
    Settings.help(parameters + more)
      + "\n\nSettings of the strategy: perpbot STRATEGY run --help"
  }

  func tape() throws -> Tape {
    try RecordedTape.read(recordings, perpwire: settings.text("perpwire"))
  }

  private static func exchange(_ settings: Settings) throws -> PaperExchange.Settings {
    var result = PaperExchange.Settings()
    result.orderLatency = Nanoseconds.milliseconds(settings.integer("order-latency-ms"))
    result.feedLatency = Nanoseconds.milliseconds(settings.integer("feed-latency-ms"))
    result.balance = settings.decimal("start-balance")
    result.fees = try FeeTable(settings.text("fees"))
    return result
  }
}

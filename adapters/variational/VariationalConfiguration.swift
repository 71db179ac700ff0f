import PerpCore
import PerpVenue

/// What the settings ask for, and what is wrong with them.
struct VariationalConfiguration: Sendable {
  /// Which quotes of the statistics are taken.
  let size: VariationalQuoteSize
  let isRateAnnual: Bool
  /// Sizes to ask quotes for, by ticker.
  let sizes: [String: Decimal]
  /// Where quotes are asked for; nil where that is not known.
  let application: String?
  /// In words for the user; quotes are not asked for then.
  let problem: String?

  init(_ options: SessionOptions) {
    let settings = options.settings
    size = VariationalQuoteSize(rawValue: settings["size"] ?? "") ?? .size1k
    isRateAnnual = settings["funding_rate"] != "interval"
    application = Self.application(options.endpoints, options.settings)
    let wanted = Self.sizes(settings["quotes"] ?? "")
    sizes = wanted ?? [:]
    if wanted == nil {
      problem = "the setting quotes looks like BTC=0.01,ETH=0.2"
    } else if sizes.isEmpty {
      problem = nil
    } else if options.secrets["session"] == nil {
      problem = "quotes need your session with the venue; `perpwire venues` says how to give it"
    } else if application == nil {
      problem = "quotes of this environment need the setting app_url"
    } else {
      problem = nil
    }
  }

  /// The user's session must not go astray: only to the venue's own application, to a simulator on
  /// this machine, which alone is spoken to without encryption, or to where the user says.
  static func application(_ endpoints: Endpoints, _ settings: [String: String]) -> String? {
    if let url = settings["app_url"], !url.isEmpty { return url }
    let rest = endpoints.rest
    if rest == Variational.endpoints("prod").rest { return Variational.application }
    return rest.hasPrefix("http://") ? rest + "/api" : nil
  }

  /// Nil for a text that is no such list.
  private static func sizes(_ text: String) -> [String: Decimal]? {
    var sizes: [String: Decimal] = [:]
    for item in text.split(separator: ",") {
      let sides = item.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, let size = Decimal(sides[1]), size > .zero else {
        return nil
      }
      sizes[String(sides[0])] = size
    }
    return sizes
  }
}

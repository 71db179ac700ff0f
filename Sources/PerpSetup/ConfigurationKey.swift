import PerpVenue

/// One thing that can be set, and what may be said of it.
package struct ConfigurationKey: Sendable {
  package enum Form: Equatable, Sendable {
    case text
    /// `~/` at its beginning is the user's home.
    case path
    /// One of these.
    case word([String])
    case boolean
    /// A number from 0 on.
    case number
    /// A list of users, by their numbers.
    case users
    /// A list of these.
    case words([String])
    /// What a venue's own settings are: texts, which numbers and booleans are taken for.
    case setting
    /// A program and its arguments.
    case command
  }

  /// As in a file: `["venue", "lighter", "ws"]`.
  package let path: [String]
  package let form: Form
  /// The variable of the process environment that sets it.
  package let variable: String
  /// What holds where nobody says otherwise, as a text.
  package let standard: String?
  package let meaning: String

  package var name: String { path.joined(separator: ".") }

  init(
    _ name: String, _ form: Form, standard: String? = nil, variable: String? = nil,
    _ meaning: String
  ) {
    path = name.split(separator: ".").map(String.init)
    self.form = form
    self.standard = standard
    self.variable = variable ?? "PERPWIRE_" + path.joined(separator: "_").uppercased()
    self.meaning = meaning
  }

  /// Every key there is, in the order of `examples/perpwire.toml`.
  package static func all(of venues: [VenueDescriptor]) -> [ConfigurationKey] {
    general(venues) + venues.flatMap(keys)
  }

  private static func general(_ venues: [VenueDescriptor]) -> [ConfigurationKey] {
    [
      ConfigurationKey(
        "log.level", .word(["error", "warning", "notice", "info", "debug"]), standard: "notice",
        "how much is said on stderr"),
      ConfigurationKey(
        "log.format", .word(["text", "json"]), standard: "text",
        "json for one object per line"),
      ConfigurationKey("serve.socket", .path, "the Unix socket of the gateway"),
      ConfigurationKey("serve.journal", .path, "the file that keeps what must not be lost"),
      ConfigurationKey("serve.allow_read", .users, "users who may read from the socket"),
      ConfigurationKey("serve.allow_trade", .users, "users who may trade over the socket"),
      ConfigurationKey(
        "serve.venues", .words(venues.map(\.id.description)), "venues to serve; all without it"),
      ConfigurationKey(
        "serve.race", .boolean, standard: "false", "every stream on two connections"),
      ConfigurationKey(
        "serve.mode", .word(["live", "paper"]), standard: "live",
        "paper fills orders here, against the venues' market data"),
      ConfigurationKey(
        "serve.live", .boolean, standard: "false",
        "the first of two switches for live orders; `arm` is the other"),
      ConfigurationKey(
        "serve.record", .path, "a folder, or a file, for raw messages and events"),
      ConfigurationKey(
        "serve.metrics", .text, "where metrics and health are asked for over HTTP"),
      ConfigurationKey(
        "serve.metrics_file", .path, "a file of metrics, written anew every 15 seconds"),
    ] + limits
  }

  private static let limits = [
    ConfigurationKey(
      "limits.max_order_notional", .number, standard: "100000",
      "price times size of one order, in the quote asset"),
    ConfigurationKey(
      "limits.max_position_notional", .number, standard: "500000",
      "position and working orders of one market, in the quote asset"),
    ConfigurationKey(
      "limits.max_daily_loss", .number, standard: "0",
      "what an account may lose between midnights (UTC), in its own asset; 0 for any"),
    ConfigurationKey(
      "limits.max_open_orders", .number, standard: "200", "working orders of one account"),
    ConfigurationKey(
      "limits.orders_per_minute", .number, standard: "600", "orders of one account"),
    ConfigurationKey(
      "limits.taker_band_bps", .number, standard: "500",
      "how far from the middle of the market the price of an order that takes may be; 0 for any"),
    ConfigurationKey(
      "limits.resting_band_bps", .number, standard: "2000", "the same of an order that rests"),
    ConfigurationKey(
      "limits.slippage_bps", .number, standard: "100",
      "how far from the best price a market order may be filled"),
  ]

  private static func keys(of venue: VenueDescriptor) -> [ConfigurationKey] {
    let table = "venue.\(venue.id)"
    let prefix = "PERPWIRE_\(venue.id.description.uppercased())"
    var keys = [
      ConfigurationKey(
        "\(table).environment", .word(venue.environments.map(\.name)),
        standard: venue.environments.first?.name, "which of the venue's systems is meant"),
      ConfigurationKey(
        "\(table).ws", .text, variable: "\(prefix)_WS_URL", "another address of its WebSocket"),
      ConfigurationKey(
        "\(table).rest", .text, variable: "\(prefix)_REST_URL", "another address of its REST"),
    ]
    if venue.trading != nil {
      keys.append(
        ConfigurationKey(
          "\(table).account", .text, standard: "main", "what your account there is called here"))
    }
    if !venue.secrets.isEmpty {
      keys += [
        ConfigurationKey(
          "\(table).credentials", .path, "a file with your secrets, which only you can read"),
        ConfigurationKey(
          "\(table).credentials_command", .command, "a program that prints your secrets"),
      ]
    }
    return keys
      + venue.allSettings.map {
        ConfigurationKey("\(table).\($0.name)", .setting, standard: $0.value, $0.meaning)
      }
  }
}

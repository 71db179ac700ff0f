import Bot

/// The pages, which are part of this program.
enum Pages {
  static func find(_ path: String) -> (type: String, bytes: [UInt8])? {
    switch path {
    case "/", "/trade": ("text/html", PackageResources.trade_html)
    case "/market": ("text/html", PackageResources.market_html)
    case "/api-config": ("text/html", PackageResources.api_config_html)
    case "/app.css": ("text/css", PackageResources.app_css)
    case "/icon.svg": ("image/svg+xml", PackageResources.icon_svg)
    case "/app.js": ("text/javascript", PackageResources.app_js)
    case "/charts.js": ("text/javascript", PackageResources.charts_js)
    case "/events.js": ("text/javascript", PackageResources.events_js)
    case "/format.js": ("text/javascript", PackageResources.format_js)
    case "/market.js": ("text/javascript", PackageResources.market_js)
    case "/parameters.js": ("text/javascript", PackageResources.parameters_js)
    case "/symbols.js": ("text/javascript", PackageResources.symbols_js)
    case "/trade.js": ("text/javascript", PackageResources.trade_js)
    case "/api-config.js": ("text/javascript", PackageResources.api_config_js)
    default: nil
    }
  }
}

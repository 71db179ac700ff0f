/// Where a venue is spoken to: a host and its port, for one or both ways of speaking.
package struct Place: Hashable, Sendable {
  package enum Way: String, Sendable {
    case rest = "REST"
    case ws = "WebSocket"
  }

  package let host: String
  package let port: Int
  /// With TLS.
  package let isSecure: Bool
  /// The host is an address, so that no name server is asked.
  package let isNumeric: Bool
  package var ways: [Way]

  package init(host: String, port: Int, isSecure: Bool, isNumeric: Bool, ways: [Way]) {
    self.host = host
    self.port = port
    self.isSecure = isSecure
    self.isNumeric = isNumeric
    self.ways = ways
  }

  package var name: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Two ways to one and the same place make one.
  package static func merged(_ places: [Place]) -> [Place] {
    var result: [Place] = []
    for place in places {
      let same = result.firstIndex {
        $0.host == place.host && $0.port == place.port && $0.isSecure == place.isSecure
      }
      if let same { result[same].ways += place.ways } else { result.append(place) }
    }
    return result
  }
}

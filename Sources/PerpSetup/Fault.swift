/// What can be wrong between us and a venue: the closed list of what `perpwire doctor` names.
/// `FAULTS.md` explains each.
package enum Fault: String, CaseIterable, Sendable {
  // Of the configuration.
  case configInvalid = "config_invalid"
  case addressInvalid = "address_invalid"
  case variableUnknown = "variable_unknown"
  case secretOpen = "secret_open"
  case secretUnreadable = "secret_unreadable"

  // On the way.
  case proxyIgnored = "proxy_ignored"
  case nameUnresolved = "name_unresolved"
  case connectionRefused = "connection_refused"
  case connectionTimeout = "connection_timeout"
  case connectionFailed = "connection_failed"
  case addressDead = "address_dead"
  case tlsUntrusted = "tls_untrusted"
  case tlsExpired = "tls_expired"
  case tlsWrongHost = "tls_wrong_host"
  case tlsFailed = "tls_failed"

  // Of the venue.
  case restBanned = "rest_banned"
  case restLimited = "rest_limited"
  case restFailed = "rest_failed"
  case restSilent = "rest_silent"
  case restUnreadable = "rest_unreadable"
  case marketsMissing = "markets_missing"
  case rateLow = "rate_low"
  case clockOff = "clock_off"
  case clockUnknown = "clock_unknown"
  case wsRefused = "ws_refused"
  case wsFailed = "ws_failed"
  case channelRefused = "channel_refused"
  case channelSilent = "channel_silent"
  case channelQuiet = "channel_quiet"

  /// The exit code of sysexits(3) for a run that found it.
  package var exitCode: Int32 {
    switch self {
    case .configInvalid, .addressInvalid, .variableUnknown, .secretUnreadable: 78
    case .secretOpen: 77
    default: 69
    }
  }

  /// The next step for whoever has it.
  package var advice: String {
    switch self {
    case .configInvalid: "correct that line; examples/perpwire.toml has every key"
    case .addressInvalid: "write wss:// and https://; unencrypted only to this machine"
    case .variableUnknown: "examples/perpwire.toml tells how variables are called"
    case .secretOpen: "chmod 600 the file, and chown it to you; then change the secret"
    case .secretUnreadable: "see that the file is there and holds the secret, and nothing else"
    case .proxyIgnored: "let port 443 of the venue through, or run where no proxy is needed"
    case .nameUnresolved: "check the name for a slip, then /etc/resolv.conf and the network"
    case .connectionRefused: "nothing listens there: check host and port, or start the simulator"
    case .connectionTimeout: "a firewall or a dead host swallows it: try from another network"
    case .connectionFailed: "check the network of this machine: `ip route get` that address"
    case .addressDead: "harmless while another answers; a session tries them in turn"
    case .tlsUntrusted: "install ca-certificates, or name your own roots in SSL_CERT_FILE"
    case .tlsExpired: "check this machine's date; if that is right, the venue must act"
    case .tlsWrongHost: "another server answers: check address, name server, captive portal"
    case .tlsFailed: "something in between, or no TLS server: `openssl s_client -connect` it"
    case .restBanned: "the venue does not want this address: stop for an hour, or move region"
    case .restLimited: "stop what else asks from this address, and wait a minute"
    case .restFailed: "see the venue's status page; try again in a minute"
    case .restSilent: "the venue takes requests and does not answer: see its status page"
    case .restUnreadable: "check that the address is the venue's; else update perpwire"
    case .marketsMissing: "check the environment; see the venue's status page"
    case .rateLow: "stop what else asks from this address"
    case .clockOff: "set this machine's clock: `timedatectl set-ntp true`, or chrony"
    case .clockUnknown: "orders with expiry need it; try again"
    case .wsRefused: "403: region or ban; 429: wait a minute; 404: check the address"
    case .wsFailed: "something in between may not let WebSockets pass: check proxy, firewall"
    case .channelRefused: "the venue does not give this channel: leave it out"
    case .channelSilent: "see the venue's status page; `perpwire stream` goes on trying"
    case .channelQuiet: "nobody may have traded; a longer --timeout tells"
    }
  }
}

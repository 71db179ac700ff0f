// The best bid and the best offer of one asset on two venues, as they change.
// swift run best BTC paradex lighter [options of perpwire serve, such as --sim]
import Foundation
import Lines

/// What we look at, of any line.
struct Line: Decodable {
  struct Failure: Decodable { let message: String }

  let type, venue, state, bid, ask: String?
  let flags: [String]?
  let error: Failure?
}

struct Quote {
  let venue: String
  /// The venue's own digits.
  let bid, ask: String

  /// Nil when it is not to be traded on.
  init?(_ line: Line) {
    guard line.flags == nil, let venue = line.venue, let bid = line.bid, let ask = line.ask
    else { return nil }
    (self.venue, self.bid, self.ask) = (venue, bid, ask)
  }
}

/// Numbers are good enough to compare; what is printed, and would be traded, is the venue's text.
func number(_ text: String) -> Double { Double(text) ?? .nan }

/// Who bids most, who asks least, and what buying there and selling here would bring.
func best(_ quotes: [Quote]) -> String? {
  guard let bid = quotes.max(by: { number($0.bid) < number($1.bid) }),
    let ask = quotes.min(by: { number($0.ask) < number($1.ask) })
  else { return nil }
  let edge = (number(bid.bid) / number(ask.ask) - 1) * 10_000
  return "\(bid.venue) \(bid.bid)  \(ask.venue) \(ask.ask)  \(String(format: "%.2f", edge)) bp"
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 3 else { fail("best ASSET VENUE VENUE [options of perpwire serve]") }
let venues = Array(arguments[1...2])

// The gateway ends with its input, and so with us.
let gateway = Process()
let (commands, output) = (Pipe(), Pipe())
gateway.executableURL = URL(fileURLWithPath: "/usr/bin/env")
gateway.arguments =
  [ProcessInfo.processInfo.environment["PERPWIRE"] ?? "perpwire", "serve", "--stdio"]
  + ["--venues", venues.joined(separator: ",")] + arguments[3...]
(gateway.standardInput, gateway.standardOutput) = (commands, output)
try gateway.run()
let command: [String: Any] = [
  "id": 1, "method": "subscribe",
  "params": [
    "channels": ["bbo"], "symbols": [arguments[0]], "venues": venues, "conflate_ms": 100,
  ],
]
commands.fileHandleForWriting.write(
  try JSONSerialization.data(withJSONObject: command) + Data("\n".utf8))

var quotes: [String: Quote] = [:]
var told: String?
for text in Lines(descriptor: dup(output.fileHandleForReading.fileDescriptor)) {
  let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
  if let error = line.error { fail(error.message) }
  guard let venue = line.venue else { continue }
  if line.type == "bbo" {
    quotes[venue] = Quote(line)
  } else if line.type == "stream", line.state != "live" {
    quotes[venue] = nil
  }
  if quotes.count == 2, let text = best(Array(quotes.values)), text != told {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))  // at once
    told = text
  }
}
gateway.waitUntilExit()
exit(gateway.terminationStatus)

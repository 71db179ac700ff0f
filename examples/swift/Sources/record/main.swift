// Records quotes of one asset into NAME.sqlite and plots them into NAME.svg.
// swift run record NAME paradex:BTC lighter:BTC --duration 60 [options of perpwire record]
// swift run record NAME                                       plots what is there
import Foundation

/// The middle of each quote that may be traded on, scaled to 600 by 200; one point for each x.
let points = """
  WITH quote AS (
    SELECT venue || ' ' || symbol AS market, recv_ts AS t, (bid + ask) / 2 AS mid
    FROM bbo_real WHERE flags IS NULL AND bid IS NOT NULL AND ask IS NOT NULL),
  bounds AS (
    SELECT min(t) AS t0, max(1, max(t) - min(t)) AS length,
      min(mid) AS low, max(1e-9, max(mid) - min(mid)) AS range FROM quote)
  SELECT market, (t - t0) * 600 / length AS x,
    CAST(200 - avg(mid - low) * 200 / range AS INTEGER) AS y,
    printf('%.1f s, %.8g to %.8g', length / 1e6, low, low + range) AS caption
  FROM quote, bounds GROUP BY market, x ORDER BY market, x
  """
let colours = ["steelblue", "darkorange", "seagreen", "crimson"]

struct Point: Decodable {
  let market: String
  let x, y: Int
  let caption: String
}

/// What a program writes; ends with it when it fails.
func run(_ command: [String], output: Pipe? = nil) throws -> Data {
  let program = Process()
  program.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  program.arguments = command
  if let output { program.standardOutput = output }
  try program.run()
  let data = output?.fileHandleForReading.readDataToEndOfFile() ?? Data()
  program.waitUntilExit()
  guard program.terminationStatus == 0 else { exit(program.terminationStatus) }
  return data
}

func svg(_ points: [Point]) -> [String] {
  let markets = Dictionary(grouping: points, by: \.market).sorted { $0.key < $1.key }
  let lines = markets.enumerated().flatMap { index, market in
    let colour = colours[index % colours.count]
    let places = market.value.map { "\($0.x),\($0.y)" }.joined(separator: " ")
    return [
      #"<polyline fill="none" stroke="\#(colour)" points="\#(places)"/>"#,
      #"<text y="\#(220 + 15 * index)" fill="\#(colour)">\#(market.key)</text>"#,
    ]
  }
  return [
    #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -30 620 300" font-size="12">"#,
    #"<rect x="-10" y="-30" width="620" height="300" fill="white"/>"#,
    #"<text y="-12">\#(points[0].caption)</text>"#,
  ] + lines + ["</svg>"]
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard let name = arguments.first else {
  print("record NAME [TARGET… options of perpwire record]")
  exit(64)
}
let file = name + ".sqlite"
if arguments.count > 1 {
  let perpwire = ProcessInfo.processInfo.environment["PERPWIRE"] ?? "perpwire"
  _ = try run([perpwire, "record", "--into", file] + arguments[1...])
}
let rows = try run(["sqlite3", "-readonly", "-json", file, points], output: Pipe())
guard !rows.isEmpty else {
  print("\(file) holds no quotes")
  exit(1)
}
let quotes = try JSONDecoder().decode([Point].self, from: rows)
try svg(quotes).map { $0 + "\n" }.joined()
  .write(toFile: name + ".svg", atomically: true, encoding: .utf8)
print("\(name).svg: \(quotes[0].caption)")

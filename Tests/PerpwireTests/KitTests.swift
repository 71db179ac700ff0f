import Foundation
import FoundationXML
import Testing

@Suite(.ownThread, .enabled(if: Kit.shell.isReady, Kit.shell.need)) struct ShellKitTests {
  @Test func best() async throws { try await Kit.shell.checkBest() }
  @Test func record() async throws { try await Kit.shell.checkRecord() }
  @Test func resume() async throws { try await Kit.shell.checkResume() }
  @Test func gaps() async throws { try await Kit.shell.checkGaps() }
}

@Suite(.ownThread, .enabled(if: Kit.python.isReady, Kit.python.need)) struct PythonKitTests {
  @Test func best() async throws { try await Kit.python.checkBest() }
  @Test func record() async throws { try await Kit.python.checkRecord() }
  @Test func resume() async throws { try await Kit.python.checkResume() }
  @Test func gaps() async throws { try await Kit.python.checkGaps() }
}

@Suite(.ownThread, .enabled(if: Kit.node.isReady, Kit.node.need)) struct NodeKitTests {
  @Test func best() async throws { try await Kit.node.checkBest() }
  @Test func record() async throws { try await Kit.node.checkRecord() }
  @Test func resume() async throws { try await Kit.node.checkResume() }
  @Test func gaps() async throws { try await Kit.node.checkGaps() }
}

@Suite(.ownThread, .enabled(if: Kit.swift.isReady, Kit.swift.need)) struct SwiftKitTests {
  @Test func best() async throws { try await Kit.swift.checkBest() }
  @Test func record() async throws { try await Kit.swift.checkRecord() }
  @Test func resume() async throws { try await Kit.swift.checkResume() }
  @Test func gaps() async throws { try await Kit.swift.checkGaps() }
}

@Suite struct KitShapeTests {
  @Test("every program of every kit has fewer than 100 lines", arguments: Kit.allCases)
  func size(kit: Kit) throws {
    for recipe in Kit.recipes {
      let text = try String(contentsOfFile: "\(Kit.root)/\(kit.source(recipe))", encoding: .utf8)
      #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count - 1 < 100)
    }
  }

  @Test(
    "the kits draw one recording alike",
    .enabled(if: Kit.allCases.allSatisfy(\.isReady), "needs all kits"))
  func plots() async throws {
    let folder = TestFolder()
    let name = folder.file("one")
    let run = try await Program.run(
      "record", "--sim", "--quiet", "--duration", "2", "--into", "\(name).sqlite")
    #expect(run.status == 0)
    var plots: Set<String> = []
    for kit in Kit.allCases {
      let ending = try await kit.start("record", [name]).end()
      #expect(ending.status == 0 && ending.errors == "", "\(ending.errors)")
      plots.insert(try String(contentsOfFile: "\(name).svg", encoding: .utf8))
    }
    #expect(plots.count == 1)
  }
}

extension Kit {
  /// What it prints follows from the lines it was given, also over a venue's breakdown.
  fileprivate func checkBest() async throws {
    let folder = TestFolder()
    let (gateway, told) = (folder.file("perpwire"), folder.file("told"))
    // Written by another process: nobody may still have it open when it is run.
    let script = #"printf '#!/bin/sh\n%s "$@" | tee %s\n' '\#(Program.path)' '\#(told)'"#
    #expect(try await Shell.run("\(script) > \(gateway); chmod +x \(gateway)").status == 0)
    let options = ["--sim", "--quiet", "--fault", "abort@300ms"]
    let program = try Program(
      ["-c", #""$@" | head -n 20"#, "sh"] + command("best").split(separator: " ").map(String.init)
        + ["BTC", "paradex", "lighter"] + options,
      of: "/bin/sh", environment: ["PERPWIRE": gateway])
    let ending = await program.end()
    #expect(ending.status == 0 && ending.errors == "", "\(ending.errors)")
    #expect(ending.lines.count == 20)
    let wrong = try await start("best", ["NOPE", "paradex", "lighter", "--sim"]).end()
    #expect([1, 64].contains(wrong.status) && wrong.errors.contains("has no market NOPE"))
    try BestOfTwo.check(ending.lines, of: String(contentsOfFile: told, encoding: .utf8))
  }

  fileprivate func checkRecord() async throws {
    let folder = TestFolder()
    let name = folder.file("minute")
    let options = ["--sim", "--quiet", "--duration", "2"]
    let ending = try await start(
      "record", [name, "paradex:BTC", "lighter:BTC"] + options
    ).end()
    #expect(ending.status == 0 && ending.errors == "", "\(ending.errors)")
    #expect(ending.lines.count == 1 && ending.output.hasPrefix("\(name).svg: "))
    let svg = try XMLDocument(
      xmlString: String(contentsOfFile: "\(name).svg", encoding: .utf8), options: [])
    let root = try #require(svg.rootElement())
    #expect(
      root.elements(forName: "text").dropFirst().map(\.stringValue) == [
        "lighter BTC-USDC-PERP", "paradex BTC-USD-PERP",
      ])
    let lines = root.elements(forName: "polyline").map { line -> [[Int]] in
      let points = line.attributes?.first { $0.name == "points" }?.stringValue ?? ""
      return points.split(separator: " ").map { point in
        point.split(separator: ",").compactMap { Int($0) }
      }
    }
    let counts = try await Shell.run(
      """
      sqlite3 '\(name).sqlite' 'WITH bounds AS
        (SELECT min(recv_ts) AS t0, max(recv_ts) AS t1 FROM bbo)
        SELECT count(DISTINCT (recv_ts - t0) * 600 / (t1 - t0)) FROM bbo, bounds
        GROUP BY venue ORDER BY venue'
      """)
    #expect(lines.map { "\($0.count)" } == counts.lines && lines.allSatisfy { $0.count > 10 })
    let points = lines.flatMap(\.self)
    #expect(points.allSatisfy { $0.count == 2 && (0...200).contains($0[1]) })
    #expect(points.map { $0[0] }.min() == 0 && points.map { $0[0] }.max() == 600)
    for line in lines { #expect(line.map { $0[0] } == line.map { $0[0] }.sorted()) }
    let again = try await start("record", [name, "paradex:BTC", "--sim"]).end()
    #expect(again.status != 0, "a recording must not be overwritten")
  }
}

/// The recipe `best`, done again.
private enum BestOfTwo {
  /// `paradex 91000.5  lighter 91000.7  -0.02 bp`
  struct Told: Equatable {
    var cells: [String]

    init?(_ text: String) {
      cells = text.split(separator: " ").map(String.init)
      guard cells.count == 6, cells[5] == "bp" else { return nil }
    }

    /// Where two are alike, either may be told.
    func holds(_ quotes: [String: Line]) -> Bool {
      let bids = quotes.values.compactMap { $0["bid"].flatMap(Double.init) }
      let asks = quotes.values.compactMap { $0["ask"].flatMap(Double.init) }
      guard quotes[cells[0]]?["bid"] == cells[1], quotes[cells[2]]?["ask"] == cells[3],
        let bid = bids.max(), let ask = asks.min(), let edge = Double(cells[4])
      else { return false }
      return Double(cells[1]) == bid && Double(cells[3]) == ask
        && abs(edge - (bid / ask - 1) * 10_000) < 0.006
    }
  }

  static func check(_ lines: [String], of told: String) throws {
    var rest = try lines.map { try #require(Told($0), "\($0)") }[...]
    var quotes: [String: Line] = [:]
    var last: Told?
    var losses = 0
    for text in told.split(separator: "\n") where !rest.isEmpty {
      guard let line = try? Line(String(text)), let venue = line["venue"] else { continue }
      if line.type == "bbo" {
        quotes[venue] = line.flags.isEmpty && line["bid"] != nil && line["ask"] != nil ? line : nil
      } else if line.type == "stream", line["state"] != "live" {
        if quotes.removeValue(forKey: venue) != nil { losses += 1 }
      }
      guard quotes.count == 2 else { continue }
      if let next = rest.first, next.holds(quotes) {
        last = rest.removeFirst()
      } else if last?.holds(quotes) != true {
        Issue.record("after \(text) came \(String(describing: rest.first?.cells))")
        return
      }
    }
    #expect(rest.isEmpty && losses > 0)
  }
}

import Foundation
import Testing

/// Everything that the real programs leave behind, looked through for what they were told in
/// confidence. (D-39)
@Suite("Secrets processes", .serialized) struct SecretsProcessTests {
  private static let telegram = "8215703:made-up-Telegram-Zq7x"
  private static let lark = "made-up-Lark-9fK2m"
  /// Of venues, as the console takes them; an address is none.
  private static let credentials = [
    "paradex": ["l2_private_key": "0x05f3c1e77ab4d2960b8812fe3391d0c4e5a6"],
    "grvt": [
      "api_key": "made-up-Api-Key-4411", "api_secret": "made-up-Api-Secret-Xy77",
      "private_key": "0x" + String(repeating: "9e1f04c7", count: 8),
    ],
  ]

  /// The forms in which a secret could come out: as it is, in hex, in base64, and reversed.
  private static func forms(of secret: String) -> [String] {
    let hex = Data(secret.utf8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let base64 = Data(secret.utf8).base64EncodedString()
    let digits = secret.hasPrefix("0x") ? String(secret.dropFirst(2)) : secret
    return [
      digits, digits.uppercased(), hex, hex.uppercased(), base64,
      base64.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_"),
      String(base64.prefix { $0 != "=" }.dropLast()), String(digits.reversed()),
      digits.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? digits,
    ]
  }

  private static func leaks(_ secrets: [String], in places: [String: String]) -> [String] {
    places.flatMap { place, text in
      secrets.flatMap(forms).filter { text.contains($0) }.map { "\(place): \($0)" }
    }
  }

  private static func files(in folder: URL) throws -> [String: String] {
    var texts: [String: String] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    where !name.hasPrefix("credentials/") {
      let data = FileManager.default.contents(atPath: folder.appending(path: name).path)
      texts[name] = data.map { String(decoding: $0, as: UTF8.self) }
    }
    return texts
  }

  @Test("D-39 what is looked for would be found")
  func forms() {
    let secret = "0x05f3c1e77ab4d2960b8812fe3391d0c4e5a6"
    for leak in [
      "key=\(secret)", "5F3C1E77AB4D2960B8812FE3391D0C4E5A6",
      "6a5e4c0d1933ef2188b0692d4ba77e1c3f50",
      Data(secret.utf8).base64EncodedString(),
    ] {
      let leaks = Self.leaks([secret], in: ["log": "a line with 0\(leak) in it"])
      #expect(!leaks.isEmpty, "\(leak)")
    }
    #expect(Self.leaks([secret], in: ["log": "****e5a6"]).isEmpty)
  }

  @Test("D-39 no secret is in files, answers, notifications, or what is said")
  func silence() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let service = try LocalService()
    defer { service.stop() }
    let base = "http://127.0.0.1:\(service.port)"
    let environment = [
      "TELEGRAM_BASE_URL": base, "TELEGRAM_BOT_TOKEN": Self.telegram, "TELEGRAM_GROUP_ID": "7",
      "LARK_BASE_URL": "\(base)/hook/", "LARK_TOKEN": Self.lark,
    ]
    let port = try LocalClient.freePort()
    let console = try RunningProcess(
      "perpbot",
      [
        "zarb", "serve", "--web-port", "\(port)", "--symbols", "BTC-PERP", "--min-samples", "5",
        "--gateway", "perpwire serve --stdio --sim --venues paradex,grvt --log-level debug",
      ], in: folder, environment: environment)
    #expect(console.wait(toSay: "?token="), "\(console.said)")
    let token = String(
      console.said.components(separatedBy: "?token=").last?.prefix { $0.isHexDigit } ?? "")
    var places = try use(port, token)
    // This one has something to tell people.
    let hedge = try RunningProcess(
      "perpbot",
      [
        "hedge", "run", "--margin", "90000", "--gateway",
        "perpwire serve --stdio --sim --venues paradex,lighter",
      ], in: folder, environment: environment)
    #expect(hedge.end() == 1, "\(hedge.said)")
    console.signal(SIGTERM)
    #expect(console.end() == 0, "\(console.said)")
    #expect(!service.received.isEmpty)
    // The path has the token: so these services want it.
    for (index, request) in service.received.enumerated() {
      places["notification \(index)"] = request.body
    }
    places.merge(try Self.files(in: folder)) { $1 }
    #expect(places.keys.contains { $0.hasSuffix("activity.log") })
    #expect(places.keys.contains { $0.hasSuffix(".sqlite") || $0.hasSuffix(".db") })
    let secrets = [Self.telegram, Self.lark] + Self.credentials.values.flatMap(\.values)
    #expect(Self.leaks(secrets, in: places) == [])
    // The console's own is said once, to whoever started it.
    #expect(Self.leaks([token], in: places.filter { !$0.key.hasSuffix(".err") }) == [])
  }

  /// Keeps credentials, wrong ones as well, and asks for all there is to be seen.
  private func use(_ port: UInt16, _ token: String) throws -> [String: String] {
    var answers: [String: String] = [:]
    func ask(_ method: String, _ path: String, _ body: String? = nil) {
      answers["\(method) \(path) \(answers.count)"] = LocalClient.ask(
        port, method, path, token: token, body: body)
    }
    let kept = String(decoding: try JSONEncoder().encode(Self.credentials), as: UTF8.self)
    ask("POST", "/api/credentials", kept)
    ask("POST", "/api/credentials/validate", kept)
    ask("POST", "/api/credentials", kept.replacingOccurrences(of: "0x", with: "0xzz"))
    ask("POST", "/api/credentials", String(kept.dropLast(3)))
    ask("POST", "/api/engine/start", "{}")
    for path in [
      "/api/credentials/status", "/api/status", "/api/symbols", "/api/events", "/api/config",
      "/api/performance", "/api/history?symbol=BTC-PERP", "/api/market/warmup-status", "/trade",
    ] { ask("GET", path) }
    ask("POST", "/api/engine/stop", "{}")
    #expect(answers.values.contains { $0.contains("****") })
    return answers
  }
}

import PerpCore
import PerpCrypto
import PerpVenue
import Testing

@testable import Lighter
@testable import PerpSim

/// The numbers of transactions: strictly in order, whatever happens.
@Suite struct LighterNonceTests {
  private let request = OrderRequest.place(ClientOrderID("a")!)

  @Test("one at a time; a number is used by what is taken, and by nothing else")
  func line() {
    var line = LighterNonceLine()
    #expect(line.mustAsk && !line.isFree)
    #expect(line.reserve(for: request, tag: 1) == nil)
    line.learn(7)
    #expect(line.isFree && line.reserve(for: request, tag: 1) == 7)
    #expect(line.reserve(for: request, tag: 2) == nil, "one is under way")
    line.release()
    #expect(line.reserve(for: request, tag: 3) == 7)
    line.use()
    #expect(line.reserve(for: request, tag: 4) == 8)
    line.doubt()
    #expect(line.mustAsk)
    line.learn(7)
    #expect(line.next == 8, "a server that lags behind is not believed")
    _ = line.reserve(for: request, tag: 5)
    line.refute()
    line.learn(7)
    #expect(line.next == 7, "after a refusal it is")
  }

  @Test("many at once have numbers without a gap, none is refused", arguments: [100, 500])
  func many(count: Int) throws {
    var desk = try LighterDesk.live()
    for number in 0..<count {
      desk.place("o\(number)", .buy, at: desk.price(.buy, -100 - number))
    }
    try desk.wait(seconds: 20) { desk in
      (0..<count).allSatisfy { desk.status("o\($0)") == "open" }
    }
    #expect(desk.nonces == Array(722..<Int64(722 + count)))
    #expect(desk.sent.count { $0.contains("jsonapi/sendtx") } == count)
    #expect(desk.errors == [])
  }

  @Test("a cancel goes before the orders that wait; of one that waits nothing leaves")
  func precedence() throws {
    var desk = try LighterDesk.live()
    desk.place("old", .buy, at: desk.price(.buy, -100))
    try desk.wait { $0.status("old") == "open" }
    for number in 0..<30 { desk.place("o\(number)", .buy, at: desk.price(.buy, -200)) }
    desk.cancel("old")
    desk.cancel("o29")
    #expect(desk.status("o29") == "rejected cancelled_unsent")
    try desk.wait { $0.status("old") == "cancelled" && $0.status("o28") == "open" }
    let types = desk.sent.filter { $0.contains("jsonapi/sendtx") }
      .map { $0.contains(#""tx_type":15"#) ? "cancel" : "place" }
    #expect(types[2] == "cancel", "\(types)")
    #expect(types.count { $0 == "cancel" } == 1)
    #expect(desk.atVenue("o29").isEmpty)
  }

  @Test("a number that somebody else used is refused, asked for, and the order goes once more")
  func refused() throws {
    var desk = try LighterDesk.live()
    desk.skipNonces(3)
    desk.place("a", .buy, at: desk.price(.buy, -100))
    try desk.wait { $0.status("a") == "open" }
    #expect(desk.atVenue("a").count == 1)
    #expect(desk.nonces == [725])
    #expect(desk.sent.count { $0.contains("jsonapi/sendtx") } == 2)
    #expect(desk.changes("a") == ["pending_new pending", "new open"])
  }

  @Test("a number that is refused again ends the order")
  func refusedAgain() throws {
    var desk = try LighterDesk.live()
    desk.skipNonces(1)
    desk.place("a", .buy, at: desk.price(.buy, -100))
    // Whoever it is goes on.
    for _ in 0..<2_000 where desk.order("a")?.status == .pending {
      desk.run(milliseconds: 1)
      if desk.nextNonce == 723 || desk.sent.count(where: { $0.contains("sendtx") }) == 2 {
        desk.skipNonces(1)
      }
    }
    #expect(desk.status("a") == "rejected nonce")
    #expect(desk.order("a")?.venueCode == "21104")
    #expect(desk.atVenue("a").isEmpty)
    // And the next order is none the worse for it.
    desk.place("b", .buy, at: desk.price(.buy, -100))
    try desk.wait { $0.status("b") == "open" }
  }

  @Test("what cannot be signed uses no number")
  func unsigned() throws {
    var desk = try LighterDesk.live()
    // More than the 32 bits a price has.
    desk.place("a", .buy, at: Decimal(600_000_000))
    try desk.wait { $0.status("a") == "rejected malformed" }
    #expect(desk.order("a")?.evidence == .notSent)
    desk.place("b", .buy, at: desk.price(.buy, -100))
    try desk.wait { $0.status("b") == "open" }
    #expect(desk.nonces == [722])
  }

  @Test("a session that is stopped in the midst of a request can be started again")
  func restarted() throws {
    var desk = try LighterDesk.live()
    desk.place("a", .buy, at: desk.price(.buy, -100))
    desk.pair.stop()
    desk.run(seconds: 1)
    desk.pair.tellSession(.start)
    try desk.wait { $0.status("a") == "open" }
    desk.place("b", .buy, at: desk.price(.buy, -100))
    try desk.wait { $0.status("b") == "open" }
    #expect(desk.nonces == [722, 723])
  }

  @Test("where the number cannot be had the order is not sent")
  func unavailable() throws {
    var desk = try LighterDesk.live()
    desk.next { ($0.takesEffect, $0.answer) = (false, .none) }
    desk.place("a", .buy, at: desk.price(.buy, -100))
    desk.place("b", .buy, "0.50", at: Decimal(1_000), on: Lighter.descriptor.perpetual("ETH")!)
    desk.run(milliseconds: 500)
    // The key is gone: nobody can tell the number any more.
    let key = desk.simulator.accounts[0].keys
    desk.simulator.accounts[0].keys = [:]
    try desk.wait(seconds: 10) { $0.status("b") == "rejected not_sent_in_time" }
    desk.simulator.accounts[0].keys = key
    #expect(desk.atVenue("b").isEmpty)
  }

  // MARK: Signatures

  /// What a session signs, and a simulator that takes it.
  private func signed() throws -> (simulator: LighterSimulator, text: String, at: Moment) {
    var desk = try LighterDesk.live()
    let before = desk.simulator
    desk.place("a", .buy, at: desk.price(.buy, -100), isPostOnly: true)
    let now = desk.pair.now
    let message = try #require(desk.sent.first { $0.contains("jsonapi/sendtx") })
    let start = try #require(message.range(of: #""tx_info":"#))
    return (before, String(message[start.upperBound...].dropLast(2)), now)
  }

  @Test("the venue takes what was signed, and nothing with another digit anywhere")
  func digits() throws {
    let (simulator, text, now) = try signed()
    func submit(_ text: [UInt8]) -> Result<String, LighterSimulatorRefusal> {
      var copy = simulator
      var told = LighterSimulator.Told()
      do throws(LighterSimulatorRefusal) {
        return .success(try copy.submit(type: 14, text, at: now, into: &told))
      } catch { return .failure(error) }
    }
    let bytes = Array(text.utf8)
    guard case .success = submit(bytes) else {
      Issue.record("what was signed is refused: \(submit(bytes))")
      return
    }
    // Every digit of every member, and every letter of the signature.
    let from = text.range(of: #""Sig":""#)!.upperBound.utf16Offset(in: text)
    let attributes = text.range(of: #""L2TxAttributes""#)!.lowerBound.utf16Offset(in: text)
    var tried = 0
    for place in bytes.indices where place < attributes {
      var changed = bytes
      let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place])
      if place >= from, place < from + 106 {
        changed[place] = bytes[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      } else if isDigit, place < from {
        changed[place] = bytes[place] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
      } else {
        continue
      }
      tried += 1
      if case .success = submit(changed) {
        Issue.record("taken with another \(place): \(String(decoding: changed, as: UTF8.self))")
      }
    }
    #expect(tried > 150)
  }

  @Test("each bit of signature, key and message counts")
  func bits() throws {
    let (_, text, _) = try signed()
    let transaction = try LighterSimulatorTransaction(
      type: 14, Array(text.utf8), chainID: LighterSimulator.chainID)
    let key = try SchnorrPrivateKey(hex: LighterSimulatedAccount.secrets["private_key"]!).publicKey
    #expect(transaction.isSigned(by: key))
    for bit in stride(from: 0, to: 320, by: 13) {
      var bytes = key.littleEndianBytes
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      if let other = GFp5(littleEndian: bytes) { #expect(!transaction.isSigned(by: other)) }
    }
    let elsewhere = try LighterSimulatorTransaction(type: 14, Array(text.utf8), chainID: 300)
    #expect(!elsewhere.isSigned(by: key), "another chain")
  }

  @Test("a token of another account, of another time or with another digit opens nothing")
  func tokens() throws {
    let desk = try LighterDesk.live()
    let signer = try LighterTrading(
      TradingOptions(
        account: LighterDesk.account, endpoints: Endpoints(ws: "", rest: ""), seed: 1,
        secrets: LighterSimulatedAccount.secrets.mapValues { Secret($0) }, now: desk.pair.now)
    ).signer
    let (simulator, now) = (desk.simulator, desk.pair.now)
    func opens(_ token: String) -> Bool {
      (try? simulator.account(for: token, at: now)) != nil
    }
    let seconds = now.wall / 1_000_000
    let token = signer.token(deadline: seconds + 600)
    #expect(opens(token))
    #expect(!opens(signer.token(deadline: seconds + 8 * 3_600 + 1)))
    #expect(!opens(signer.token(deadline: seconds - 1)))
    for place in stride(from: 0, to: token.utf8.count, by: 5) {
      var bytes = Array(token.utf8)
      bytes[place] = bytes[place] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
      #expect(!opens(String(decoding: bytes, as: UTF8.self)))
    }
  }

  @Test("a key that is not the account's is told, and how to mend it")
  func credentials() throws {
    var desk = try LighterDesk(secrets: [
      "private_key": String(repeating: "11", count: 39) + "00"
    ])
    desk.pair.start()
    desk.run(seconds: 5)
    #expect(desk.errors.first?.contains("not that of slot 4 of account 516") == true)
    var other = try LighterDesk(secrets: ["api_key_index": "7"])
    other.pair.start()
    other.run(seconds: 5)
    #expect(other.errors.first?.contains("no key in slot 7") == true)
    #expect(throws: TradingProblem.self) { try LighterDesk(secrets: ["account_index": "mine"]) }
  }
}

extension LighterDesk {
  /// Another process with the same key signs so many transactions.
  mutating func skipNonces(_ count: Int64) {
    simulator.accounts[0].keys[LighterSimulatedAccount.apiKey]!.nonce += count
  }
}

import Bot
import PerpCore
import Testing

/// Rows S3-47 and S3-48.
@Suite("What is held") struct InventoryTests {
  private static let second = Nanoseconds.seconds(1)

  private func fill(
    _ size: String, _ side: String = "buy", id: String = "t1", at time: Int64? = nil
  )
    throws -> FillLine
  {
    let stamp = time.map { #","ts":\#($0)"# } ?? ""
    let text =
      #"{"venue":"paradex","symbol":"BTC-USD-PERP","trade_id":"\#(id)","side":"\#(side)","#
      + #""price":"97000","size":"\#(size)"\#(stamp)}"#
    return try #require(FillLine(try JSONFields(Array(text.utf8).span.bytes)))
  }

  private func word(_ size: String, at time: Int64? = nil) -> PositionLine {
    var line = PositionLine(Listing("paradex", Symbol("BTC-USD-PERP")!), decimal(size))
    line.time = time
    return line
  }

  @Test("S3-47 the average is weighted, and a close realises the way from it")
  func average() {
    var inventory = Inventory()
    inventory.note(.buy, decimal("0.0003"), at: Decimal(97_000))
    inventory.note(.buy, decimal("0.0003"), at: Decimal(96_990))
    #expect(inventory.average == Decimal(96_995))
    #expect(inventory.unrealised(at: Decimal(97_000)) == decimal("0.003"))
    #expect(inventory.note(.sell, decimal("0.0006"), at: Decimal(97_005)) == decimal("0.006"))
    #expect(inventory.size == .zero && inventory.average == .zero)
    #expect(inventory.realised == decimal("0.006"))
  }

  @Test("S3-47 a flip realises what it closes, and begins anew at its price")
  func flip() {
    var inventory = Inventory()
    inventory.note(.buy, decimal("0.0003"), at: Decimal(97_000))
    #expect(inventory.note(.sell, decimal("0.0006"), at: Decimal(97_010)) == decimal("0.003"))
    #expect(inventory.size == decimal("-0.0003") && inventory.average == Decimal(97_010))
    #expect(inventory.unrealised(at: Decimal(97_000)) == decimal("0.003"))
    #expect(inventory.note(.buy, decimal("0.0001"), at: Decimal(97_020)) == decimal("-0.001"))
    #expect(inventory.average == Decimal(97_010) && inventory.realised == decimal("0.002"))
  }

  @Test("S3-48 a position and its execution count once, in either order")
  func onceOnly() throws {
    for isWordFirst in [true, false] {
      var truth = PositionTruth()
      if isWordFirst { truth.note(word("0.0003"), at: 0) }
      #expect(try truth.note(fill("0.0003"), at: 10) == .zero)
      if !isWordFirst { truth.note(word("0.0003"), at: 20) }
      #expect(truth.inventory.size == decimal("0.0003"))
      #expect(truth.reconcile(at: Decimal(97_000), 60 * Self.second) == nil)
    }
  }

  @Test("S3-48 a difference that stays is corrected, and its executions are not added then")
  func correction() throws {
    var truth = PositionTruth()
    truth.note(word("0.0005", at: 1_000), at: 0)
    #expect(truth.reconcile(at: Decimal(97_000), Self.second) == nil)
    // The same word again does not begin the time anew.
    truth.note(word("0.0005", at: 1_100), at: Self.second)
    #expect(truth.reconcile(at: Decimal(97_000), 2 * Self.second) == decimal("0.0005"))
    #expect(truth.inventory.average == Decimal(97_000))
    #expect(try truth.note(fill("0.0003", at: 900), at: 3 * Self.second) == nil)
    #expect(truth.inventory.size == decimal("0.0005"))
    // That one is new: it happened after the word, and may well be of the same size.
    #expect(try truth.note(fill("0.0002", at: 1_200), at: 4 * Self.second) == .zero)
    #expect(truth.inventory.size == decimal("0.0007"))
    #expect(try truth.note(fill("0.0001", "sell", at: 800), at: 5 * Self.second) != nil)
  }

  @Test("S3-48 a word from before an execution corrects nothing")
  func oldWord() throws {
    var truth = PositionTruth()
    truth.note(word("0", at: 500), at: 0)
    _ = try truth.note(fill("0.0003", at: 900), at: Self.second)
    #expect(truth.reconcile(at: Decimal(97_000), 9 * Self.second) == nil)
    truth.note(word("0", at: 950), at: 9 * Self.second)
    #expect(truth.reconcile(at: Decimal(97_000), 12 * Self.second) == decimal("-0.0003"))
    #expect(truth.inventory.size == .zero)
  }
}

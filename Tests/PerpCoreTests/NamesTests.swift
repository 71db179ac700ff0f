import PerpCore
import Testing

@Suite("Names")
struct NamesTests {
  @Test("short text holds 39 bytes and orders as bytes do")
  func shortText() {
    #expect(ShortText(String(repeating: "x", count: 39))?.count == 39)
    #expect(ShortText(String(repeating: "x", count: 40)) == nil)
    #expect(ShortText("")?.isEmpty == true)
    let uuid = "0f8d3b52-6c1e-4f0a-9d27-5be1c0a4e913"
    #expect(ShortText(uuid)?.string == uuid)
    var random = Random(seed: 31)
    let letters = ["a", "b", "\u{0}", "é"]
    let texts = (0..<300).map { _ in
      (0..<random.below(20)).map { _ in letters[random.below(4)] }.joined()
    }
    for left in texts {
      #expect(ShortText(left)?.string == left)
      for right in texts {
        let (a, b) = (ShortText(left)!, ShortText(right)!)
        #expect((a < b) == Array(left.utf8).lexicographicallyPrecedes(Array(right.utf8)))
        #expect((a == b) == (left == right))
      }
    }
  }

  @Test("an index finds names where a dictionary would")
  func index() {
    var random = Random(seed: 32)
    var index = NameIndex()
    var model: [ShortText: Int] = [:]
    let names = (0..<600).map { _ in
      ShortText((0..<random.below(30)).map { _ in ["A", "B", "-"][random.below(3)] }.joined())!
    }
    for place in 0..<3_000 {
      let (taken, asked) = (names[random.below(names.count)], names[random.below(names.count)])
      #expect(index[asked] == model[asked])
      guard place % 4 == 0 else { continue }
      index.insert(taken, at: place)
      model[taken] = place
    }
    for name in names { #expect(index[name] == model[name]) }
  }

  @Test(
    "symbols have three parts", arguments: ["BTC-USD-PERP", "kPEPE-USDC-PERP", "1000X-USD.E-PERP"])
  func symbols(text: String) {
    #expect(Symbol(text)?.description == text)
  }

  @Test(
    "what is no symbol is refused",
    arguments: [
      "", "BTC", "BTC-USD", "-USD-PERP", "BTC--PERP", "BTC-USD-SPOT", "BTC-USD-PERP-",
      "BTC-USD-perp",
      "BT C-USD-PERP", "BTC/USD-X-PERP", "BTÇ-USD-PERP", "BTC-USD-PERP\n", "\"-USD-PERP",
      "ABCDEFGHIJKLMNOPQRSTUVWXYZ1234-USDC-PERP",
    ])
  func noSymbols(text: String) {
    #expect(Symbol(text) == nil)
  }

  @Test("a symbol knows its base")
  func base() { #expect(Symbol("kPEPE-USDC-PERP")?.base == "kPEPE") }

  @Test("venues with the same name are the same venue")
  func venues() {
    let (one, other) = (VenueID("paradex"), VenueID("paradex"))
    #expect(one == other && one.hashValue == other.hashValue)
    #expect(one != VenueID("paradox") && one != VenueID("para"))
  }
}

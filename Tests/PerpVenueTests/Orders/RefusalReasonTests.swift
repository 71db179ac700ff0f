import PerpVenue
import Testing

@Suite("Words for refusals")
struct RefusalReasonTests {
  private typealias Script = TrackerScript

  @Test(
    "a venue's code has a word, and what stands before a venue has one too",
    arguments: [
      ("MARGIN", "no_margin"), ("HTTP_429", "rate_limited"), ("HTTP_418", "rate_limited"),
      ("HTTP_401", "auth"), ("HTTP_403", "venue_down"), ("HTTP_400", "refused"), ("X", "refused"),
    ])
  func words(code: String, word: String) {
    var script = Script {
      $0.definiteRefusals.insert(code)
      $0.refusalReasons = OrderRefusal.reasons([.noMargin: ["MARGIN"]])
    }
    _ = script.tell(.place(Script.intent("c")))
    let told = script.tell(
      .answered(
        .place(Script.id("c")), .refused(code: code, message: "no", evidence: .restOrder)))
    #expect(told.contains("order c rejected rejected 0 \(word) by rest_order"), "\(told)")
  }
}

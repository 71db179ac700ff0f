import Foundation
import Testing

/// `perpwire sign`: what an order would be signed as.
@Suite(.ownThread) struct SignTests {
  private static func order(_ id: String, size: String = "0.01", more: String = "") -> String {
    #"{"id":"\#(id)","method":"order.place","params":{"symbol":"BTC","client_id":"\#(id)","#
      + #""side":"buy","order_type":"limit","price":"60000","size":"\#(size)"\#(more)}}"#
  }

  @Test(
    arguments: [
      ("paradex", ""), ("grvt", ""), ("lighter", ""), ("edgex", "generation=v2"),
      ("edgex", "generation=v1"),
    ])
  func everyStepIsShownAndTheSignatureIsRight(venue: String, setting: String) async throws {
    let lines = [
      Self.order("a", more: #","venue":"\#(venue)""#),
      Self.order("b", size: "0.000000000001", more: #","venue":"\#(venue)""#),
      #"{"id":"c","method":"ping"}"#,
    ]
    let orders = try TemporaryFile(Array(lines.joined(separator: "\n").utf8))
    let settings = ["--set", "--sim-set"].flatMap { [$0, "\(venue).\(setting)"] }
    let run = try await Program(
      ["sign", venue, "--sim"] + (setting.isEmpty ? [] : settings), input: .file(orders.path)
    ).end()
    #expect(run.status == 65, "two of three cannot be signed")
    let answers = try run.lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) }
      .compactMap { $0 as? [String: Any] }
    try #require(answers.count == 3, "\(run.errors)")
    let steps = try #require(answers[0]["steps"] as? [[String: Any]])
    #expect(steps.count > 3 && steps.last?["name"] as? String == "signature")
    #expect(steps.allSatisfy { $0["value"] != nil || $0["values"] != nil })
    #expect(answers[0]["verified"] as? Bool == true)
    let request = try #require(answers[0]["request"] as? [String: Any])
    let sent = (request["body"] ?? request["message"]) as? String ?? ""
    let signature = (steps.last?["values"] as? [String])?[0] ?? steps.last?["value"] as? String
    #expect(signature.map { sent.contains($0) } == true, "the signature is in the request")
    func reason(_ answer: [String: Any]) -> String? {
      ((answer["error"] as? [String: Any])?["data"] as? [String: Any])?["reason"] as? String
    }
    #expect(reason(answers[1]) == "bad_lot")
    #expect(reason(answers[2]) == "unsupported")
  }
}

import PerpCore
import Testing
import VenueTesting

@testable import Paradex

/// Every frame of `paradex-sbe.json` against the integers on the wire and the values that another
/// decoder made of them.
@Suite struct BinaryFrames {
  @Test("every frame decodes to its values, every malformed one is refused")
  func allCases() throws {
    let cases =
      try JSONTree(TestFiles.read(TestFiles.vectors("paradex-sbe.json")))["cases"]?.elements ?? []
    #expect(!cases.isEmpty)
    var counts: [String: (decoded: Int, refused: Int)] = [:]
    for vector in cases {
      let vector = FrameVector(vector)
      let bytes = try #require(vector.bytes, "\(vector.name): frame_hex")
      do throws(ParadexFrame.Failure) {
        let fields = try FrameFields(bytes)
        #expect(!vector.isMalformed, "\(vector.name) must be refused")
        if !vector.isMalformed { vector.check(fields) }
        counts[Self.name(of: fields.template), default: (0, 0)].decoded += 1
      } catch {
        #expect(vector.isMalformed, "\(vector.name): \(error)")
        #expect(error == vector.failure ?? error, "\(vector.name)")
        counts[Self.name(of: error), default: (0, 0)].refused += 1
      }
    }
    let rows = counts.sorted { $0.key < $1.key }.map {
      [$0.key, String($0.value.decoded), String($0.value.refused)]
    }
    printTable(
      "\(cases.count) frames of \(TestFiles.vectors("paradex-sbe.json").lastPathComponent)",
      [["template", "decoded", "refused"]] + rows)
  }

  private static func name(of template: ParadexFrame.Template) -> String {
    "\(template.rawValue < 10 ? " " : "")\(template.rawValue) \(template)"
  }

  private static func name(of failure: ParadexFrame.Failure) -> String { "- \(failure)" }
}

/// One case: a frame with what it must be read as.
private struct FrameVector {
  let tree: JSONTree
  let name: String

  init(_ tree: JSONTree) {
    self.tree = tree
    name = "\(tree["id"]?.text ?? "?") \(tree["label"]?.text ?? "")"
  }

  var isMalformed: Bool {
    guard let error = tree["expect"]?["error"] else { return false }
    return error != .null && error != .bool(false)
  }

  var bytes: [UInt8]? {
    guard let digits = tree["frame_hex"]?.text.map({ Array($0.utf8) }), digits.count % 2 == 0
    else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16) ?? 0
    }
  }

  /// The failure that the first bytes of a malformed frame call for; nil where any will do.
  var failure: ParadexFrame.Failure? {
    guard let bytes, bytes.count >= 8 else { return .shorterThanHeader }
    func word(_ index: Int) -> UInt16 { UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8 }
    if word(4) != 1 { return .schema(word(4)) }
    if bytes.count < 8 + Int(word(0)) { return .truncated }
    return ParadexFrame.Template(rawValue: word(2)) == nil ? .unknownTemplate(word(2)) : nil
  }

  func check(_ fields: FrameFields) {
    if let template = tree["template_id"]?.integer {
      #expect(Int128(fields.template.rawValue) == template, "\(name)")
    }
    let raw = tree["raw_fields"]?.members ?? [:]
    for (key, expected) in raw {
      guard let value = fields.values[key] else {
        Issue.record("\(name): we do not hold \(key)")
        continue
      }
      #expect(value.isRaw(expected, names(key, fields)), "\(name): \(key) is \(value)")
    }
    // What the frame does not have, we must not have invented.
    if !raw.isEmpty {
      for (key, value) in fields.values where raw[key] == nil {
        #expect(value.isAbsent, "\(name): \(key) is \(value)")
      }
    }
    check(fields.bids, tree["raw_bids"], mantissas: true)
    check(fields.asks, tree["raw_asks"], mantissas: true)
    check(fields, decoded: tree["expect"]?["decoded"]?.members ?? [:])
    if let channel = tree["expect"]?["channel"]?.text {
      let base = FrameNames.channels[fields.template] ?? "?"
      let market = raw["market"]?.text ?? ""
      #expect(channel == base || channel == "\(base).\(market)", "\(name)")
    }
  }

  private func names(_ key: String, _ fields: FrameFields) -> [UInt8: String]? {
    FrameNames.names(of: key, in: fields.template)
  }

  private func check(_ levels: [Level]?, _ expected: JSONTree?, mantissas: Bool) {
    guard let expected else { return }
    let pairs = expected.elements.map { pair in
      pair.elements.map { number -> Decimal? in
        guard mantissas else { return number.decimal }
        return number.integer.map { Decimal(mantissa: $0, scale: 8) }
      }
    }
    #expect(levels?.map { [$0.price, $0.size] } == pairs, "\(name)")
  }

  /// The other decoder's output: snake case, times cut to milliseconds, codes by name.
  private func check(_ fields: FrameFields, decoded: [String: JSONTree]) {
    guard !decoded.isEmpty else { return }
    check(fields.bids, decoded["bids"], mantissas: false)
    check(fields.asks, decoded["asks"], mantissas: false)
    var missing = Set(decoded.keys).subtracting(["bids", "asks"])
    for (key, value) in fields.values {
      if ["requestStatus", "requestType", "requestId", "requestMessage"].contains(key) { continue }
      let key = (plain: key, decoded: Self.decodedName(key))
      guard let expected = decoded[key.decoded] else { continue }
      missing.remove(key.decoded)
      if key.plain == "flags", case .code(let bits) = value {
        let expected = expected.isNull ? nil : expected.elements.compactMap(\.text)
        let names = bits.map { FrameNames.flags($0, in: fields.template) }
        #expect(names == expected, "\(name): flags")
      } else if key.plain == "size", fields.template == .position {
        #expect(Self.signedSize(fields) == expected.decimal, "\(name): size")
      } else {
        #expect(
          value.isDecoded(expected, names(key.plain, fields), isTime: Self.isTime(key.plain)),
          "\(name): \(key.decoded) is \(value), not \(expected)")
      }
    }
    if let request = decoded["request_info"] {
      missing.remove("request_info")
      checkRequest(fields, request)
    }
    #expect(missing.isEmpty, "\(name): we do not hold \(missing.sorted())")
  }

  private func checkRequest(_ fields: FrameFields, _ expected: JSONTree) {
    guard !expected.isNull else {
      guard case .text(let id)? = fields.values["requestId"] else { return }
      #expect((id ?? "").isEmpty, "\(name)")
      return
    }
    let keys = [
      "requestStatus": "status", "requestType": "request_type", "requestId": "id",
      "requestMessage": "message",
    ]
    for (key, member) in keys {
      guard let value = fields.values[key], let expected = expected[member] else {
        Issue.record("\(name): \(member)")
        continue
      }
      #expect(value.isDecoded(expected, names(key, fields), isTime: false), "\(name): \(member)")
    }
  }

  private static func signedSize(_ fields: FrameFields) -> Decimal? {
    guard case .decimal(let size?, _) = fields.values["size"],
      case .code(let side) = fields.values["side"]
    else { return nil }
    return side == 2 ? size.negated : size
  }

  private static func isTime(_ key: String) -> Bool {
    key == "ts" || key.hasSuffix("At") || key == "lastSeenNotification"
  }

  private static func decodedName(_ key: String) -> String {
    switch key {
    case "ts": "timestamp"
    case "seq": "seq_no"
    default:
      key.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }
  }
}

extension FrameFields.Value {
  var isAbsent: Bool {
    switch self {
    case .decimal(let value, _): value == nil
    case .integer(let value): value == nil
    case .text(let value): value == nil
    case .code(let value): value == nil
    }
  }

  /// Whether it is the integer or text on the wire; null stands for the smallest number.
  func isRaw(_ expected: JSONTree, _ names: [UInt8: String]?) -> Bool {
    switch self {
    case .decimal(let value, let scale):
      return value == expected.integer.map { Decimal(mantissa: $0, scale: scale) }
        && (value != nil || expected.isNull)
    case .integer(let value): return value == expected.integer
    case .text(let value): return value == expected.text
    case .code(let value):
      if let value { return Int128(value) == expected.integer }
      // Our structs do not keep codes beyond the enumeration.
      return expected.integer.map { names?[UInt8(truncatingIfNeeded: $0)] == nil } ?? false
    }
  }

  func isDecoded(_ expected: JSONTree, _ names: [UInt8: String]?, isTime: Bool) -> Bool {
    switch self {
    case .decimal(let value, _): return value == expected.decimal
    case .integer(let value):
      return (isTime ? value.map { $0 / 1_000 } : value) == expected.integer
    case .text(let value): return value == expected.text
    case .code(let value):
      guard let value else { return !(names?.values.contains(expected.text ?? "") ?? false) }
      guard let name = names?[value] else { return true }
      return expected.text == name
    }
  }
}

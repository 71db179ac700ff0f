import PerpCore
import Testing

@Suite("JSON reader")
struct JSONReaderTests {
  @Test("a message is read in the order it comes, and what is not wanted is skipped")
  func message() throws {
    let text =
      #" {"a":{"b":[1,{"c":null}]}, "pri\u0063e" : "1.50","size":2e1,"n":"7","#
      + #""raw":[ 1, "x" ],"on":true} "#
    var found: [String] = []
    try read(text) { json throws(JSONError) in
      try json.enterObject()
      while let key = try json.nextKey() {
        if key == "price" || key == "size" {
          found.append("\(try json.decimal())")
        } else if key == "n" {
          found.append("\(try json.integer())")
        } else if key == "raw" {
          found.append(String(copying: try json.raw()))
        } else if key == "on" {
          found.append("\(try json.bool())")
        } else {
          try json.skip()
        }
      }
      try json.finish()
    }
    #expect(found == ["1.50", "20", "7", #"[ 1, "x" ]"#, "true"])
  }

  @Test("a value of another type than asked for is refused where it stands")
  func types() {
    expect("  {}", .wrongType, at: 2) { json throws(JSONError) in _ = try json.string() }
    expect("[1,true]", .wrongType, at: 3) { json throws(JSONError) in
      try json.enterArray()
      while try json.nextElement() { _ = try json.number() }
    }
    expect("null", .wrongType, at: 0) { json throws(JSONError) in _ = try json.decimal() }
    expect("\"a\"", .wrongType, at: 0) { json throws(JSONError) in _ = try json.bool() }
    expect("[]", .wrongType, at: 0) { json throws(JSONError) in try json.enterObject() }
    expect("\"1.5\"", .outOfRange, at: 5) { json throws(JSONError) in _ = try json.integer() }
    expect("9223372036854775808", .outOfRange, at: 19) { json throws(JSONError) in
      _ = try json.integer()
    }
    expect("\"1,5\"", .outOfRange, at: 5) { json throws(JSONError) in _ = try json.decimal() }
  }

  @Test("null and the empty string may stand for no decimal")
  func optionalDecimals() throws {
    var found: [Decimal?] = []
    try read(#"[null, "", "1.0", 2]"#) { json throws(JSONError) in
      try json.enterArray()
      while try json.nextElement() { found.append(try json.optionalDecimal()) }
      try json.finish()
    }
    #expect(found == [nil, nil, Decimal(1), Decimal(2)])
  }

  @Test("a comma before the end is refused, whatever is asked for")
  func trailingCommas() {
    expect("[1,]", .syntax, at: 3) { json throws(JSONError) in
      try json.enterArray()
      while try json.nextElement() { _ = try json.decimal() }
    }
    expect("[1,]", .wrongType, at: 3) { json throws(JSONError) in
      try json.enterArray()
      while try json.nextElement() { _ = try json.number() }
    }
    expect(#"{"a":1,}"#, .syntax, at: 7) { json throws(JSONError) in
      try json.enterObject()
      while try json.nextKey() != nil { try json.skip() }
    }
  }

  @Test("64 containers within each other are read, 65 are not")
  func depth() throws {
    for (depth, refusal) in [(64, nil), (65, JSONError.Cause.tooDeep)] {
      let lists = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(JSONCase("lists", lists).refusal == refusal)
      let objects =
        String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
      #expect(JSONCase("objects", objects).refusal == refusal)
    }
  }

  @Test("a string says what it is as text, short text and decimal")
  func strings() throws {
    try read(#"["1.5","1\u002e5","\u0031\u003234567890123456789012345678901234567890"]"#) {
      json throws(JSONError) in
      try json.enterArray()
      _ = try json.nextElement()
      let plain = try json.string()
      #expect(plain.text == "1.5" && plain == "1.5" && plain.decimal == Decimal("1.5"))
      _ = try json.nextElement()
      let escaped = try json.string()
      let isSame = escaped == "1.5"
      #expect(escaped.shortText?.string == "1.5" && isSame && escaped.decimal == Decimal("1.5"))
      _ = try json.nextElement()
      #expect(try json.string().shortText == nil)
    }
  }
}

extension JSONReaderTests {
  private func read(
    _ text: String, _ body: (inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    let bytes = Array(text.utf8)
    let span = bytes.span
    var json = JSONReader(span.bytes)
    try body(&json)
  }

  private func expect(
    _ text: String, _ cause: JSONError.Cause, at offset: Int,
    location: SourceLocation = #_sourceLocation,
    _ body: (inout JSONReader) throws(JSONError) -> Void
  ) {
    do throws(JSONError) {
      try read(text, body)
      Issue.record("\(text) was read", sourceLocation: location)
    } catch {
      #expect(error.cause == cause && error.offset == offset, sourceLocation: location)
    }
  }
}

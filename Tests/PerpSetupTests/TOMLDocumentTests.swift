import Testing

@testable import PerpSetup

@Suite struct TOMLDocumentTests {
  private static func read(_ text: String) throws -> TOMLDocument {
    try TOMLDocument(Array(text.utf8))
  }

  @Test func everythingThereIs() throws {
    let document = try Self.read(
      """
      # A comment, "with" quotes
      top = 'as it \\ stands'   # and one behind
      [log]\r
      level = "debug"\t
      dotted . key = -1_000

      [ venue."a.b" ]
      text = "tab \\t quote \\" backslash \\\\ \\u00e9 \\U0001F600 é"
      "quoted key" = true
      none = []
      list = [ "a", # first
        'b',

      ]
      numbers = [1, -2]
      zero = 0
      off = false
      """)
    #expect(
      document.entries == [
        .init(path: ["top"], value: .string("as it \\ stands"), line: 2),
        .init(path: ["log", "level"], value: .string("debug"), line: 4),
        .init(path: ["log", "dotted", "key"], value: .integer(-1_000), line: 5),
        .init(
          path: ["venue", "a.b", "text"],
          value: .string("tab \t quote \" backslash \\ é 😀 é"), line: 8),
        .init(path: ["venue", "a.b", "quoted key"], value: .boolean(true), line: 9),
        .init(path: ["venue", "a.b", "none"], value: .strings([]), line: 10),
        .init(path: ["venue", "a.b", "list"], value: .strings(["a", "b"]), line: 11),
        .init(path: ["venue", "a.b", "numbers"], value: .integers([1, -2]), line: 15),
        .init(path: ["venue", "a.b", "zero"], value: .integer(0), line: 16),
        .init(path: ["venue", "a.b", "off"], value: .boolean(false), line: 17),
      ])
    #expect(
      document.tables == [
        .init(path: ["log"], line: 3), .init(path: ["venue", "a.b"], line: 7),
      ])
  }

  @Test(arguments: ["", "\n", "# only this", "[a]", "a=1", "[a]\n[a.b]\n[c]\n"])
  func littleIsFine(text: String) throws { _ = try Self.read(text) }

  @Test(arguments: [
    ("a = 1\nb", 2, "followed by ="),
    ("a = ", 1, "the value is no text"),
    ("\n\na = yes", 3, "the value is no text"),
    ("a = 1.5", 1, "the value is no text"),
    ("a = 1e3", 1, "the value is no text"),
    ("a = 0x10", 1, "the value is no text"),
    ("a = 007", 1, "the value is no text"),
    ("a = 1__0", 1, "the value is no text"),
    ("a = _1", 1, "the value is no text"),
    ("a = +-1", 1, "the value is no text"),
    ("a = 99999999999999999999", 1, "the value is no text"),
    ("a = 2026-11-21", 1, "the value is no text"),
    ("a = \"open", 1, "no end"),
    ("a = \"open\nb = 1", 1, "no end"),
    ("a = 'open", 1, "no end"),
    ("a = \"\\x41\"", 1, "\\ stands before"),
    ("a = \"\\u12\"", 1, "hexadecimal"),
    ("a = \"\\u+123\"", 1, "hexadecimal"),
    ("a = \"\\ud800\"", 1, "hexadecimal"),
    ("a = \"\\", 1, "\\ stands before"),
    ("a = \"\u{1}\"", 1, "control"),
    ("# \u{1}", 1, "control"),
    ("a = \"\"\"\nx\"\"\"", 1, "several lines"),
    ("a = '''x'''", 1, "several lines"),
    ("a = { b = 1 }", 1, "on one line"),
    ("[[a]]", 1, "lists of tables"),
    ("[a", 1, "ends with ]"),
    ("[a] b = 1", 1, "something follows"),
    ("[]", 1, "letters"),
    ("[a.]", 1, "letters"),
    ("= 1", 1, "letters"),
    ("a = 1 b = 2", 1, "something follows"),
    ("a = \"x\" \"y\"", 1, "something follows"),
    ("a = [\"x\" \"y\"]", 1, "commas"),
    ("a = [1, \"x\"]", 1, "texts in quotes"),
    ("a = [\"x\", 1]", 1, "texts in quotes"),
    ("a = [true]", 1, "texts in quotes"),
    ("a = [[1]]", 1, "the value is no text"),
    ("a = [\n\"x\",\n,]", 3, "the value is no text"),
    ("a = [\"x\"", 1, "commas"),
    ("a = 1\na = 2", 2, "line 1"),
    ("[a]\nb = 1\n[c]\n[a]", 4, "line 1"),
    ("a = 1\n[a]", 2, "set already"),
    ("a = 1\na.b = 2", 2, "line 1"),
    ("a.b = 1\na = 2", 2, "a table already"),
    ("a.b = 1\n[a]", 2, "set already"),
    ("[a.b]\n[a]\nb.c = 1", 3, "line 1"),
    ("[a]\n[a.b]\n[c]\n[a.b.c]\n[a]", 5, "line 1"),
    ("a = 1\r\nb = \"\r\n", 2, "no end"),
    ("a = 1\rb = 2", 1, "something follows"),
    ("\u{FEFF}a = 1", 1, "letters"),
  ])
  func whatIsWrongIsToldWithItsLine(text: String, line: Int, words: String) {
    let error = #expect(throws: TOMLError.self) { try Self.read(text) }
    #expect(error?.line == line && error?.text.contains(words) == true, "\(text): \(error as Any)")
  }

  @Test func whatIsNoUTF8IsRefused() {
    let error = #expect(throws: TOMLError.self) {
      try TOMLDocument(Array("a = 1\nb = \"".utf8) + [0xC3, 0x28] + Array("\"".utf8))
    }
    #expect(error == TOMLError(2, "the text is not UTF-8"))
  }

  /// Any beginning of a good file, and a good file with any byte changed: never a crash.
  @Test func damageDoesNoHarm() {
    let good = Array("[a.\"b\"]\r\nc = [\"x\", 'y'] # d\ne.f = \"\\u00e9\\n\"\ng=-1_2".utf8)
    for count in good.indices { _ = try? TOMLDocument(Array(good[..<count])) }
    for index in good.indices {
      for byte in UInt8.min ... .max {
        var bad = good
        bad[index] = byte
        _ = try? TOMLDocument(bad)
      }
    }
  }

  /// It may be a secret, written without its quotes.
  @Test(arguments: ["a = hunter2", "a = \"hunter2", "hunter2 hunter2", "a = 'x' hunter2"])
  func whatStandsThereIsNotRepeated(text: String) {
    let error = #expect(throws: TOMLError.self) { try Self.read(text) }
    #expect(error?.text.contains("hunter2") == false)
  }
}

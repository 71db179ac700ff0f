import Foundation
import PerpCore
import PerpGateway
import Testing

@Suite("Schema of the protocol")
struct SchemaTests {
  @Test("good lines are good", arguments: Corpus.good)
  func good(line: String) throws {
    #expect(try Self.problem(line) == nil)
  }

  @Test("bad lines are bad", arguments: Corpus.bad.map(\.line))
  func bad(line: String) throws {
    #expect(try Self.problem(line) != nil)
  }

  @Test("what is wrong is said with its place", arguments: Corpus.bad)
  func cause(sample: Corpus.Bad) throws {
    let (path, cause) = try #require(try Self.problem(sample.line))
    #expect("\(path) \(cause)" == sample.problem)
  }

  @Test("every line perpwire writes is good")
  func ownLines() throws {
    for style in [LineStyle(), LineStyle(bareNumbers: true, skipped: 3)] {
      for event in Sample.events {
        var buffer = ByteBuffer()
        buffer.append(event, sequence: 9, sent: 5, style: style)
        for line in buffer.string.split(separator: "\n") {
          #expect(try Self.problem(String(line)) == nil)
        }
      }
    }
  }

  @Test("Python's jsonschema takes the schema and gives the same verdicts")
  func peer() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "perpwire-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let schema = folder.appending(path: "schema.json")
    let lines = folder.appending(path: "lines.jsonl")
    try ProtocolSchema.document.write(to: schema, atomically: true, encoding: .utf8)
    let all = Corpus.good + Corpus.bad.map(\.line)
    try all.joined(separator: "\n").write(to: lines, atomically: true, encoding: .utf8)

    let script = """
      import json, sys
      try:
          from jsonschema import Draft202012Validator as Validator
      except ImportError:
          sys.exit(3)
      schema = json.load(open(sys.argv[1]))
      Validator.check_schema(schema)
      validator = Validator(schema)
      for line in open(sys.argv[2]):
          try:
              instance = json.loads(line)
          except ValueError:
              print("no")
              continue
          print("yes" if validator.is_valid(instance) else "no")
      """
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script, schema.path, lines.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(
      decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    // Neither Python nor the package is needed to build perpwire.
    guard process.terminationStatus != 3, process.terminationStatus != 127 else { return }
    #expect(process.terminationStatus == 0)
    let verdicts = output.split(separator: "\n").map { $0 == "yes" }
    #expect(verdicts.count == all.count)
    for (line, verdict) in zip(all, verdicts) {
      #expect(try (Self.problem(line) == nil) == verdict, "\(line)")
    }
  }

  @Test(
    "a schema that says more than we can check is refused",
    arguments: [
      #"{"dependentRequired": {}}"#, #"{"pattern": "a.b"}"#, #"{"pattern": "\\d+"}"#,
      #"{"pattern": "(a"}"#, #"{"pattern": "[^a]"}"#, #"{"type": "text"}"#, #"{"const": [1]}"#,
      #"{"$ref": "other.json"}"#, ##"{"$ref": "#/$defs/none"}"##, "7", #"{"minLength": -1}"#,
    ])
  func refusedSchemas(document: String) {
    #expect(throws: SchemaError.self) { try Schema(document) }
  }

  @Test(
    "keywords do what the draft says",
    arguments: [
      (#"{"type": "integer"}"#, ["1", "1.0", "-3", "1e2"], ["1.5", "\"1\"", "null"]),
      (#"{"type": ["null", "string"]}"#, ["null", "\"\""], ["1", "[]"]),
      (#"{"const": 1}"#, ["1", "1.0"], ["2", "\"1\"", "true"]),
      (
        #"{"enum": ["a", null, true]}"#, ["\"a\"", "null", "true", #""\u0061""#],
        ["\"b\"", "false"]
      ),
      (#"{"minimum": 1, "maximum": 2.5}"#, ["1", "2.50", "\"x\""], ["0.99", "2.51", "-1"]),
      (#"{"minLength": 2, "maxLength": 3}"#, ["\"ab\"", "\"éé€\"", "1"], ["\"é\"", "\"abcd\""]),
      (
        #"{"items": {"type": "number"}, "maxItems": 2}"#, ["[]", "[1,2]", "{}"],
        ["[1,\"a\"]", "[1,2,3]"]
      ),
      (
        #"{"prefixItems": [{"type": "null"}], "items": false}"#, ["[]", "[null]"],
        ["[1]", "[null,1]"]
      ),
      (
        #"{"properties": {"a": {"type": "null"}}, "additionalProperties": {"type": "number"}}"#,
        ["{}", #"{"a":null,"b":1}"#, "[]"], [#"{"a":1}"#, #"{"b":null}"#]
      ),
      (#"{"oneOf": [{"minimum": 1}, {"maximum": 3}]}"#, ["0", "4"], ["2", "null"]),
      (#"{"anyOf": [{"minimum": 3}, {"maximum": 1}]}"#, ["0", "4"], ["2"]),
      (#"{"allOf": [{"minimum": 1}, {"maximum": 3}]}"#, ["1", "3"], ["0", "4"]),
      (#"{"not": {"type": "null"}}"#, ["1"], ["null"]),
      (
        #"{"if": {"minimum": 5}, "then": {"maximum": 7}, "else": {"maximum": 1}}"#, ["6", "1"],
        ["8", "3"]
      ),
      (
        ##"{"$ref":"#/$defs/n","$defs":{"n":{"items":{"$ref":"#/$defs/n"},"type":"array"}}}"##,
        ["[]", "[[],[[]]]"], ["1", "[[1]]"]
      ),
      (#"{"required": ["a"]}"#, [#"{"a":1}"#, #"{"\u0061":1}"#, "1"], ["{}", #"{"A":1}"#]),
    ] as [(String, [String], [String])])
  func keywords(document: String, valid: [String], invalid: [String]) throws {
    var validator = LineValidator(schema: try Schema(document))
    for text in valid { #expect(Self.problem(text, &validator) == nil, "\(text)") }
    for text in invalid { #expect(Self.problem(text, &validator) != nil, "\(text)") }
  }

  @Test(
    "patterns fit as those of ECMA-262",
    arguments: [
      ("^a$", ["a"], ["", "b", "ab", "ba"]), ("a", ["a", "xay"], ["", "b"]),
      ("^(0|[1-9][0-9]*)(\\.[0-9]+)?$", ["0", "10", "1.50"], ["", "01", "1.", ".5", "1.5.2"]),
      ("^[a-z][a-z0-9_]*$", ["a", "a_1"], ["", "1", "A", "a-b", "é"]),
      ("^[A-Za-z0-9_-]{1,3}$", ["a", "a-_"], ["", "abcd", "a b"]),
      ("^(ab|a)b?c{2}$", ["abcc", "abbcc", "acc"], ["abc", "bcc"]),
      ("^(a|b)+-(x){0,2}$", ["a-", "abab-xx"], ["-", "a-xxx"]),
      ("^[ab]*a$", ["a", "ba", "aaa"], ["", "ab"]),
    ] as [(String, [String], [String])])
  func patterns(text: String, fitting: [String], other: [String]) throws {
    let pattern = try #require(Pattern(text))
    for sample in fitting { #expect(pattern.matches(Array(sample.utf8)[...]), "\(sample)") }
    for sample in other { #expect(!pattern.matches(Array(sample.utf8)[...]), "\(sample)") }
  }

  private static func problem(_ line: String) throws -> (path: String, cause: String)? {
    var validator = try LineValidator()
    return problem(line, &validator)
  }

  private static func problem(
    _ line: String, _ validator: inout LineValidator
  ) -> (path: String, cause: String)? {
    let bytes = Array(line.utf8)
    let span = bytes.span
    return validator.problem(in: span.bytes)
  }
}

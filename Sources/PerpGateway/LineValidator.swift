import PerpCore

/// Something that is not as the protocol says, in one line of a recording.
package struct LineProblem: Equatable, Sendable, CustomStringConvertible {
  package enum Severity: String, Sendable {
    case warning, error
  }

  package let severity: Severity
  /// From 1.
  package let line: Int
  /// Where in the line, such as `$.bids[2][0]`.
  package let path: String
  package let cause: String

  package var description: String { "line \(line): \(severity.rawValue): \(path) \(cause)" }
}

/// Checks single lines against the schema of the protocol.
package struct LineValidator {
  private let schema: Schema
  /// The last line that was checked; without content if it was no JSON.
  private(set) var tree = JSONTree()

  package init() throws { schema = try Schema(ProtocolSchema.document) }

  package init(schema: Schema) { self.schema = schema }

  /// Where and why a line, without its LF, is not of the protocol; nil if it is.
  package mutating func problem(in line: RawSpan) -> (path: String, cause: String)? {
    do throws(JSONError) {
      try tree.parse(line)
    } catch {
      return ("$", error.description)
    }
    return schema.failure(in: tree).map { failure in
      (tree.path(to: failure.node), cause(of: failure))
    }
  }

  private func cause(of failure: Schema.Failure) -> String {
    let rule = schema.rules[failure.rule].rule
    return switch failure.keyword {
    case .type: "must be \(Self.list((rule.kinds ?? []).map(\.rawValue)))"
    case .constants: "must be \(Self.list((rule.constants ?? []).map { Self.text($0.text) }))"
    case .required(let place): "lacks \(Self.text(rule.required[place]))"
    case .pattern: "has the wrong form"
    case .minimum: "must be at least \(rule.minimum ?? .zero)"
    case .maximum: "must be at most \(rule.maximum ?? .zero)"
    case .minLength: "must have at least \(rule.minLength ?? 0) characters"
    case .maxLength: "must have at most \(rule.maxLength ?? 0) characters"
    case .minItems: "must have at least \(rule.minItems ?? 0) elements"
    case .maxItems: "must have at most \(rule.maxItems ?? 0) elements"
    case .anyOf, .oneOf(0): "has none of the allowed forms"
    case .oneOf(let count): "has \(count) forms at once"
    case .not: "has a key or a form that is not allowed here"
    case .refusesAll: "must not be there"
    }
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func list(_ words: [String]) -> String { words.joined(separator: " or ") }
}

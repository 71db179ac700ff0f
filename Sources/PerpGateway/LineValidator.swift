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
    switch failure.step {
    case .kinds(let kinds): "must be \(Self.list(kinds.map(\.rawValue)))"
    case .constants(let constants): "must be \(Self.list(constants.map { Self.text($0.text) }))"
    case .required(let names):
      "lacks \(Self.text(names.first { tree.member($0, of: failure.node) == nil } ?? []))"
    case .pattern: "has the wrong form"
    case .minimum(let least): "must be at least \(least)"
    case .maximum(let most): "must be at most \(most)"
    case .minLength(let least): "must have at least \(least) characters"
    case .maxLength(let most): "must have at most \(most) characters"
    case .minItems(let least): "must have at least \(least) elements"
    case .maxItems(let most): "must have at most \(most) elements"
    case .any: "has none of the allowed forms"
    case .one: "must have exactly one of the allowed forms"
    case .not: "has a key or a form that is not allowed here"
    case .never: "must not be there"
    // These pass on what they find in others.
    case .properties, .additionalProperties, .elements, .all, .choice: "is wrong"
    }
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func list(_ words: [String]) -> String { words.joined(separator: " or ") }
}

import PerpCore

/// What the console is told to keep; nil clears a field. It is never told again.
package struct CredentialChange: Equatable, Sendable, CustomStringConvertible {
  package var venue: String
  package var field: String
  package var value: String?

  package var description: String { "\(venue).\(field)" }
}

/// One thing that was looked at, and what was found.
package struct CredentialCheck: Equatable, Sendable {
  package var venue: String
  package var name: String
  package var isRight: Bool
  package var text: String

  var json: JSON {
    [
      "exchange": .text(venue), "check": .text(name), "ok": .bool(isRight), "message": .text(text),
    ]
  }
}

/// Which credentials there are. Their values are on disk alone. (S1-82)
package struct ZarbCredentials: Equatable, Sendable {
  package struct State: Equatable, Sendable {
    /// At most four characters.
    package var tail: String
    /// Milliseconds since the epoch.
    package var updated: Int64
    /// What is wrong with its form; nil where nothing is.
    package var complaint: String?

    package init(value: String, updated: Int64, complaint: String?) {
      tail = value.count > 8 ? String(value.suffix(4)) : ""
      (self.updated, self.complaint) = (updated, complaint)
    }
  }

  package static let fields = [
    (venue: "paradex", names: ["l2_private_key", "l2_address"]),
    (venue: "grvt", names: ["api_key", "api_secret", "private_key", "trading_account_id"]),
  ]

  private var states: [String: State] = [:]

  package init() {}

  package mutating func note(_ venue: String, _ field: String, _ value: String?, at time: Int64) {
    states["\(venue).\(field)"] = value.map {
      State(value: $0, updated: time, complaint: Self.complaint(venue, field, $0))
    }
  }

  /// What is wrong with the form of a value; nil where nothing is. It never has the value in it.
  package static func complaint(_ venue: String, _ field: String, _ value: String) -> String? {
    switch (venue, field) {
    case ("paradex", "l2_private_key"), ("paradex", "l2_address"):
      return hexComplaint(value, digits: 1...64)
    case ("grvt", "private_key"): return hexComplaint(value, digits: 64...64)
    case ("grvt", "trading_account_id"):
      return value.allSatisfy(\.isNumber) ? nil : "must be a number"
    default: return value.count < 8 ? "is too short" : nil
    }
  }

  private static func hexComplaint(_ value: String, digits: ClosedRange<Int>) -> String? {
    let text = value.hasPrefix("0x") || value.hasPrefix("0X") ? value.dropFirst(2) : value[...]
    guard text.allSatisfy(\.isHexDigit) else { return "has characters that are no hex digits" }
    guard digits.contains(text.count) else {
      return "must have \(digits.upperBound) hex digits, and has \(text.count)"
    }
    return nil
  }

  package var missing: [(venue: String, field: String)] {
    Self.fields.flatMap { venue, names in
      names.filter { states["\(venue).\($0)"] == nil }.map { (venue, $0) }
    }
  }

  package var json: JSON {
    .object(
      Self.fields.map { venue, names in
        let fields = names.map { name -> (name: String, value: JSON) in
          let state = states["\(venue).\(name)"]
          return (
            name: name,
            value: [
              "configured": .bool(state != nil),
              "updated_at": state.map { .integer($0.updated) } ?? .null,
              "masked": state.map { .text("****\($0.tail)") } ?? .null,
            ]
          )
        }
        return (name: venue, value: .object(fields))
      })
  }

  /// Each field's own checks: that it is there, and that its form is right. `draft` are values that
  /// are not kept.
  package func checks(_ draft: [String: String]?) -> [CredentialCheck] {
    Self.fields.map { venue, names in
      let problems = names.compactMap { name -> String? in
        let key = "\(venue).\(name)"
        if let value = draft?[key], !value.isEmpty {
          return Self.complaint(venue, name, value).map { "\(name) \($0)" }
        }
        guard draft == nil, let state = states[key] else { return "\(name) is missing" }
        return state.complaint.map { "\(name) \($0)" }
      }
      let text = problems.isEmpty ? "all fields are there" : problems.joined(separator: ", ")
      return CredentialCheck(
        venue: venue, name: "required_fields", isRight: problems.isEmpty, text: text)
    }
  }
}

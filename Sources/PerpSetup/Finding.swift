import PerpCore

/// What one check has come to.
package struct Finding: Equatable, Sendable {
  package enum Verdict: String, Sendable {
    case ok, warn, fail
  }

  /// Nil for what is not about one venue.
  package var venue: VenueID?
  /// What was checked, such as `dns` or `book`.
  package var check: String
  package var verdict: Verdict
  /// Nil where all is well.
  package var fault: Fault?
  package var detail: String

  package static func ok(_ check: String, _ detail: String, of venue: VenueID? = nil) -> Finding {
    Finding(venue: venue, check: check, verdict: .ok, fault: nil, detail: detail)
  }

  package static func warn(
    _ check: String, _ fault: Fault, _ detail: String, of venue: VenueID? = nil
  ) -> Finding {
    Finding(venue: venue, check: check, verdict: .warn, fault: fault, detail: detail)
  }

  package static func fail(
    _ check: String, _ fault: Fault, _ detail: String, of venue: VenueID? = nil
  ) -> Finding {
    Finding(venue: venue, check: check, verdict: .fail, fault: fault, detail: detail)
  }

  /// For people: one line, and for what is not well a second with the next step.
  package var text: String {
    var line = Self.cell(verdict.rawValue, 6) + Self.cell(venue?.description ?? "", 13)
    // A peer may have had a say in it.
    line += Self.cell(check, 14) + String(detail.map { $0.isNewline || $0 < " " ? " " : $0 })
    guard let fault else { return line + "\n" }
    return "\(line) (\(fault.rawValue))\n" + Self.cell("", 33) + "→ \(fault.advice)\n"
  }

  private static func cell(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  /// For programs: one JSON object.
  package var line: String {
    var json = ByteBuffer()
    json.append("{")
    if let venue { json.put("venue", text: venue.description) }
    json.put("check", text: check)
    json.put("verdict", text: verdict.rawValue)
    if let fault { json.put("fault", text: fault.rawValue) }
    json.put("detail", text: detail)
    if let fault { json.put("advice", text: fault.advice) }
    json.append("}\n")
    return json.string
  }
}

/// What all checks together have come to.
package struct Diagnosis: Equatable, Sendable {
  package private(set) var findings: [Finding] = []

  package init() {}

  package mutating func add(_ finding: Finding) { findings.append(finding) }

  /// 0 where nothing failed; else that of the failure which must be dealt with first.
  package var exitCode: Int32 {
    let codes = failures.compactMap { $0.fault?.exitCode }
    return [78, 77, 69].first(where: codes.contains) ?? 0
  }

  package var failures: [Finding] { findings.filter { $0.verdict == .fail } }
  package func isWell(_ check: String, of venue: VenueID) -> Bool {
    !failures.contains { $0.check == check && $0.venue == venue }
  }

  package var warnings: [Finding] { findings.filter { $0.verdict == .warn } }

  /// One line: which faults were found.
  package var text: String {
    let warned = Self.names(warnings)
    let tail = warned.isEmpty ? "" : "; warnings: " + warned.joined(separator: ", ")
    let failed = Self.names(failures)
    if failed.isEmpty { return "no fault found\(tail)\n" }
    let head = failed.count == 1 ? "fault found: " : "\(failed.count) faults found: "
    return head + failed.joined(separator: ", ") + tail + "\n"
  }

  package var line: String {
    let verdict: Finding.Verdict =
      failures.isEmpty ? (warnings.isEmpty ? .ok : .warn) : .fail
    var json = ByteBuffer()
    json.append("{")
    json.put("check", text: "summary")
    json.put("verdict", text: verdict.rawValue)
    json.put("faults")
    json.append(names: Self.names(failures))
    json.put("warnings")
    json.append(names: Self.names(warnings))
    json.append("}\n")
    return json.string
  }

  /// Each once, such as `paradex tls_expired`.
  private static func names(_ findings: [Finding]) -> [String] {
    var names: [String] = []
    for finding in findings {
      guard let fault = finding.fault else { continue }
      let name = (finding.venue.map { "\($0) " } ?? "") + fault.rawValue
      if !names.contains(name) { names.append(name) }
    }
    return names
  }
}

extension ByteBuffer {
  fileprivate mutating func append(names: [String]) {
    append("[")
    for (index, name) in names.enumerated() {
      if index > 0 { append(",") }
      append(json: name)
    }
    append("]")
  }
}

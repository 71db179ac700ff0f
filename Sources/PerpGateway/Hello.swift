import PerpCore

/// The first line: who speaks, and which version of the protocol.
package struct Hello: Equatable, Sendable {
  package enum Mode: String, Sendable {
    case live, paper, sim
  }

  package static let protocolVersion = 1

  package var version: String
  package var pid: Int
  /// Differs from run to run.
  package var runID: String
  package var mode: Mode
  package var venues: [VenueID]
  /// What the client may do, where clients give commands.
  package var role: Role?
  /// Nil where there is none to resume from.
  package var journal: JournalRange?

  package init(version: String, pid: Int, runID: String, mode: Mode, venues: [VenueID]) {
    self.version = version
    self.pid = pid
    self.runID = runID
    self.mode = mode
    self.venues = venues
  }
}

extension ByteBuffer {
  mutating func append(_ hello: Hello) {
    append(#"{"type":"hello","protocol":"#)
    append(Int64(Hello.protocolVersion))
    append(#","version":"#)
    append(json: hello.version)
    append(#","pid":"#)
    append(Int64(hello.pid))
    append(#","run_id":"#)
    append(json: hello.runID)
    append(#","mode":""#)
    append(hello.mode.rawValue)
    append(#"","venues":["#)
    for (index, venue) in hello.venues.enumerated() {
      append(index == 0 ? #"""# : #",""#)
      append(venue.name)
      append(UInt8(ascii: "\""))
    }
    append("]")
    if let role = hello.role {
      append(#","role":""#)
      append(role.rawValue)
      append(UInt8(ascii: "\""))
    }
    if let journal = hello.journal {
      append(#","journal":"#)
      append(journal)
    }
    append("}\n")
  }
}

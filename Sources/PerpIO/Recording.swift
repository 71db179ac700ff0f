import Glibc
import PerpCore
import PerpVenue

/// Reads a recording: one file, or those of several days in their order.
package final class Recording {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// By their numbers.
  package private(set) var sessions: [Int: RecordedSession] = [:]
  /// What the recording says of itself.
  package private(set) var facts: [String: String] = [:]
  private let files: [(path: String, database: Database)]
  private var place = 0
  private var rows: Statement?

  package init(_ paths: [String]) throws(Failure) {
    var files: [(path: String, database: Database)] = []
    for path in paths {
      guard access(path, R_OK) == 0 else {
        throw Failure(description: "\(path): \(errorText(errno))")
      }
      do throws(Database.Failure) {
        files.append((path, try Database(path, .readOnly)))
      } catch {
        throw Failure(description: error.description)
      }
    }
    self.files = files
    for index in files.indices { try readFacts(of: index) }
  }

  /// The next row, of `raw`; nil after the last.
  package func next() throws(Failure) -> RecordedRow? {
    while place < files.count {
      do throws(Database.Failure) {
        if rows == nil { rows = try files[place].database.prepare(Self.query) }
        if let rows, try rows.step() {
          guard let row = RecordedRow(rows) else {
            throw Database.Failure(
              code: 0, description: "row \(rows.integer(0)) of raw makes no sense")
          }
          return row
        }
      } catch {
        throw Failure(description: "\(files[place].path): \(error)")
      }
      rows = nil
      place += 1
    }
    return nil
  }

  private static let query = """
    SELECT id, recv_ts, monotonic_ns, session, kind, ref, head, payload FROM raw ORDER BY id
    """

  /// Refuses what is no recording, and files that do not follow each other.
  private func readFacts(of index: Int) throws(Failure) {
    let (path, database) = files[index]
    var facts: [String: String] = [:]
    do throws(Database.Failure) {
      guard try database.integer("PRAGMA application_id") == RecordingFile.applicationID else {
        throw Database.Failure(code: 0, description: "is no recording")
      }
      guard try database.integer("PRAGMA user_version") == RecordingFile.schemaVersion else {
        throw Database.Failure(code: 0, description: "was recorded by another version of perpwire")
      }
      let statement = try database.prepare("SELECT name, value FROM recording")
      while try statement.step() { facts[statement.text(0)] = statement.text(1) }
      for session in try RecordedSession.all(in: database) { sessions[session.id] = session }
    } catch {
      throw Failure(description: "\(path): \(error)")
    }
    if index == 0 {
      self.facts = facts
      guard facts["part"] == "1" else {
        throw Failure(
          description: "\(path) continues \(facts["previous"] ?? "another file"): "
            + "a recording is replayed from its first file on")
      }
    }
    guard facts["run_id"] == self.facts["run_id"], facts["part"] == "\(index + 1)" else {
      throw Failure(description: "\(path) does not follow \(files[index - 1].path)")
    }
  }
}

extension RecordedRow {
  fileprivate init?(_ row: Statement) {
    guard let kind = Kind(rawValue: row.text(4)), let monotonic = UInt64(exactly: row.integer(2))
    else { return nil }
    self.init(
      kind, at: Moment(monotonic: monotonic, wall: row.integer(1)),
      session: Int(row.integer(3)), reference: Int(row.integer(5)), head: row.text(6),
      payload: [UInt8](row.bytes(7)))
  }
}

extension RecordedSession {
  fileprivate static func all(in database: Database) throws(Database.Failure) -> [RecordedSession] {
    var sessions: [RecordedSession] = []
    let row = try database.prepare(
      """
      SELECT id, venue, seed, ws, rest, settings, secret_names, share, is_racing FROM session
      """)
    while try row.step() {
      var settings: [String: String] = [:]
      for line in row.text(5).split(separator: "\n") {
        let name = line.prefix { $0 != "=" }
        settings[String(name)] = String(line.dropFirst(name.count + 1))
      }
      sessions.append(
        RecordedSession(
          id: Int(row.integer(0)), venue: row.text(1), seed: UInt64(row.text(2)) ?? 0,
          endpoints: Endpoints(ws: row.text(3), rest: row.text(4)), settings: settings,
          secretNames: row.text(6).split(separator: "\n").map(String.init),
          share: Int(row.integer(7)), isRacing: row.integer(8) != 0))
    }
    return sessions
  }
}

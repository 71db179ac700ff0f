/// What a configuration file says.
///
/// The part of TOML 1.0 that such a file needs: tables, dotted keys, strings on one line, decimal
/// integers, booleans, lists of strings or of integers, comments. Whatever else TOML has is refused
/// with its line, and so is what TOML forbids, above all a key that is set twice.
package struct TOMLDocument: Equatable, Sendable {
  package struct Entry: Equatable, Sendable {
    package let path: [String]
    package let value: TOMLValue
    package let line: Int
  }

  package struct Table: Equatable, Sendable {
    package let path: [String]
    package let line: Int
  }

  package private(set) var entries: [Entry] = []
  /// Those that have a header, in their order.
  package private(set) var tables: [Table] = []
  /// Tables that exist because a dotted key goes through them.
  private var passed: Set<[String]> = []

  package init(_ bytes: [UInt8]) throws(TOMLError) {
    var reader = TOMLReader(bytes)
    while let statement = try reader.next() {
      switch statement {
      case .table(let path, let line): try add(table: path, line: line)
      case .entry(let path, let value, let line): try add(path, value, line)
      }
    }
  }

  private mutating func add(table path: [String], line: Int) throws(TOMLError) {
    if let before = tables.first(where: { $0.path == path }) {
      throw TOMLError(line, "the table [\(Self.text(path))] is already in line \(before.line)")
    }
    if passed.contains(path) || entry(atOrAbove: path) != nil {
      throw TOMLError(line, "'\(Self.text(path))' has been set already, and cannot be a table")
    }
    tables.append(Table(path: path, line: line))
  }

  private mutating func add(
    _ path: [String], _ value: TOMLValue, _ line: Int
  ) throws(TOMLError) {
    let table = tables.last?.path ?? []
    let whole = table + path
    if let before = entry(atOrAbove: whole) {
      throw TOMLError(
        line, "'\(Self.text(before.path))' has a value already, in line \(before.line)")
    }
    for count in 1..<max(path.count, 1) {
      let between = table + path[..<count]
      if let header = tables.first(where: { $0.path == between }) {
        throw TOMLError(
          line, "'\(Self.text(whole))' belongs under its header, in line \(header.line)")
      }
      passed.insert(Array(between))
    }
    let isTable = passed.contains(whole) || tables.contains { $0.path.starts(with: whole) }
    guard !isTable else { throw TOMLError(line, "'\(Self.text(whole))' is a table already") }
    entries.append(Entry(path: whole, value: value, line: line))
  }

  private func entry(atOrAbove path: [String]) -> Entry? {
    entries.first { path.starts(with: $0.path) }
  }

  private static func text(_ path: [String]) -> String { path.joined(separator: ".") }
}

package enum TOMLValue: Equatable, Sendable {
  case string(String)
  case integer(Int64)
  case boolean(Bool)
  case strings([String])
  case integers([Int64])
}

/// Says what is wrong in which line, and never what stands there: it may be a secret.
package struct TOMLError: Error, Equatable {
  package let line: Int
  package let text: String

  init(_ line: Int, _ text: String) {
    self.line = line
    self.text = text
  }
}

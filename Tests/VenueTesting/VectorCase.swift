import Testing

/// One case of a file of vectors, whose every value must be compared but for its inputs: what was
/// forgotten fails as loudly as what differs.
package final class VectorCase {
  package let name: String
  private let tree: JSONTree
  private var used: Set<String> = []

  package init(_ tree: JSONTree, _ name: String? = nil) {
    self.tree = tree
    self.name = name ?? tree["id"]?.text ?? "?"
    ignore("id", "kind", "note", "name", "what", "source", "why", "input", "request")
  }

  /// Nothing to be compared: descriptions, or what another member has as well.
  package func ignore(_ paths: String...) { used.formUnion(paths) }

  package func has(_ path: String) -> Bool { find(path).map { !$0.isNull } ?? false }

  /// The value at `path`, whose parts are parted by points; numbers name elements.
  package func value(_ path: String) throws -> JSONTree {
    used.insert(path)
    return try #require(find(path), "\(name) has no \(path)")
  }

  /// A text, or a number as it is written.
  package func text(_ path: String) throws -> String {
    try #require(value(path).scalar, "\(name): \(path) is no text")
  }

  package func flag(_ path: String) throws -> Bool {
    let value = try value(path)
    if case .bool(let flag) = value { return flag }
    Issue.record("\(name): \(path) is neither true nor false")
    return false
  }

  package func texts(_ path: String) throws -> [String] {
    try value(path).elements.map { try #require($0.scalar, "\(name): \(path)") }
  }

  /// That the value at `path` is `actual`.
  package func check(_ path: String, _ actual: String?) {
    used.insert(path)
    guard let expected = find(path) else {
      Issue.record("\(name) has no \(path)")
      return
    }
    #expect(expected.scalar == actual, "\(name): \(path)")
  }

  package func check(_ path: String, _ actual: some BinaryInteger) { check(path, "\(actual)") }

  package func check(_ path: String, _ actual: Bool) {
    used.insert(path)
    #expect(find(path) == .bool(actual), "\(name): \(path)")
  }

  package func check(_ path: String, _ actual: [String]) {
    used.insert(path)
    #expect(find(path)?.elements.map(\.scalar) == actual, "\(name): \(path)")
  }

  /// That the member of that name is the only one of `values`, or the list of them.
  package func check(_ path: String, _ name: String, _ values: [String]) {
    let place = path.isEmpty ? name : "\(path).\(name)"
    if case .array? = find(place) {
      check(place, values)
    } else {
      check(place, values.first)
    }
  }

  /// Hexadecimal text, whose case says nothing.
  package func check(hex path: String, _ actual: String) {
    used.insert(path)
    #expect(find(path)?.text?.lowercased() == actual.lowercased(), "\(name): \(path)")
  }

  /// That everything was compared.
  package func finish() {
    let forgotten = leaves(tree, "").filter { !isUsed($0) }
    #expect(forgotten.isEmpty, "\(name): nobody compared \(forgotten.joined(separator: ", "))")
  }

  private func isUsed(_ path: String) -> Bool {
    var path = path[...]
    while !used.contains(String(path)) {
      guard let point = path.lastIndex(of: ".") else { return false }
      path = path[..<point]
    }
    return true
  }

  private func leaves(_ tree: JSONTree, _ path: String) -> [String] {
    let prefix = path.isEmpty ? "" : "\(path)."
    switch tree {
    case .object(let members):
      return members.sorted { $0.key < $1.key }.flatMap { leaves($0.value, prefix + $0.key) }
    case .array(let elements):
      return elements.enumerated().flatMap { leaves($0.element, "\(prefix)\($0.offset)") }
    case .null: return []
    default: return [path]
    }
  }

  private func find(_ path: String) -> JSONTree? {
    path.split(separator: ".").reduce(Optional(tree)) { tree, part in
      if let index = Int(part), let elements = tree?.elements, index < elements.count {
        return elements[index]
      }
      return tree?[String(part)]
    }
  }
}

extension VectorCase {
  /// That a file has no section beside `known`, which nobody would check, and has all of `needed`.
  package static func checkSections(
    of file: JSONTree, known: Set<String>, needed: String...
  ) {
    let unknown = Set(file.members.keys).subtracting(known)
    #expect(unknown.isEmpty, "nobody checks \(unknown.sorted().joined(separator: ", "))")
    for name in needed { #expect(file[name]?.elements.isEmpty == false, "\(name) has no cases") }
  }

  /// Runs `check` on every case of a file's section and says how many there were of each kind.
  package static func run(
    _ title: String, _ cases: [JSONTree], _ check: (VectorCase, String) throws -> Void
  ) rethrows {
    var counts: [String: Int] = [:]
    for (index, tree) in cases.enumerated() {
      let vector = VectorCase(tree, tree["id"]?.text ?? "\(title)[\(index)]")
      let kind = tree["kind"]?.text ?? title
      counts[kind, default: 0] += 1
      try check(vector, kind)
      vector.finish()
    }
    let rows = counts.sorted { $0.key < $1.key }.map { [$0.key, String($0.value)] }
    printTable("\(cases.count) cases of \(title)", [["kind", "cases"]] + rows)
  }
}

extension JSONTree {
  /// A text, or a number or a truth as it is written.
  package var scalar: String? {
    switch self {
    case .text(let text), .number(let text): text
    case .bool(let flag): flag ? "true" : "false"
    default: nil
    }
  }
}

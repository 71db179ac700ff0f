import PerpCore

/// A JSON Schema (draft 2020-12), compiled from its document: the part of the vocabulary that
/// the schema of our lines needs. A document that uses more is refused, so that no rule is
/// silently left out.
package struct Schema: Sendable {
  /// One keyword that restricts something. Numbers stand for other rules.
  enum Step: Sendable {
    case never
    case kinds([Kind])
    case constants([Constant])
    case pattern(Pattern)
    case minLength(Int)
    case maxLength(Int)
    case minimum(Decimal)
    case maximum(Decimal)
    case required([[UInt8]])
    case properties([Property])
    case additionalProperties(Int, besides: [Property])
    case elements(first: [Int], rest: Int?)
    case minItems(Int)
    case maxItems(Int)
    case all([Int])
    case any([Int])
    case one([Int])
    case not(Int)
    case choice(condition: Int, then: Int?, otherwise: Int?)
  }

  enum Kind: String, Sendable {
    case null, boolean, number, string, array, object, integer
  }

  struct Property: Sendable {
    let name: [UInt8]
    let rule: Int
  }

  /// A scalar of `const` or `enum`.
  struct Constant: Sendable {
    let kind: JSONTree.Kind
    let text: [UInt8]
    let number: Decimal?
  }

  /// The keyword that a value does not satisfy.
  struct Failure: Sendable {
    let step: Step
    let node: Int
  }

  /// The keywords of each schema in the document; the first is the document's own.
  let rules: [[Step]]

  /// The first failure of the whole tree, or nil if it is valid.
  func failure(in tree: borrowing JSONTree) -> Failure? { failure(of: 0, rule: 0, in: tree) }

  func failure(of node: Int, rule: Int, in tree: borrowing JSONTree) -> Failure? {
    for step in rules[rule] {
      if let failure = failure(of: node, step, in: tree) { return failure }
    }
    return nil
  }
}

// MARK: - Keywords

extension Schema {
  private func failure(of node: Int, _ step: Step, in tree: borrowing JSONTree) -> Failure? {
    switch step {
    case .properties(let properties):
      for property in properties {
        if let child = tree.member(property.name, of: node),
          let failure = failure(of: child, rule: property.rule, in: tree)
        {
          return failure
        }
      }
      return nil
    case .additionalProperties(let rule, let properties):
      guard tree.nodes[node].kind == .object else { return nil }
      for child in tree.children(of: node)
      where !properties.contains(where: { tree.equals(tree.nodes[child].key, $0.name) }) {
        if let failure = failure(of: child, rule: rule, in: tree) { return failure }
      }
      return nil
    case .elements(let first, let rest):
      return elementFailure(of: node, first, rest, in: tree)
    case .all(let rules):
      for rule in rules {
        if let failure = failure(of: node, rule: rule, in: tree) { return failure }
      }
      return nil
    case .choice(let condition, let then, let otherwise):
      let holds = failure(of: node, rule: condition, in: tree) == nil
      return (holds ? then : otherwise).flatMap { failure(of: node, rule: $0, in: tree) }
    default:
      return fits(node, step, tree) ? nil : Failure(step: step, node: node)
    }
  }

  private func elementFailure(
    of node: Int, _ first: [Int], _ rest: Int?, in tree: borrowing JSONTree
  ) -> Failure? {
    guard tree.nodes[node].kind == .array else { return nil }
    var (place, child) = (0, node + 1)
    while child < tree.nodes[node].end {
      if let rule = place < first.count ? first[place] : rest,
        let failure = failure(of: child, rule: rule, in: tree)
      {
        return failure
      }
      place += 1
      child = tree.nodes[child].end
    }
    return nil
  }

  /// Keywords that look at the value itself, or that combine others into one verdict.
  private func fits(_ node: Int, _ step: Step, _ tree: borrowing JSONTree) -> Bool {
    let value = tree.nodes[node]
    switch step {
    case .never: return false
    case .kinds(let kinds): return kinds.contains { fits(node, $0, tree) }
    case .constants(let constants): return constants.contains { equals(node, $0, tree) }
    case .pattern(let pattern):
      return value.kind != .string || pattern.matches(tree.text[value.content])
    case .minLength(let least): return value.kind != .string || tree.length(node) >= least
    case .maxLength(let most): return value.kind != .string || tree.length(node) <= most
    // A number that does not fit a decimal is beyond every limit.
    case .minimum(let least):
      return value.kind != .number || tree.decimal(node).map { $0 >= least } ?? false
    case .maximum(let most):
      return value.kind != .number || tree.decimal(node).map { $0 <= most } ?? false
    case .required(let names):
      return value.kind != .object || names.allSatisfy { tree.member($0, of: node) != nil }
    case .minItems(let least):
      return value.kind != .array || tree.children(of: node).count >= least
    case .maxItems(let most):
      return value.kind != .array || tree.children(of: node).count <= most
    case .any(let rules): return rules.contains { failure(of: node, rule: $0, in: tree) == nil }
    case .one(let rules):
      return rules.count { failure(of: node, rule: $0, in: tree) == nil } == 1
    case .not(let rule): return failure(of: node, rule: rule, in: tree) != nil
    case .properties, .additionalProperties, .elements, .all, .choice: return true
    }
  }

  private func fits(_ node: Int, _ kind: Kind, _ tree: borrowing JSONTree) -> Bool {
    switch (kind, tree.nodes[node].kind) {
    case (.null, .null), (.boolean, .bool), (.number, .number), (.string, .string),
      (.array, .array), (.object, .object):
      true
    case (.integer, .number): tree.decimal(node)?.rescaled(to: 0) != nil
    default: false
    }
  }

  private func equals(_ node: Int, _ constant: Constant, _ tree: borrowing JSONTree) -> Bool {
    let value = tree.nodes[node]
    guard value.kind == constant.kind else { return false }
    if let number = constant.number { return tree.decimal(node) == number }
    return tree.equals(value.content, constant.text)
  }
}

extension JSONTree {
  /// Code points of a string: every byte but those that continue one.
  fileprivate func length(_ node: Int) -> Int {
    text[nodes[node].content].count { $0 & 0xC0 != 0x80 }
  }
}

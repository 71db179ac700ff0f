import PerpCore

/// A JSON Schema (draft 2020-12), compiled from its document: the part of the vocabulary that
/// the schema of our lines needs. A document that uses more is refused, so that no rule is
/// silently left out.
package struct Schema: Sendable {
  /// One schema of the document, its keywords that restrict something.
  struct Rule: Sendable {
    /// Nil: any kind. `integer` stands beside the kinds because numbers may be whole.
    var kinds: [Kind]?
    var constants: [Constant]?
    var required: [[UInt8]] = []
    var properties: [Property] = []
    var additionalProperties: Int?
    var prefixItems: [Int] = []
    var items: Int?
    var minItems: Int?
    var maxItems: Int?
    var pattern: Pattern?
    var minLength: Int?
    var maxLength: Int?
    var minimum: Decimal?
    var maximum: Decimal?
    var reference: Int?
    var allOf: [Int] = []
    var anyOf: [Int] = []
    var oneOf: [Int] = []
    var not: Int?
    var condition: Int?
    var consequence: Int?
    var alternative: Int?
    /// The schema `false`.
    var refusesAll = false
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

  /// What was not as a rule wants it, and where.
  struct Failure: Sendable {
    enum Keyword: Sendable {
      case type, constants, required(Int), minItems, maxItems
      case pattern, minLength, maxLength, minimum, maximum, anyOf, oneOf(Int), not, refusesAll
    }

    let keyword: Keyword
    let rule: Int
    let node: Int
  }

  /// A rule behind a reference: to look at one keyword of it copies nothing else.
  final class Entry: Sendable {
    let rule: Rule
    init(_ rule: Rule) { self.rule = rule }
  }

  let rules: [Entry]

  /// The first failure of the whole tree, or nil if it is valid.
  func failure(in tree: borrowing JSONTree) -> Failure? { failure(of: 0, rule: 0, in: tree) }

  func failure(of node: Int, rule index: Int, in tree: borrowing JSONTree) -> Failure? {
    let rule = rules[index].rule
    if let keyword = simpleFailure(of: node, rule, in: tree) {
      return Failure(keyword: keyword, rule: index, node: node)
    }
    if let reference = rule.reference, let failure = failure(of: node, rule: reference, in: tree) {
      return failure
    }
    switch tree.nodes[node].kind {
    case .object:
      if let failure = objectFailure(of: node, rule, index, in: tree) { return failure }
    case .array:
      if let failure = arrayFailure(of: node, rule, index, in: tree) { return failure }
    default: break
    }
    return combinedFailure(of: node, rule, index, in: tree)
  }
}

// MARK: - Keywords

extension Schema {
  private func simpleFailure(
    of node: Int, _ rule: Rule, in tree: borrowing JSONTree
  ) -> Failure.Keyword? {
    if rule.refusesAll { return .refusesAll }
    if let kinds = rule.kinds, !kinds.contains(where: { fits(node, $0, tree) }) { return .type }
    if let constants = rule.constants, !constants.contains(where: { equals(node, $0, tree) }) {
      return .constants
    }
    let value = tree.nodes[node]
    if value.kind == .string {
      let text = tree.text[value.content]
      if let pattern = rule.pattern, !pattern.matches(text) { return .pattern }
      guard rule.minLength != nil || rule.maxLength != nil else { return nil }
      // Code points: every byte but those that continue one.
      let length = text.count { $0 & 0xC0 != 0x80 }
      if let least = rule.minLength, length < least { return .minLength }
      if let most = rule.maxLength, length > most { return .maxLength }
    } else if value.kind == .number, rule.minimum != nil || rule.maximum != nil {
      // What does not fit a decimal is beyond every limit.
      let number = tree.decimal(node)
      if let least = rule.minimum, !(number.map { $0 >= least } ?? false) { return .minimum }
      if let most = rule.maximum, !(number.map { $0 <= most } ?? false) { return .maximum }
    }
    return nil
  }

  private func objectFailure(
    of node: Int, _ rule: Rule, _ index: Int, in tree: borrowing JSONTree
  ) -> Failure? {
    for (place, name) in rule.required.enumerated() where tree.member(name, of: node) == nil {
      return Failure(keyword: .required(place), rule: index, node: node)
    }
    if let additional = rule.additionalProperties {
      for child in tree.children(of: node)
      where !rule.properties.contains(where: { tree.equals(tree.nodes[child].key, $0.name) }) {
        if let failure = failure(of: child, rule: additional, in: tree) { return failure }
      }
    }
    for property in rule.properties {
      if let child = tree.member(property.name, of: node),
        let failure = failure(of: child, rule: property.rule, in: tree)
      {
        return failure
      }
    }
    return nil
  }

  private func arrayFailure(
    of node: Int, _ rule: Rule, _ index: Int, in tree: borrowing JSONTree
  ) -> Failure? {
    guard
      rule.items != nil || !rule.prefixItems.isEmpty || rule.minItems != nil
        || rule.maxItems != nil
    else { return nil }
    var (count, child) = (0, node + 1)
    while child < tree.nodes[node].end {
      let item = count < rule.prefixItems.count ? rule.prefixItems[count] : rule.items
      if let item, let failure = failure(of: child, rule: item, in: tree) { return failure }
      count += 1
      child = tree.nodes[child].end
    }
    if let least = rule.minItems, count < least {
      return Failure(keyword: .minItems, rule: index, node: node)
    }
    if let most = rule.maxItems, count > most {
      return Failure(keyword: .maxItems, rule: index, node: node)
    }
    return nil
  }

  private func combinedFailure(
    of node: Int, _ rule: Rule, _ index: Int, in tree: borrowing JSONTree
  ) -> Failure? {
    for other in rule.allOf {
      if let failure = failure(of: node, rule: other, in: tree) { return failure }
    }
    var fits = false
    for other in rule.anyOf where !fits { fits = failure(of: node, rule: other, in: tree) == nil }
    if !rule.anyOf.isEmpty, !fits { return Failure(keyword: .anyOf, rule: index, node: node) }
    if !rule.oneOf.isEmpty {
      var count = 0
      for other in rule.oneOf where failure(of: node, rule: other, in: tree) == nil { count += 1 }
      if count != 1 { return Failure(keyword: .oneOf(count), rule: index, node: node) }
    }
    if let not = rule.not, failure(of: node, rule: not, in: tree) == nil {
      return Failure(keyword: .not, rule: index, node: node)
    }
    if let condition = rule.condition {
      let holds = failure(of: node, rule: condition, in: tree) == nil
      if let next = holds ? rule.consequence : rule.alternative {
        return failure(of: node, rule: next, in: tree)
      }
    }
    return nil
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

import PerpCore

/// Why a document is no schema that we can apply.
package struct SchemaError: Error, Equatable, CustomStringConvertible {
  package let path: String
  package let cause: String

  package var description: String { "the schema at \(path): \(cause)" }
}

extension Schema {
  package init(_ document: String) throws {
    var tree = JSONTree()
    let bytes = Array(document.utf8)
    let span = bytes.span
    try tree.parse(span.bytes)
    var compiler = SchemaCompiler(tree: tree)
    _ = try compiler.rule(0)
    rules = compiler.rules
  }
}

private struct SchemaCompiler {
  let tree: JSONTree
  var rules: [[Schema.Step]] = []
  /// The rule of each node, so that what is referred to is compiled once.
  private var compiled: [Int: Int] = [:]

  init(tree: JSONTree) { self.tree = tree }

  mutating func rule(_ node: Int) throws -> Int {
    if let known = compiled[node] { return known }
    let index = rules.count
    compiled[node] = index
    rules.append([])
    var rule = Keywords()
    if let isAllowed = tree.bool(node) {
      rule.refusesAll = !isAllowed
    } else {
      guard tree.nodes[node].kind == .object else { throw error(node, "is no schema") }
      for member in tree.children(of: node) {
        let keyword = tree.string(tree.nodes[member].key)
        let isKnown =
          try readValue(keyword, member, &rule) || readObject(keyword, member, &rule)
          || readCombination(keyword, member, &rule)
        guard isKnown else { throw error(member, "is a keyword we do not know") }
      }
    }
    rules[index] = rule.steps
    return index
  }

  private func readValue(
    _ keyword: String, _ node: Int, _ rule: inout Keywords
  ) throws -> Bool {
    switch keyword {
    case "$schema", "$id", "$defs", "$comment", "title", "description", "examples": break
    case "type":
      let names = tree.nodes[node].kind == .array ? tree.children(of: node) : [node]
      rule.kinds = try names.map { name in
        guard let kind = tree.string(name).flatMap(Schema.Kind.init) else {
          throw error(name, "is no type")
        }
        return kind
      }
    case "const": rule.constants = [try constant(node)]
    case "enum": rule.constants = try tree.children(of: node).map(constant)
    case "pattern":
      guard let pattern = tree.string(node).flatMap(Pattern.init) else {
        throw error(node, "is a pattern we do not know")
      }
      rule.pattern = pattern
    case "minimum": rule.minimum = try number(node)
    case "maximum": rule.maximum = try number(node)
    case "minLength": rule.minLength = try count(node)
    case "maxLength": rule.maxLength = try count(node)
    case "minItems": rule.minItems = try count(node)
    case "maxItems": rule.maxItems = try count(node)
    default: return false
    }
    return true
  }

  private mutating func readObject(
    _ keyword: String, _ node: Int, _ rule: inout Keywords
  ) throws -> Bool {
    switch keyword {
    case "required":
      rule.required = try tree.children(of: node).map { name in
        guard let text = tree.string(name) else { throw error(name, "is no name") }
        return Array(text.utf8)
      }
    case "properties":
      for child in tree.children(of: node) {
        let name = Array(tree.text[tree.nodes[child].key])
        rule.properties.append(Schema.Property(name: name, rule: try self.rule(child)))
      }
    case "additionalProperties": rule.additionalProperties = try self.rule(node)
    case "items": rule.items = try self.rule(node)
    case "prefixItems": rule.prefixItems = try list(node)
    default: return false
    }
    return true
  }

  private mutating func readCombination(
    _ keyword: String, _ node: Int, _ rule: inout Keywords
  ) throws -> Bool {
    switch keyword {
    case "$ref": rule.reference = try reference(node)
    case "allOf": rule.allOf = try list(node)
    case "anyOf": rule.anyOf = try list(node)
    case "oneOf": rule.oneOf = try list(node)
    case "not": rule.not = try self.rule(node)
    case "if": rule.condition = try self.rule(node)
    case "then": rule.consequence = try self.rule(node)
    case "else": rule.alternative = try self.rule(node)
    default: return false
    }
    return true
  }

  private mutating func list(_ node: Int) throws -> [Int] {
    var result: [Int] = []
    for child in tree.children(of: node) { result.append(try rule(child)) }
    return result
  }

  private mutating func reference(_ node: Int) throws -> Int {
    let prefix = "#/$defs/"
    guard let text = tree.string(node), text.hasPrefix(prefix),
      let definitions = tree.member("$defs", of: 0),
      let target = tree.member(String(text.dropFirst(prefix.count)), of: definitions)
    else { throw error(node, "refers to nothing in $defs") }
    return try rule(target)
  }

  private func constant(_ node: Int) throws -> Schema.Constant {
    let value = tree.nodes[node]
    guard value.kind != .array, value.kind != .object else {
      throw error(node, "is a constant of a kind we do not compare")
    }
    return Schema.Constant(
      kind: value.kind, text: Array(tree.text[value.content]),
      number: value.kind == .number ? try number(node) : nil)
  }

  private func number(_ node: Int) throws -> Decimal {
    guard tree.nodes[node].kind == .number, let value = tree.decimal(node) else {
      throw error(node, "is no number")
    }
    return value
  }

  private func count(_ node: Int) throws -> Int {
    guard let value = tree.integer(node), value >= 0 else { throw error(node, "is no count") }
    return Int(value)
  }

  private func error(_ node: Int, _ cause: String) -> SchemaError {
    SchemaError(path: tree.path(to: node), cause: cause)
  }
}

/// The keywords of one schema object, as they are read.
private struct Keywords {
  /// The schema `false`.
  var refusesAll = false
  var kinds: [Schema.Kind]?
  var constants: [Schema.Constant]?
  var pattern: Pattern?
  var minLength: Int?
  var maxLength: Int?
  var minimum: Decimal?
  var maximum: Decimal?
  var required: [[UInt8]] = []
  var properties: [Schema.Property] = []
  var additionalProperties: Int?
  var prefixItems: [Int] = []
  var items: Int?
  var minItems: Int?
  var maxItems: Int?
  var reference: Int?
  var allOf: [Int] = []
  var anyOf: [Int] = []
  var oneOf: [Int] = []
  var not: Int?
  var condition: Int?
  var consequence: Int?
  var alternative: Int?

  /// What is cheap, and what tells most, comes first.
  var steps: [Schema.Step] {
    var steps: [Schema.Step?] = [
      refusesAll ? .never : nil, kinds.map(Schema.Step.kinds),
      constants.map(Schema.Step.constants), pattern.map(Schema.Step.pattern),
      minLength.map(Schema.Step.minLength), maxLength.map(Schema.Step.maxLength),
      minimum.map(Schema.Step.minimum), maximum.map(Schema.Step.maximum),
      minItems.map(Schema.Step.minItems), maxItems.map(Schema.Step.maxItems),
      reference.map { .all([$0]) },
    ]
    if !required.isEmpty { steps.append(.required(required)) }
    if !properties.isEmpty { steps.append(.properties(properties)) }
    steps.append(additionalProperties.map { .additionalProperties($0, besides: properties) })
    if !prefixItems.isEmpty || items != nil {
      steps.append(.elements(first: prefixItems, rest: items))
    }
    if !allOf.isEmpty { steps.append(.all(allOf)) }
    if !anyOf.isEmpty { steps.append(.any(anyOf)) }
    if !oneOf.isEmpty { steps.append(.one(oneOf)) }
    steps.append(not.map(Schema.Step.not))
    steps.append(
      condition.map { .choice(condition: $0, then: consequence, otherwise: alternative) })
    return steps.compactMap(\.self)
  }
}

/// The line protocol as a JSON Schema (draft 2020-12): one line is one instance. PROTOCOL.md says
/// the same to people.
package enum ProtocolSchema {
  /// The document, as `perpwire schema` prints it.
  package static let document = """
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "One line of the perpwire protocol, version 1",
      "description": "Keys that are not named here are allowed and must be ignored.",
      "type": "object",
      "if": {"required": ["type"]},
      "then": {"$ref": "#/$defs/event"},
      "else": {
        "if": {"required": ["method"]},
        "then": {"$ref": "#/$defs/command"},
        "else": {"$ref": "#/$defs/reply"}
      },
      "$defs": {
    \([values, events, marketData, diagnostics, accounts, orders, commands]
      .joined(separator: ",\n"))
      }
    }

    """

  private static let values = #"""
        "decimal": {
          "description": "Plain decimal text; a number with --numbers.",
          "anyOf": [
            {"type": "string", "pattern": "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$"},
            {"type": "number"}
          ]
        },
        "decimal_or_null": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/decimal"}]},
        "count": {"type": "integer", "minimum": 0},
        "number_from_one": {"type": "integer", "minimum": 1},
        "time": {"description": "Microseconds since the epoch, UTC.", "type": "integer"},
        "word": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        "venue": {"$ref": "#/$defs/word"},
        "symbol": {"type": "string", "pattern": "^[A-Za-z0-9.]+-[A-Za-z0-9.]+-PERP$"},
        "id": {"type": "string", "minLength": 1},
        "client_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,36}$"},
        "side": {"enum": ["buy", "sell"]},
        "channel": {"enum": ["bbo", "trade", "book", "funding"]},
        "flags": {
          "type": "array",
          "minItems": 1,
          "items": {"enum": ["crossed", "locked", "lagging"]}
        },
        "level": {
          "description": "Price and size.",
          "type": "array",
          "prefixItems": [{"$ref": "#/$defs/decimal"}, {"$ref": "#/$defs/decimal"}],
          "items": false,
          "minItems": 2
        },
        "levels": {"type": "array", "items": {"$ref": "#/$defs/level"}}
    """#

  private static let types = [
    "hello", "bbo", "trade", "book", "funding", "market", "order", "fill", "position", "balance",
    "account", "stream", "limits", "error", "drift", "gap_fill", "heartbeat", "bye",
  ]

  private static let events = #"""
        "event": {
          "required": ["type"],
          "not": {"required": ["id"]},
          "properties": {
            "type": {"enum": ["\#(types.joined(separator: #"", ""#))"]}
          },
          "allOf": [
            \#(types.map(choice).joined(separator: ",\n        "))
          ]
        }
    """#

  private static func choice(_ type: String) -> String {
    ##"{"if": {"properties": {"type": {"const": "\##(type)"}}}, "##
      + ##""then": {"$ref": "#/$defs/\##(type)"}}"##
  }
}

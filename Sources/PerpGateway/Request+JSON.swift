import PerpCore

extension Request {
  /// The longest `id`, in bytes of its JSON.
  package static let maxIDBytes = 128
  /// Venues, channels or symbols that one command may name.
  private static let maxNames = 1_000

  /// Reads one line, given without its LF. `venues` are those there are.
  package init(_ line: RawSpan, venues: [VenueID]) {
    var envelope = Envelope()
    do throws(JSONError) {
      try envelope.read(line)
    } catch {
      id = envelope.id
      command = .failure(Refusal(Refusal.parseError, "\(error)"))
      return
    }
    id = envelope.id
    if let problem = envelope.problem {
      command = .failure(Refusal(Refusal.invalidRequest, problem))
      return
    }
    do {
      command = .success(
        try Self.command(envelope.method ?? "", envelope.params, venues: venues))
    } catch let refusal as Refusal {
      command = .failure(refusal)
    } catch {
      command = .failure(Refusal(Refusal.invalidParams, "params: \(error)"))
    }
  }

  /// The members of the object a command is.
  private struct Envelope {
    var id: String?
    var method: String?
    /// As it stands; an empty object where there is none.
    var params = Array("{}".utf8)
    var problem: String?

    mutating func read(_ line: RawSpan) throws(JSONError) {
      var json = JSONReader(line)
      guard try json.peek() == .object else {
        problem = "a command is an object: {\"id\":1,\"method\":\"ping\"}"
        return try json.skip()
      }
      try json.enterObject()
      while let key = try json.nextKey() {
        let kind = try json.peek()
        if key == "id", kind == .string || kind == .number {
          let raw = String(copying: try json.raw())
          if raw.utf8.count <= Request.maxIDBytes { id = raw } else { problem = "id is too long" }
        } else if key == "method", kind == .string {
          method = try json.string().text
        } else if key == "params", kind == .object {
          params = try json.raw().withUnsafeBytes { Array($0) }
        } else if key == "jsonrpc" {
          if String(copying: try json.raw()) != "\"2.0\"" { problem = "jsonrpc is not \"2.0\"" }
        } else {
          problem = "a command has id, method and params, and no usable '\(key.text)'"
          try json.skip()
        }
      }
      try json.finish()
      if id == nil, problem == nil { problem = "id is missing: a string or a number" }
      if method == nil, problem == nil { problem = "method is missing" }
    }
  }

  private static func command(
    _ method: String, _ params: [UInt8], venues: [VenueID]
  ) throws -> Command {
    switch method {
    case "hello": return .hello(try hello(params))
    case "subscribe":
      let (selection, view) = try subscription(params, venues, allows: Keys.subscribe)
      guard selection.channels != nil, selection.names != nil else {
        throw Refusal(Refusal.invalidParams, "subscribe needs channels and symbols")
      }
      return .subscribe(selection, view)
    case "unsubscribe": return .unsubscribe(try subscription(params, venues).0)
    case "snapshot": return .snapshot(try subscription(params, venues).0)
    case "markets": return .markets(try subscription(params, venues, allows: Keys.markets).0)
    case "status", "stats", "ping", "beat", "shutdown", "disarm":
      try nothing(params)
      return plain[method]!
    default:
      if let command = try orderCommand(method, params, venues: venues) { return command }
      throw Refusal(Refusal.unknownMethod, "unsupported", "there is no method '\(method)'")
    }
  }

  private static let plain: [String: Command] = [
    "status": .status, "stats": .stats, "ping": .ping, "beat": .beat, "shutdown": .shutdown,
    "disarm": .disarm,
  ]

  private static func nothing(_ params: [UInt8]) throws {
    var json = JSONReader(params.span.bytes)
    try json.enterObject()
    while let key = try json.nextKey() { throw unknown(key.text, of: []) }
  }

  static func unknown(_ key: String, of known: [String]) -> Refusal {
    let list = known.isEmpty ? "there are none" : "there are " + known.joined(separator: ", ")
    return Refusal(Refusal.invalidParams, "there is no parameter '\(key)'; \(list)")
  }

  // MARK: hello

  private static func hello(_ params: [UInt8]) throws -> Command.Hello {
    var hello = Command.Hello()
    var json = JSONReader(params.span.bytes)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "resume" {
        try json.enterObject()
        while let key = try json.nextKey() {
          if key == "seq" {
            hello.resume = UInt64(try whole(&json, "resume.seq", 0...Int64.max))
          } else if key == "journal" {
            hello.journal = try json.string().text
          } else {
            throw unknown("resume.\(key.text)", of: ["resume.seq", "resume.journal"])
          }
        }
        if hello.resume == nil { throw Refusal(Refusal.invalidParams, "resume has no seq") }
      } else if key == "parent_pid" {
        hello.parent = Int32(try whole(&json, "parent_pid", 2...Int64(Int32.max)))
      } else if key == "beat_ms" {
        hello.beatMilliseconds = UInt64(try whole(&json, "beat_ms", 100...600_000))
      } else if key == "heartbeat_ms" {
        let milliseconds = try whole(&json, "heartbeat_ms", 0...600_000)
        guard milliseconds == 0 || milliseconds >= 100 else {
          throw Refusal(Refusal.invalidParams, "heartbeat_ms is 100 to 600000, or 0 for none")
        }
        hello.heartbeatMilliseconds = UInt64(milliseconds)
      } else if key == "decimals" {
        let form = try json.string().text
        guard form == "string" || form == "number" else {
          throw Refusal(Refusal.invalidParams, "decimals is string or number")
        }
        hello.bareNumbers = form == "number"
      } else if key == "deadman" {
        hello.deadMan = try deadMan(&json)
      } else if key == "cancel_on_disconnect" {
        hello.cancelsOnDisconnect = try json.bool()
      } else {
        throw unknown(
          key.text,
          of: [
            "resume", "parent_pid", "beat_ms", "heartbeat_ms", "deadman", "cancel_on_disconnect",
            "decimals",
          ])
      }
    }
    return hello
  }

  static func whole(
    _ json: inout JSONReader, _ name: String, _ range: ClosedRange<Int64>
  ) throws -> Int64 {
    guard try json.peek() == .number else {
      throw Refusal(Refusal.invalidParams, "\(name) is a whole number")
    }
    let value = try json.integer()
    guard range.contains(value) else {
      throw Refusal(
        Refusal.invalidParams, "\(name) is \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  // MARK: Topics

  private enum Keys {
    static let markets = ["venues", "symbols"]
    static let topics = ["venues", "channels", "symbols"]
    static let subscribe = topics + ["conflate_ms", "depth"]
  }

  private static func subscription(
    _ params: [UInt8], _ venues: [VenueID], allows keys: [String] = Keys.topics
  ) throws -> (Command.Selection, Command.View) {
    var (selection, view) = (Command.Selection(), Command.View())
    var json = JSONReader(params.span.bytes)
    try json.enterObject()
    while let key = try json.nextKey() {
      guard keys.contains(where: { $0 == key.text }) else { throw unknown(key.text, of: keys) }
      if key == "venues" {
        selection.venues = try list(&json, "venues") { name throws in
          try venue(name, among: venues)
        }
      } else if key == "channels" {
        selection.channels = try list(&json, "channels") { name throws in
          if let channel = Channel(rawValue: name) { return channel }
          let known = Channel.allCases.map(\.rawValue).joined(separator: ", ")
          throw Refusal(Refusal.invalidParams, "there is no channel '\(name)'; there are \(known)")
        }
      } else if key == "symbols" {
        selection.names = try list(&json, "symbols") { name throws in
          try market(name)
        }
      } else if key == "conflate_ms" {
        let milliseconds = UInt64(try whole(&json, "conflate_ms", 0...600_000))
        view.conflation = milliseconds == 0 ? nil : milliseconds * 1_000_000
      } else {
        view.depth = Int(try whole(&json, "depth", 1...10_000))
      }
    }
    return (selection, view)
  }

  private static func list<Element>(
    _ json: inout JSONReader, _ name: String, _ make: (String) throws -> Element
  ) throws -> [Element] {
    guard try json.peek() == .array else {
      throw Refusal(Refusal.invalidParams, "\(name) is a list of strings")
    }
    var elements: [Element] = []
    try json.enterArray()
    while try json.nextElement() {
      guard try json.peek() == .string else {
        throw Refusal(Refusal.invalidParams, "\(name) is a list of strings")
      }
      guard elements.count < maxNames else {
        throw Refusal(Refusal.invalidParams, "\(name) has more than \(maxNames) elements")
      }
      elements.append(try make(try json.string().text))
    }
    guard !elements.isEmpty else {
      throw Refusal(Refusal.invalidParams, "\(name) is empty")
    }
    return elements
  }
}

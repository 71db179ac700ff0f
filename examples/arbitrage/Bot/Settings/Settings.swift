import PerpCore

/// A bot's settings, each from the highest of: command line, settings file, environment (before it
/// the file of `--env-file`), preset, default. A setting called `preset` names the preset. (C-08,
/// C-19)
package struct Settings: Equatable, Sendable {
  package enum Source: String, Sendable {
    case commandLine = "command line"
    case file
    case environment
    case preset
    case fallback = "default"
  }

  /// All that is wrong, one line each.
  package struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
    package let lines: [String]
    package init(lines: [String]) { self.lines = lines }
    package var description: String { lines.joined(separator: "\n") }
  }

  private let parameters: [Parameter]
  private var values: [String: (text: String, source: Source)] = [:]

  /// `arguments` as they stand on the command line, `file` as names and values, `environment` with
  /// the variables of the environment file among it.
  package init(
    _ parameters: [Parameter], arguments: [String], file: [(String, String)] = [],
    environment: [String: String] = [:]
  ) throws(Problem) {
    self.parameters = parameters
    var complaints: [String] = []
    let given = Self.read(arguments, parameters, &complaints)
    for (name, _) in file where !parameters.contains(where: { $0.name == name }) {
      complaints.append("settings file: there is no setting \(name)")
    }
    let preset = parameters.first { $0.name == "preset" }.flatMap { parameter in
      given["preset"] ?? file.last { $0.0 == "preset" }?.1 ?? parameter.fallback
    }
    for parameter in parameters {
      let fromFile = file.last { $0.0 == parameter.name }?.1
      let fromEnvironment = parameter.variable.flatMap { environment[$0] }
      let candidates: [(String?, Source)] = [
        (given[parameter.name], .commandLine), (fromFile, .file),
        (fromEnvironment, .environment), (preset.flatMap { parameter.presets[$0] }, .preset),
        (parameter.fallback, .fallback),
      ]
      guard let (text, source) = candidates.first(where: { $0.0 != nil }), let text else {
        let variable = parameter.variable.map { ", or set \($0)" } ?? ""
        complaints.append(
          "--\(parameter.name) is missing (\(parameter.meaning)): give it\(variable)")
        continue
      }
      if source != .fallback, let complaint = parameter.complaint(about: text) {
        let shown = parameter.isSecret ? "its value" : "\"\(text)\""
        complaints.append("--\(parameter.name): \(shown) \(complaint) (\(source.rawValue))")
      }
      values[parameter.name] = (text, source)
    }
    guard complaints.isEmpty else { throw Problem(lines: complaints) }
  }

  private static func read(
    _ arguments: [String], _ parameters: [Parameter], _ complaints: inout [String]
  ) -> [String: String] {
    var given: [String: String] = [:]
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--") else {
        complaints.append("\"\(argument)\" is no setting: settings begin with --")
        continue
      }
      let halves = argument.dropFirst(2).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(halves[0])
      guard let parameter = parameters.first(where: { $0.name == name }) else {
        complaints.append("there is no setting --\(name)")
        if halves.count == 1, rest.first?.hasPrefix("--") == false { rest.removeFirst() }
        continue
      }
      if parameter.isSecret {
        // Everybody on the machine can read it there.
        let place = parameter.variable.map { "set \($0)" } ?? "put it into a file"
        complaints.append("--\(name) is a secret, which others can see here: \(place) instead")
      }
      if halves.count == 2 {
        given[name] = String(halves[1])
      } else if parameter.kind == .flag {
        given[name] = "true"
      } else if let value = rest.popFirst() {
        given[name] = value
      } else {
        complaints.append("--\(name) needs a value")
      }
    }
    return given
  }

  package func text(_ name: String) -> String { values[name]?.text ?? "" }
  package func source(_ name: String) -> Source? { values[name]?.source }
  package func decimal(_ name: String) -> Decimal { Decimal(text(name)) ?? .zero }
  package func integer(_ name: String) -> Int { Int(text(name)) ?? 0 }
  package func flag(_ name: String) -> Bool { Parameter.yes.contains(text(name).lowercased()) }

  /// Somebody has said what it is.
  package func isTold(_ name: String) -> Bool { source(name) != .fallback }

  /// Nanoseconds.
  package func span(_ name: String) -> UInt64 {
    UInt64(clamping: decimal(name).times(Decimal(1_000_000_000)).rescaled(to: 0)?.mantissa ?? 0)
  }

  /// One line for each setting, secrets masked but for their last four characters.
  package var listing: [String] {
    parameters.map { parameter in
      let value = text(parameter.name)
      let shown = parameter.isSecret ? Self.mask(value) : value
      let source = values[parameter.name]?.source.rawValue ?? ""
      return "\(parameter.name) = \(shown) (\(source))"
    }
  }

  /// Names and values of what was told, but for secrets.
  package var shareable: [(name: String, value: String)] {
    parameters.filter { isTold($0.name) && !$0.isSecret }.map { ($0.name, text($0.name)) }
  }

  package static func mask(_ secret: String) -> String {
    secret.isEmpty ? "" : secret.count > 8 ? "****\(secret.suffix(4))" : "****"
  }

  /// What `--help` says of them.
  package static func help(_ parameters: [Parameter]) -> String {
    parameters.map { parameter in
      let fallback =
        parameter.fallback.map { $0.isEmpty ? "" : " (default \($0))" } ?? " (required)"
      let variable = parameter.variable.map { " [\($0)]" } ?? ""
      return "  --\(parameter.name)\(fallback)\(variable)\n      \(parameter.meaning)"
    }.joined(separator: "\n")
  }

  package static func == (left: Settings, right: Settings) -> Bool {
    left.listing == right.listing
  }
}

/// `NAME=value` lines, as environment files and settings files have them.
package enum Assignments {
  package struct Problem: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(description: String) { self.description = description }
  }

  /// Blank lines and those that begin with `#` are passed over, `export` before a name too; a value
  /// may stand in quotes.
  package static func read(_ text: String, of file: String) throws(Problem) -> [(String, String)] {
    var result: [(String, String)] = []
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() {
      var line = trim(line)
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      if line.hasPrefix("export ") { line = trim(line.dropFirst(7)) }
      let halves = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2, !trim(halves[0]).isEmpty else {
        throw Problem(description: "\(file), line \(index + 1): expected NAME=value")
      }
      result.append((String(trim(halves[0])), String(unquoted(trim(halves[1])))))
    }
    return result
  }

  private static func trim(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }

  private static func unquoted(_ text: Substring) -> Substring {
    for quote in ["\"", "'"] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote)
    {
      return text.dropFirst().dropLast()
    }
    return text
  }
}

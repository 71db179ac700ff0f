import PerpCore

extension ConfigurationKey {
  /// Its value by what a file says, at `place`.
  func value(_ value: TOMLValue, at place: String) throws(ConfigurationError)
    -> Configuration.Value
  {
    switch (form, value) {
    case (.text, .string(let text)), (.path, .string(let text)), (.setting, .string(let text)):
      return .text(text)
    case (.word, .string(let text)): return try word(text, at: place)
    case (.setting, .integer(let number)): return .text("\(number)")
    case (.number, .integer(let number)): return try self.number("\(number)", at: place)
    case (.number, .string(let text)): return try number(text, at: place)
    case (.setting, .boolean(let isOn)): return .text("\(isOn)")
    case (.boolean, .boolean(let isOn)): return .boolean(isOn)
    case (.users, .integers(let list)): return try users(list.map(String.init), at: place)
    case (.users, .strings([])): return .list([])
    case (.words, .strings(let list)): return try words(list, at: place)
    case (.command, .strings(let list)) where list.first?.isEmpty == false: return .list(list)
    default: throw ConfigurationError(place, "'\(name)' must be \(wanted)")
    }
  }

  /// Its value by what its variable says.
  func value(variable text: String) throws(ConfigurationError) -> Configuration.Value {
    switch form {
    case .text, .path, .setting: return .text(text)
    case .word: return try word(text, at: variable)
    case .number: return try number(text, at: variable)
    case .boolean:
      guard text == "true" || text == "false" else {
        throw ConfigurationError(variable, "'\(name)' must be \(wanted)")
      }
      return .boolean(text == "true")
    case .users: return try users(text.split(separator: ",").map(String.init), at: variable)
    case .words: return try words(text.split(separator: ",").map(String.init), at: variable)
    case .command: return .list(text.split(separator: " ").map(String.init))
    }
  }

  func value(standard text: String) -> Configuration.Value {
    form == .boolean ? .boolean(text == "true") : .text(text)
  }

  private func word(
    _ text: String, at place: String
  ) throws(ConfigurationError) -> Configuration.Value {
    guard case .word(let words) = form, words.contains(text) else {
      throw ConfigurationError(place, "'\(name)' is \"\(text)\", but must be \(wanted)")
    }
    return .text(text)
  }

  private func number(
    _ text: String, at place: String
  ) throws(ConfigurationError) -> Configuration.Value {
    guard let number = Decimal(text), !number.isNegative else {
      throw ConfigurationError(place, "'\(name)' is \"\(text)\", but must be \(wanted)")
    }
    return .text(text)
  }

  private func words(
    _ list: [String], at place: String
  ) throws(ConfigurationError) -> Configuration.Value {
    guard case .words(let words) = form else { return .list(list) }
    if let unknown = list.first(where: { !words.contains($0) }) {
      throw ConfigurationError(place, "'\(name)' has \"\(unknown)\", but must be \(wanted)")
    }
    return .list(list)
  }

  private func users(
    _ list: [String], at place: String
  ) throws(ConfigurationError) -> Configuration.Value {
    guard list.allSatisfy({ UInt32($0) != nil }) else {
      throw ConfigurationError(place, "'\(name)' must be \(wanted)")
    }
    return .list(list)
  }

  private var wanted: String {
    switch form {
    case .text: "a text in quotes"
    case .path: "a path in quotes"
    case .word(let words): "one of " + words.joined(separator: ", ")
    case .boolean: "true or false"
    case .number: "a number from 0 on, such as 1000 or \"0.5\""
    case .words(let words): "a list of " + words.joined(separator: ", ")
    case .users: "a list of users by number, such as [1000, 1001]"
    case .setting: "a text in quotes, a whole number, true or false"
    case .command: "a program and its arguments, such as [\"pass\", \"show\", \"venue\"]"
    }
  }
}

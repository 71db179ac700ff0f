import CPerpIO

/// The variables of this process.
package enum ProcessEnvironment {
  /// As programs are started with.
  package static var pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    perp_environment()
  }

  package static func variables() -> [String: String] {
    var result: [String: String] = [:]
    var entry = pointer
    while let text = entry.pointee.map({ String(cString: $0) }) {
      let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if sides.count == 2 { result[String(sides[0])] = String(sides[1]) }
      entry += 1
    }
    return result
  }

  /// Takes the variable out: neither programs we start nor those who may look at this process have
  /// it any more. Nil where it is not set, or longer than any secret is.
  package static func take(_ name: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64 << 10) { value in
      defer { value.update(repeating: 0) }
      guard perp_take_variable(name, value.baseAddress!, value.count) >= 0 else { return nil }
      return String(cString: value.baseAddress!)
    }
  }
}

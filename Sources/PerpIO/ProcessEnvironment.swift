import CPerpIO

/// The variables of this process. Nothing here changes them.
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
}

import Foundation

/// How many seeds a test runs: as many as `PERPWIRE_SEEDS` says, or as many as it does usually.
package func seedCount(_ usual: Int) -> Int {
  ProcessInfo.processInfo.environment["PERPWIRE_SEEDS"].flatMap { Int($0) } ?? usual
}

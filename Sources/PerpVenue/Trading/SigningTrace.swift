/// The values on the way from an order to its signature, for those who compare them with another
/// program's. None of them is secret: the number that a signature takes from its key is left out.
package struct SigningTrace: Equatable, Sendable {
  package struct Step: Equatable, Sendable {
    package let name: String
    /// More than one where the step is a list.
    package let values: [String]
  }

  package private(set) var steps: [Step] = []
  /// Whether the public key says that the signature is right; nil where nothing is signed.
  package var isVerified: Bool?

  package init() {}

  package mutating func add(_ name: String, _ values: [String]) {
    steps.append(Step(name: name, values: values))
  }
}

/// Something of the user's that must not be seen: it prints as `(secret)`, however it is printed.
package struct Secret: Equatable, Sendable {
  /// To be taken out where it is sent, and nowhere else.
  package let value: String

  package init(_ value: String) { self.value = value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "(secret)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

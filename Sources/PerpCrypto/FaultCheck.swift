/// A fault while signing, of memory or of the processor, can give the key away with the signature:
/// so each is verified before it leaves. (`reliability.md`, K05; Boneh, DeMillo, Lipton, "On the
/// Importance of Checking Cryptographic Protocols for Faults", 1997.)
enum FaultCheck {
  private static let attempts = 3

  /// The first signature that is right. A machine on which none of three is must not sign.
  static func signature<Signature>(
    _ sign: () -> Signature, isRight: (Signature) -> Bool
  ) -> Signature {
    for _ in 0..<attempts {
      let signature = sign()
      if isRight(signature) { return signature }
    }
    preconditionFailure("\(attempts) signatures in a row were wrong: this machine computes wrongly")
  }
}

import PerpCore

extension VenueDescriptor {
  /// What speaks to the venue: one session where that is enough, else a bundle of them.
  /// `isRacing` asks for every stream twice.
  package func session(_ options: SessionOptions, isRacing: Bool = false) -> any VenueSession {
    guard isRacing || maxTopics != nil || maxConnectionAge != nil else {
      return makeSession(options)
    }
    var policy = SessionBundle.Policy()
    policy.copies = isRacing ? 2 : 1
    policy.maxTopics = maxTopics ?? .max
    policy.maxAge = maxConnectionAge
    policy.sharesSequences = sharesSequences
    return bundle(options, policy)
  }

  package func bundle(
    _ options: SessionOptions, _ policy: SessionBundle.Policy
  ) -> SessionBundle {
    var part = options
    // Lanes that start together share what the venue allows; those that spread topics may be two.
    part.share = policy.copies * (policy.maxTopics == .max ? 1 : 2)
    let (options, make) = (part, makeSession)
    return SessionBundle(venue: id, policy: policy, seed: options.seed) { seed in
      var lane = options
      lane.seed = seed
      return make(lane)
    }
  }
}

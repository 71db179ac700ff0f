/// What all sessions of a loop share to reach their venues.
package final class Network {
  package let loop: EventLoop
  package let https: HTTPS
  let resolver: Resolver
  let roots: TrustedRoots
  package var counters = Counters()

  package struct Counters {
    /// Connections given up because the venue did not take what we sent.
    package var sendQueuesOverrun = 0
  }

  package init(loop: EventLoop, roots: TrustedRoots) {
    self.loop = loop
    self.roots = roots
    https = HTTPS(loop: loop, roots: roots)
    resolver = Resolver(loop: loop)
  }
}

import CPerpIO

/// What keeps keys in this process's memory from others. (`prctl(2)`, `CRYPTO_secure_malloc(3)`.)
package enum MemoryGuard {
  /// Room for the keys of every account, which are some forty bytes each.
  private static let heapBytes = 64 << 10

  /// From here on no core file is written of this process, nobody else of the same user may look
  /// into it, and keys lie on pages of their own that are neither swapped nor dumped. False when
  /// the system does not grant all of it: the rest holds even so.
  package static func raise() -> Bool { perp_guard_memory(heapBytes) == 0 }
}

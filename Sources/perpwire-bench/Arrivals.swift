import CPerpBench
import Glibc
import PerpCore
import PerpIO

/// Reads what a candidate writes and knows each message again.
struct Arrivals {
  enum Form {
    /// Lines, in which the venue's sequence number stands as `"venue_seq":"7000000001"`.
    case lines(firstSequence: Int64)
    /// The venue's messages as they are, each behind its length in four bytes.
    case lengths
  }

  private static let key: StaticString = #""venue_seq":""#

  private let form: Form
  private let traffic: Traffic
  private var buffer = [UInt8](repeating: 0, count: 1 << 20)
  private var kept = 0
  private(set) var next = 0
  /// Messages that came out, each once.
  private(set) var count = 0
  private(set) var paced: [UInt64] = []
  private(set) var bursts: [UInt64] = []

  init(_ form: Form, _ traffic: Traffic) {
    self.form = form
    self.traffic = traffic
  }

  /// Takes what one read gives; false at the end of the stream.
  mutating func read(from descriptor: Int32, waiting milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, milliseconds) > 0 else { return true }
    let room = buffer.count - kept
    let length = buffer.withUnsafeMutableBytes {
      Glibc.read(descriptor, $0.baseAddress.unsafelyUnwrapped + kept, room)
    }
    guard length > 0 else { return length < 0 && errno == EINTR }
    let now = Clock.now().monotonic
    let end = kept + length
    let taken = buffer.withUnsafeBytes { bytes in
      let bytes = UnsafeRawBufferPointer(rebasing: bytes[..<end])
      return switch form {
      case .lines(let first): takeLines(bytes, first, at: now)
      case .lengths: takeLengths(bytes, at: now)
      }
    }
    buffer.withUnsafeMutableBytes {
      $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[taken..<end]))
    }
    kept = end - taken
    traffic.arrived.store(next, ordering: .releasing)
    return kept < buffer.count
  }

  private mutating func takeLines(
    _ bytes: UnsafeRawBufferPointer, _ first: Int64, at now: UInt64
  ) -> Int {
    var start = 0
    while let end = bytes.find("\n", from: start) {
      if let key = bytes.find(Self.key, from: start), key < end {
        var number: Int64 = 0
        var index = key + Self.key.utf8CodeUnitCount
        while index < end, bytes[index] &- 0x30 <= 9 {
          number = number &* 10 &+ Int64(bytes[index] &- 0x30)
          index += 1
        }
        arrived(Int(number - first), at: now)
      }
      start = end + 1
    }
    return start
  }

  private mutating func takeLengths(_ bytes: UnsafeRawBufferPointer, at now: UInt64) -> Int {
    var start = 0
    while start + 4 <= bytes.count {
      let length = Int(bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
      guard start + 4 + length <= bytes.count else { break }
      start += 4 + length
      arrived(next, at: now)
    }
    return start
  }

  /// What is not of the traffic has another number.
  private mutating func arrived(_ place: Int, at now: UInt64) {
    guard place >= next, place < traffic.limit else { return }
    next = place + 1
    count += 1
    guard place < traffic.floodStart else { return }
    let age = now - traffic.timeSent(place)
    if traffic.paced.contains(place) { paced.append(age) }
    if traffic.bursts.contains(place) { bursts.append(age) }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func find(_ text: StaticString, from start: Int) -> Int? {
    guard let baseAddress else { return nil }
    let place = text.withUTF8Buffer { text in
      text.withMemoryRebound(to: CChar.self) {
        bench_find(baseAddress + start, count - start, $0.baseAddress, $0.count)
      }
    }
    return place < 0 ? nil : start + place
  }
}

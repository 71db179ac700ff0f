import CPerpBench
import Glibc
import PerpCore
import PerpIO

/// What has arrived of one venue's traffic.
struct Track {
  let traffic: Traffic
  /// As a line has them: `"paradex"` and `"venue_seq":"`.
  fileprivate let venue: [UInt8]
  fileprivate let key: [UInt8]
  private let firstSequence: Int64
  /// The place after that of the newest message.
  private(set) var next = 0
  /// Messages since the warm-up that came out, each once.
  private var count = 0
  private(set) var paced: [UInt64] = []
  private(set) var bursts: [UInt64] = []

  init(_ feed: Feed, _ traffic: Traffic) {
    self.traffic = traffic
    venue = Array("\"\(feed.venue.id)\"".utf8)
    key = Array("\"\(feed.sample.sequenceKey)\":\"".utf8)
    firstSequence = feed.sample.firstSequence
  }

  /// Since the warm-up, in which a session may have to find its way.
  var leftOut: Int { next - traffic.paced.lowerBound - count }
  var isInFlood: Bool { next >= traffic.floodStart }
  var isOver: Bool {
    traffic.isOver.load(ordering: .acquiring) && next == traffic.sent.load(ordering: .acquiring)
  }

  fileprivate mutating func arrived(number: Int64, at now: UInt64) {
    arrived(Int(number - firstSequence), at: now)
  }

  /// What is not of the traffic has another number.
  fileprivate mutating func arrived(_ place: Int, at now: UInt64) {
    guard place >= next, place < traffic.limit else { return }
    next = place + 1
    guard place >= traffic.paced.lowerBound else { return }
    count += 1
    guard place < traffic.floodStart else { return }
    let age = now - traffic.timeSent(place)
    if traffic.paced.contains(place) { paced.append(age) }
    if traffic.bursts.contains(place) { bursts.append(age) }
  }
}

/// Reads what a candidate writes and knows each message again.
struct Arrivals {
  enum Form {
    /// Lines, in which the venue stands as `"venue":"paradex"` and each message has its number.
    case lines
    /// The venue's messages as they are, each behind its length in four bytes.
    case lengths
  }

  private static let newline = Array("\n".utf8)
  private static let venueKey = Array(#""venue":"#.utf8)

  private let form: Form
  private var buffer = [UInt8](repeating: 0, count: 1 << 20)
  private var kept = 0
  private(set) var tracks: [Track]

  init(_ form: Form, _ tracks: [Track]) {
    self.form = form
    self.tracks = tracks
  }

  /// Places passed, of all together.
  var next: Int { tracks.reduce(0) { $0 + $1.next } }

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
      case .lines: takeLines(bytes, at: now)
      case .lengths: takeLengths(bytes, at: now)
      }
    }
    buffer.withUnsafeMutableBytes {
      $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[taken..<end]))
    }
    kept = end - taken
    for track in tracks { track.traffic.arrived.store(track.next, ordering: .releasing) }
    return kept < buffer.count
  }

  private mutating func takeLines(_ bytes: UnsafeRawBufferPointer, at now: UInt64) -> Int {
    var start = 0
    while let end = bytes.find(Self.newline, from: start) {
      takeLine(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), at: now)
      start = end + 1
    }
    return start
  }

  /// Peers need not tell the venue where there is only one.
  private mutating func takeLine(_ line: UnsafeRawBufferPointer, at now: UInt64) {
    let venue = (line.find(Self.venueKey, from: 0) ?? 0) + Self.venueKey.count
    let rest = line[min(venue, line.count)...]
    let track = tracks.count == 1 ? 0 : tracks.firstIndex { rest.starts(with: $0.venue) }
    guard let track, let key = line.find(tracks[track].key, from: 0) else { return }
    let digits = line[(key + tracks[track].key.count)...].prefix { $0 &- 0x30 <= 9 }
    let number = digits.reduce(Int64(0)) { $0 &* 10 &+ Int64($1 &- 0x30) }
    tracks[track].arrived(number: number, at: now)
  }

  private mutating func takeLengths(_ bytes: UnsafeRawBufferPointer, at now: UInt64) -> Int {
    var start = 0
    while start + 4 <= bytes.count {
      let length = Int(bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
      guard start + 4 + length <= bytes.count else { break }
      start += 4 + length
      // What comes before is a greeting or an answer.
      guard tracks[0].next < tracks[0].traffic.sent.load(ordering: .acquiring) else { continue }
      tracks[0].arrived(tracks[0].next, at: now)
    }
    return start
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func find(_ text: [UInt8], from start: Int) -> Int? {
    guard let baseAddress else { return nil }
    let place = text.withUnsafeBytes { text in
      bench_find(
        baseAddress + start, count - start, text.baseAddress?.assumingMemoryBound(to: CChar.self),
        text.count)
    }
    return place < 0 ? nil : start + place
  }
}

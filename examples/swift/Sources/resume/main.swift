// Writes a gateway's lossless lines to a file, each of them once, through its restarts and ours.
//   perpwire serve --socket ~/perpwire.sock --journal ~/perpwire.sqlite &
//   swift run resume ~/perpwire.sock lines.jsonl [BTC]
// The file is the memory as well: whoever starts again goes on behind its last line.
import Foundation
import Lines

/// What we look at, of any line.
struct Line: Decodable {
  struct Journal: Decodable { let id: String, last: Int }
  struct Failure: Decodable { let message: String }

  let type: String?
  let seq, to: Int?
  let journal: Journal?
  let error: Failure?

  init?(_ text: String) {
    guard let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)) else { return nil }
    self = line
  }
}

/// The file, and where one is behind its last line.
struct Memory {
  private let file: Int32
  private(set) var journal = ""
  private(set) var seq = 0

  init(_ path: String) {
    file = open(path, O_RDWR | O_CREAT | O_APPEND, 0o644)
    if file < 0 { fail("\(path): \(String(cString: strerror(errno)))") }
    var whole = 0
    for text in Lines(descriptor: open(path, O_RDONLY)) {
      guard let line = Line(text) else { fail("\(path): not understood: \(text)") }
      advance(line)
      whole += text.utf8.count + 1
    }
    ftruncate(file, off_t(whole))  // a torn line goes
  }

  private mutating func advance(_ line: Line) {
    if let held = line.journal { (journal, seq) = (held.id, held.last) }
    if let number = line.type == "gap_fill" ? line.to : line.seq { seq = number }
  }

  mutating func write(_ text: String, _ line: Line) {
    // Whole, and before anything else.
    guard say(text, to: file) else { fail(String(cString: strerror(errno))) }
    advance(line)
  }
}

func say(_ text: String, to descriptor: Int32) -> Bool {
  let bytes = Array((text + "\n").utf8)
  return write(descriptor, bytes, bytes.count) == bytes.count
}

/// One connection, to its end.
func follow(_ path: String, asset: String, into memory: inout Memory) {
  let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
  let result = withUnsafeBytes(of: &address) {
    connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress!, UInt32($0.count))
  }
  let lines = Lines(descriptor: descriptor)
  guard result == 0, let text = lines.next(), let hello = Line(text) else { return }
  if hello.journal?.id != memory.journal { memory.write(text, hello) }  // another: beginning anew
  let place = #"{"seq":\#(memory.seq),"journal":"\#(memory.journal)"}"#
  let topics = #"{"channels":["bbo"],"symbols":["\#(asset)"]}"#
  guard say(#"{"id":1,"method":"hello","params":{"resume":\#(place)}}"#, to: descriptor),
    say(#"{"id":2,"method":"subscribe","params":\#(topics)}"#, to: descriptor)
  else { return }
  for text in lines {
    guard let line = Line(text) else { fail("not understood: \(text)") }
    if let error = line.error { fail(error.message) }
    guard line.type == "gap_fill" || line.seq ?? 0 > memory.seq else { continue }
    if let seq = line.seq, seq != memory.seq + 1 { fail("\(seq) after \(memory.seq): cannot be") }
    memory.write(text, line)
  }
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 2 else { fail("resume SOCKET FILE [ASSET]") }
signal(SIGPIPE, SIG_IGN)
var memory = Memory(arguments[1])
while true {
  follow(arguments[0], asset: arguments.count > 2 ? arguments[2] : "BTC", into: &memory)
  usleep(200_000)  // the gateway is gone; it will be back
}

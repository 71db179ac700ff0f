import Glibc

/// Tells what is appended to the logs of several runs, whoever they belong to, as it comes. (S2-31)
struct LogFollower {
  private static let interval: UInt32 = 200_000
  private static let pieceBytes = 64 << 10

  let folder: String
  /// Of names of files.
  let beginning: String
  let ending: String
  /// How far each has been told.
  private var places: [String: off_t] = [:]
  private var rests: [String: [UInt8]] = [:]

  init(_ folder: String, beginning: String, ending: String) {
    (self.folder, self.beginning, self.ending) = (folder, beginning, ending)
  }

  /// Without end. What the files have already is not told.
  mutating func follow(_ tell: (_ name: String, _ line: String) -> Void) throws {
    for name in try names() { places[name] = size(of: name) }
    while true {
      for name in try names().sorted() { read(name, tell) }
      usleep(Self.interval)
    }
  }

  /// What stands between beginning and ending: ticker and account.
  private func names() throws -> [String] {
    guard let directory = opendir(folder) else { throw Failure("\(folder): \(systemError())") }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix(beginning), name.hasSuffix(ending) else { continue }
      names.append(String(name.dropFirst(beginning.count).dropLast(ending.count)))
    }
    return names
  }

  private func path(_ name: String) -> String { "\(folder)/\(beginning)\(name)\(ending)" }

  private func size(of name: String) -> off_t {
    var status = stat()
    return stat(path(name), &status) == 0 ? status.st_size : 0
  }

  private mutating func read(_ name: String, _ tell: (String, String) -> Void) {
    let (place, size) = (places[name] ?? 0, size(of: name))
    // A file that has shrunk has begun anew.
    if size < place { (places[name], rests[name]) = (0, nil) }
    guard size != place else { return }
    let file = open(path(name), O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
    let count = pread(file, &piece, piece.count, places[name] ?? 0)
    guard count > 0 else { return }
    places[name, default: 0] += off_t(count)
    var lines = (rests[name] ?? []) + piece[..<count]
    while let end = lines.firstIndex(of: UInt8(ascii: "\n")) {
      tell(name, String(decoding: lines[..<end], as: UTF8.self))
      lines.removeSubrange(...end)
    }
    rests[name] = lines
  }
}

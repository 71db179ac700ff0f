import ArgumentParser
import Glibc
import PerpIO
import PerpSetup
import PerpVenues

/// `--config`, and the files that are read without it.
struct ConfigurationOptions: ParsableArguments {
  /// A longer file is a mistake.
  private static let maxBytes = 1 << 20

  @Option(
    name: .customLong("config"),
    help: ArgumentHelp(
      "Read this file, and no other. Without it ./perpwire.toml, "
        + "~/.config/perpwire/config.toml and /etc/perpwire/perpwire.toml.",
      valueName: "file"))
  var file: String?

  /// All that is set: by these flags, the process environment, files. Throws a `Failure` where any
  /// of it is not understood.
  func load(_ flags: [Configuration.Flag]) throws -> Configuration {
    let files = try file.map { [try Self.read($0, isNamed: true)] } ?? Self.search()
    do throws(ConfigurationError) {
      return try Configuration(
        venues: Registry.venues, flags: flags, environment: ProcessEnvironment.variables(),
        files: files)
    } catch { throw Failure(.configuration, error.description) }
  }

  /// The files that are there, the one that wins first.
  private static func search() throws -> [Configuration.File] {
    var paths = ["perpwire.toml"]
    // A relative path in the variable is to be ignored, says its specification.
    if let folder = environmentVariable("XDG_CONFIG_HOME"), folder.hasPrefix("/") {
      paths.append("\(folder)/perpwire/config.toml")
    } else if let home = environmentVariable("HOME") {
      paths.append("\(home)/.config/perpwire/config.toml")
    }
    paths.append("/etc/perpwire/perpwire.toml")
    return try paths.filter { access($0, F_OK) == 0 }.map { try read($0, isNamed: false) }
  }

  private static func read(
    _ path: String, isNamed: Bool
  ) throws -> Configuration.File {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(.configuration, "\(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    // A file that was not asked for may lie in a folder where others write, such as /tmp, and
    // could send us to their server.
    var status = stat()
    let isOwn =
      fstat(descriptor, &status) == 0 && (status.st_uid == geteuid() || status.st_uid == 0)
    guard isNamed || isOwn else {
      throw Failure(
        .configuration, "\(path) belongs to another user; if you trust it, --config \(path)")
    }
    guard let bytes = bytes(of: descriptor, upTo: maxBytes) else {
      throw Failure(
        .configuration, "\(path) cannot be read, or is longer than \(maxBytes) bytes")
    }
    return Configuration.File(path, bytes)
  }
}

/// All that comes out of a descriptor; nil when it fails, or gives more than that.
func bytes(of descriptor: Int32, upTo limit: Int) -> [UInt8]? {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = Glibc.read(descriptor, &chunk, chunk.count)
    if count == 0 { return bytes }
    guard count > 0 || errno == EINTR else { return nil }
    bytes += chunk[..<max(count, 0)]
    guard bytes.count <= limit else { return nil }
  }
}

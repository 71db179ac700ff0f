import Glibc
import PerpGateway

/// What this process takes of the machine.
package struct ProcessUsage: Sendable {
  /// Nanoseconds of processor time.
  package var processorTime: UInt64
  package var residentBytes: UInt64
  package var openDescriptors: UInt64
  package var maxDescriptors: UInt64

  package static func now() -> ProcessUsage {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return ProcessUsage(
      processorTime: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec),
      residentBytes: residentPages() * UInt64(sysconf(Int32(_SC_PAGESIZE))),
      openDescriptors: descriptors(), maxDescriptors: UInt64(limit.rlim_cur))
  }

  package func write(into metrics: inout Metrics) {
    metrics.begin("process_cpu_seconds_total", .counter, "Processor time, user and system.")
    metrics.sample(Metrics.seconds(processorTime, 9))
    metrics.put("process_resident_memory_bytes", .gauge, residentBytes, "Resident memory.")
    metrics.put("process_open_fds", .gauge, openDescriptors, "Open file descriptors.")
    metrics.put("process_max_fds", .gauge, maxDescriptors, "Limit of open file descriptors.")
  }

  /// The second number of `/proc/self/statm` (proc(5)).
  private static func residentPages() -> UInt64 {
    let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var room = [UInt8](repeating: 0, count: 128)
    let count = read(descriptor, &room, room.count)
    let text = String(decoding: room.prefix(max(0, count)), as: UTF8.self)
    return text.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0
  }

  private static func descriptors() -> UInt64 {
    guard let folder = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(folder) }
    var count: UInt64 = 0
    while readdir(folder) != nil { count += 1 }
    // Itself, and the two that every folder has.
    return count - min(count, 3)
  }
}

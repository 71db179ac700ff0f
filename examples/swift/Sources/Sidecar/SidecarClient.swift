import Foundation
import Lines

/// The parent's side of `perpwire serve --s4` (`examples/sidecar/README.md`): starts the gateway,
/// starts it again whenever it ends, and never sends an order a second time.
package actor SidecarClient {
  package typealias Fields = [String: Any]

  package struct Event: @unchecked Sendable {
    /// As the gateway names it, such as `price_update`; also `restarting` with `delay_s` and
    /// `attempt`, which is ours.
    package let type: String
    /// Milliseconds since the epoch.
    package let timestamp: Int64
    /// Only property lists as `JSONSerialization` makes them, which nobody changes.
    package let data: Fields
  }

  package enum Problem: Error, CustomStringConvertible {
    case notConnected
    case timedOut(String)
    /// In the gateway's words. An order that `unknown` is said of may have been taken.
    case failed(String)

    package var description: String {
      switch self {
      case .notConnected: "the sidecar is not connected"
      case .timedOut(let what): "\(what) timed out: if it is an order, it may have been taken"
      case .failed(let cause): cause
      }
    }
  }

  /// Between two starts: doubled each time, until it has been ready for that long.
  package static let delays = (first: 0.5, longest: 30.0)

  private let program: String
  private let arguments: [String]
  private var process: Process?
  private var input: FileHandle?
  private var isClosing = false
  private var attempt = 0
  private var lastID = 0
  private var waiting: [Int: CheckedContinuation<Fields, any Error>] = [:]
  private var listeners: [UUID: AsyncStream<Event>.Continuation] = [:]
  private var lastPrice: Event?
  package private(set) var isConnected = false

  /// `arguments` come after `serve --s4`, such as `--sim`, or `--live --journal FILE`.
  package init(_ arguments: [String] = [], program: String? = nil) {
    self.arguments = arguments
    self.program =
      program ?? ProcessInfo.processInfo.environment["PERPWIRE"] ?? "perpwire"
  }

  // MARK: Being there

  /// Returns when the gateway is ready: prices flow, and orders can be placed.
  package func connect(timeout seconds: Double = 30) async throws {
    let events = watch("ready")
    if process == nil { try start() }
    if isConnected { return }
    let deadline = Task {
      try await Task.sleep(for: .seconds(seconds))
      self.close()
    }
    defer { deadline.cancel() }
    for await _ in events { return }
    throw Problem.timedOut("connect")
  }

  /// Whether a gateway can be started with these arguments, and gets ready.
  package static func testConnection(_ arguments: [String] = []) async -> Bool {
    let client = SidecarClient(arguments)
    let isReady = (try? await client.connect()) != nil
    await client.close()
    return isReady
  }

  /// Asks it to end, which cancels what was placed; after 3 s it is made to.
  package func close() {
    isClosing = true
    guard let process, process.isRunning else { return finish() }
    process.terminate()
    let pid = process.processIdentifier
    Task.detached {
      try? await Task.sleep(for: .seconds(3))
      if process.isRunning { kill(pid, SIGKILL) }
    }
  }

  private func start() throws {
    let process = Process()
    let (commands, output) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program, "serve", "--s4"] + arguments
    (process.standardInput, process.standardOutput) = (commands, output)
    try process.run()
    (self.process, input) = (process, commands.fileHandleForWriting)
    let descriptor = dup(output.fileHandleForReading.fileDescriptor)
    let (events, feed) = AsyncStream.makeStream(of: Event.self)
    Thread.detachNewThread {
      // By line, not by what a read brings; a line that is none does not end the stream.
      for line in Lines(descriptor: descriptor) {
        if let event = Event(line: line) { feed.yield(event) }
      }
      feed.finish()
    }
    Task {
      for await event in events { receive(event) }
      await ended()
    }
  }

  private func ended() async {
    isConnected = false
    input = nil
    for (_, continuation) in waiting {
      continuation.resume(throwing: Problem.failed("unknown: the gateway has ended"))
    }
    waiting = [:]
    guard !isClosing else { return finish() }
    let delay = min(Self.delays.longest, Self.delays.first * pow(2, Double(min(attempt, 10))))
    attempt += 1
    tell(Event("restarting", ["delay_s": delay, "attempt": attempt]))
    try? await Task.sleep(for: .seconds(delay))
    guard !isClosing else { return finish() }
    do { try start() } catch { await ended() }
  }

  private func finish() {
    for listener in listeners.values { listener.finish() }
    listeners = [:]
  }

  private func receive(_ event: Event) {
    switch event.type {
    case "ready": (isConnected, attempt) = (true, 0)
    case "disconnected": isConnected = false
    case "price_update": lastPrice = event
    case "command_result":
      guard let id = event.data["id"] as? Int, let waiter = waiting.removeValue(forKey: id) else {
        break
      }
      if event.data["success"] as? Bool == true {
        waiter.resume(returning: Event("", event.data["data"] as? Fields ?? [:]).data)
      } else {
        waiter.resume(throwing: Problem.failed(event.data["error"] as? String ?? "no reason"))
      }
    default: break
    }
    tell(event)
  }

  private func tell(_ event: Event) {
    for listener in listeners.values { listener.yield(event) }
  }

  // MARK: Events

  /// What comes from now on, of these types or all; who reads slowly gets the newest thousand.
  package func watch(_ types: String...) -> AsyncStream<Event> {
    let id = UUID()
    let (all, listener) = AsyncStream.makeStream(
      of: Event.self, bufferingPolicy: .bufferingNewest(1_000))
    listeners[id] = listener
    listener.onTermination = { _ in Task { await self.forget(id) } }
    guard !types.isEmpty else { return all }
    let (some, output) = AsyncStream.makeStream(
      of: Event.self, bufferingPolicy: .bufferingNewest(1_000))
    let pump = Task {
      for await event in all where types.contains(event.type) { output.yield(event) }
      output.finish()
    }
    output.onTermination = { _ in pump.cancel() }
    return some
  }

  package func watchTicker() -> AsyncStream<Event> { watch("price_update") }
  package func watchOrderBook() -> AsyncStream<Event> { watch("orderbook_update") }
  package func watchAccount() -> AsyncStream<Event> {
    watch("account_update", "positions_update", "orders_update", "fill_update")
  }

  private func forget(_ id: UUID) { listeners[id] = nil }

  /// `market`, `bid`, `ask`, `mid` and the times: look at `recv_ts` before trading on it.
  package func getLastPrice() -> Event? { lastPrice }

  // MARK: Actions

  /// Sizes and prices are texts, which no binary float has rounded.
  package func createMarketOrder(market: String, side: String, size: String) async throws -> Event {
    try await ask(
      "create_order", ["market": market, "side": side, "type": "MARKET", "size": size])
  }

  package func createLimitOrder(
    market: String, side: String, size: String, price: String
  ) async throws -> Event {
    try await ask(
      "create_order",
      ["market": market, "side": side, "type": "LIMIT", "size": size, "price": price])
  }

  package func cancelOrder(_ id: String) async throws -> Event {
    try await ask("cancel_order", ["order_id": id])
  }

  package func getAccount() async throws -> Event { try await ask("get_account", [:]) }

  package func getPositions(market: String? = nil) async throws -> Event {
    try await ask("get_positions", market.map { ["market": $0] } ?? [:])
  }

  /// The second of the two switches for live orders; the first is `--live`.
  package func arm(confirm: String) async throws -> Event {
    try await ask("arm", ["confirm": confirm])
  }

  private func ask(_ action: String, _ params: [String: String]) async throws -> Event {
    guard let input else { throw Problem.notConnected }
    lastID += 1
    let id = lastID
    let line = try JSONSerialization.data(
      withJSONObject: ["id": id, "action": action, "params": params])
    let deadline = Task {
      // The gateway answers within 30 s, also that it does not know.
      try await Task.sleep(for: .seconds(31))
      self.expire(id, action)
    }
    defer { deadline.cancel() }
    let data = try await withCheckedThrowingContinuation { continuation in
      waiting[id] = continuation
      do {
        try input.write(contentsOf: line + Data("\n".utf8))
      } catch {
        waiting.removeValue(forKey: id)?.resume(throwing: Problem.notConnected)
      }
    }
    return Event(action, data)
  }

  private func expire(_ id: Int, _ action: String) {
    waiting.removeValue(forKey: id)?.resume(throwing: Problem.timedOut(action))
  }
}

extension SidecarClient.Event {
  init(_ type: String, _ data: SidecarClient.Fields) {
    (self.type, self.data) = (type, data)
    timestamp = Int64(Date().timeIntervalSince1970 * 1_000)
  }

  init?(line: String) {
    guard
      let fields = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
      let type = fields["type"] as? String
    else { return nil }
    self.type = type
    timestamp = (fields["timestamp"] as? NSNumber)?.int64Value ?? 0
    data = fields["data"] as? [String: Any] ?? [:]
  }
}

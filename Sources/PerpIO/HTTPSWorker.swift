import CCurl
import CPerpIO
import Glibc
import PerpVenue
import Synchronization

/// Hands jobs to the worker and wakes it.
final class HTTPSQueue: @unchecked Sendable {
  private struct State {
    var jobs: [HTTPS.Job] = []
    var isClosed = false
  }

  private static let library: Void = { curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }()
  /// Used by the worker alone, but for the wake-up, which libcurl allows from any thread.
  let multi: UnsafeMutableRawPointer
  private let state = Mutex(State())

  init() {
    _ = Self.library
    multi = curl_multi_init()!
  }

  deinit { curl_multi_cleanup(multi) }

  func put(_ job: HTTPS.Job) {
    state.withLock { $0.jobs.append(job) }
    curl_multi_wakeup(multi)
  }

  func close() {
    state.withLock { $0.isClosed = true }
    curl_multi_wakeup(multi)
  }

  /// Nil when closed.
  func takeAll() -> [HTTPS.Job]? {
    state.withLock { state in
      defer { state.jobs = [] }
      return state.isClosed ? nil : state.jobs
    }
  }
}

/// The thread behind `HTTPS`.
final class HTTPSWorker {
  private let queue: HTTPSQueue
  private let rootsFile: String?
  private let answer: (Int, HTTPS.Result) -> Void
  private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
  private var spareHandles: [UnsafeMutableRawPointer] = []

  init(
    _ queue: HTTPSQueue, rootsFile: String?, answer: @escaping (Int, HTTPS.Result) -> Void
  ) {
    self.queue = queue
    self.answer = answer
    // Unlike OpenSSL, libcurl does not look into the environment for this.
    self.rootsFile = rootsFile ?? getenv("SSL_CERT_FILE").map { String(cString: $0) }
  }

  func run() {
    while let jobs = queue.takeAll() {
      for job in jobs { begin(job) }
      var running: Int32 = 0
      curl_multi_perform(queue.multi, &running)
      finishDone()
      curl_multi_poll(queue.multi, nil, 0, 60_000, nil)
    }
    for handle in transfers.keys { curl_multi_remove_handle(queue.multi, handle) }
    for handle in Array(transfers.keys) + spareHandles { curl_easy_cleanup(handle) }
  }

  private func begin(_ job: HTTPS.Job) {
    guard let url = WebURL(job.request.url), url.scheme.hasPrefix("http") else {
      return refuse(job, "not an HTTP URL: \(job.request.url)")
    }
    guard url.isSecure || url.isLoopback else {
      return refuse(job, "plain http only to loopback")
    }
    guard job.request.fields.allSatisfy(\.isWritable) else {
      return refuse(job, "a header field that cannot be written")
    }
    guard let handle = spareHandles.popLast() ?? curl_easy_init() else {
      return refuse(job, "no memory")
    }
    let transfer = Transfer(job)
    transfers[handle] = transfer
    transfer.prepare(handle, url: url, rootsFile: rootsFile)
    guard curl_multi_add_handle(queue.multi, handle) == CURLM_OK else {
      transfers[handle] = nil
      curl_easy_cleanup(handle)
      return refuse(job, "no memory")
    }
  }

  private func refuse(_ job: HTTPS.Job, _ text: String) {
    answer(job.number, .failed(.notSent(text)))
  }

  private func finishDone() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(queue.multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
        let transfer = transfers.removeValue(forKey: handle)
      else { continue }
      answer(transfer.job.number, transfer.result(handle, message.pointee.data.result))
      curl_multi_remove_handle(queue.multi, handle)
      curl_easy_reset(handle)
      spareHandles.append(handle)
    }
  }
}

/// One request under way.
private final class Transfer {
  let job: HTTPS.Job
  private var bodySent = 0
  private var body: [UInt8] = []
  private var fields: [HTTPField] = []
  private var headBytes = 0
  /// What was longer than we take, in words.
  private var excess: String?
  private var list: UnsafeMutablePointer<curl_slist>?
  private let error = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  init(_ job: HTTPS.Job) {
    self.job = job
    error.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_slist_free_all(list)
    error.deallocate()
  }

  func prepare(_ handle: UnsafeMutableRawPointer, url: WebURL, rootsFile: String?) {
    let timeout = max(job.request.timeoutMilliseconds, 1)
    let numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_TCP_NODELAY, 1), (CURLOPT_TCP_KEEPALIVE, 1),
      // One request at a time on a connection: what was sent is then known to the byte.
      (CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
      (CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
      (CURLOPT_SSL_VERIFYPEER, 1), (CURLOPT_SSL_VERIFYHOST, 2),
      (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
      // A request that gives up on a silent name server must not hold up the others with it.
      (CURLOPT_QUICK_EXIT, 1),
      (CURLOPT_TIMEOUT_MS, timeout), (CURLOPT_CONNECTTIMEOUT_MS, min(timeout, 10_000)),
    ]
    for (option, value) in numbers { perp_curl_set_number(handle, option, value) }
    perp_curl_set_text(handle, CURLOPT_URL, job.request.url)
    perp_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    perp_curl_set_text(handle, CURLOPT_ACCEPT_ENCODING, "gzip")
    perp_curl_set_text(handle, CURLOPT_USERAGENT, "perpwire")
    if let rootsFile { perp_curl_set_text(handle, CURLOPT_CAINFO, rootsFile) }
    if url.isLoopback { perp_curl_set_text(handle, CURLOPT_PROXY, "") }
    prepareMethod(handle)
    prepareFields(handle)
    perp_curl_set_error(handle, error)
    perp_curl_set_callbacks(
      handle,
      { Transfer.from($3).receive($0, $1 * $2) },
      { Transfer.from($3).receiveField($0, $1 * $2) },
      { Transfer.from($3).upload($0, $1 * $2) },
      Unmanaged.passUnretained(self).toOpaque())
  }

  /// A body goes out through the callback and cannot be rewound, so that libcurl fails where it
  /// would otherwise repeat a request by itself, when a kept connection dies under it: an order
  /// must not be sent twice. What has no body goes over a connection of its own, because it is
  /// only on kept ones that libcurl repeats.
  private func prepareMethod(_ handle: UnsafeMutableRawPointer) {
    let request = job.request
    if request.method != .get || !request.body.isEmpty {
      if request.body.isEmpty { perp_curl_set_number(handle, CURLOPT_FRESH_CONNECT, 1) }
      if request.method != .delete || !request.body.isEmpty {
        perp_curl_set_number(handle, CURLOPT_POST, 1)
        perp_curl_set_size(
          handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
      }
      perp_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }
  }

  private func prepareFields(_ handle: UnsafeMutableRawPointer) {
    list = curl_slist_append(nil, "Expect:")
    // libcurl would call a body a form.
    if !job.request.fields.contains(where: { $0.name.lowercased() == "content-type" }) {
      list = curl_slist_append(list, "Content-Type:")
    }
    for field in job.request.fields {
      // A name with a semicolon is libcurl's way to write an empty value.
      let line = field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
      list = curl_slist_append(list, line)
    }
    perp_curl_set_list(handle, list)
  }

  func result(_ handle: UnsafeMutableRawPointer, _ code: CURLcode) -> HTTPS.Result {
    var (status, sent) = (0, 0)
    perp_curl_result(handle, &status, &sent)
    if code == CURLE_OK {
      return .response(HTTPResponse(status: status, fields: fields, body: body))
    }
    let text =
      excess
      ?? String(cString: error.pointee != 0 ? UnsafePointer(error) : curl_easy_strerror(code))
    return .failed(sent == 0 ? .notSent(text) : .noAnswer(text))
  }

  // MARK: Called by libcurl

  private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
  }

  private func receive(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard body.count + count <= HTTPS.responseLimit else {
      excess = "response longer than \(HTTPS.responseLimit) bytes"
      return 0
    }
    body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
    return count
  }

  private func receiveField(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    headBytes += count
    guard headBytes <= HTTPHead.limit else {
      excess = "head longer than \(HTTPHead.limit) bytes"
      return 0
    }
    let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
    if line.hasPrefix("HTTP/") { fields = [] }
    if let field = HTTPField(line: line[...]) { fields.append(field) }
    return count
  }

  private func upload(_ room: UnsafeMutablePointer<CChar>?, _ size: Int) -> Int {
    let count = min(size, job.request.body.count - bodySent)
    job.request.body.withUnsafeBytes {
      guard count > 0, let source = $0.baseAddress else { return }
      UnsafeMutableRawPointer(room!).copyMemory(from: source + bodySent, byteCount: count)
    }
    bodySent += count
    return count
  }
}

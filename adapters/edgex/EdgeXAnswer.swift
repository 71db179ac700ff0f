import PerpCore
import PerpVenue

/// An answer to a private request, in the envelope of `EdgeXREST`. A failure may come with the HTTP
/// status 200, and a status without an envelope from what stands before the venue.
struct EdgeXAnswer {
  let status: Int
  /// `SUCCESS`, or the name of what went wrong; `HTTP_502` where there is no envelope.
  let code: String
  let message: String
  private let fields: JSONFields?

  init(_ response: HTTPResponse) {
    status = response.status
    let fields = try? JSONFields(response.body.span.bytes)
    self.fields = fields
    code = fields?.text("code") ?? "HTTP_\(response.status)"
    message = fields?.text("msg") ?? ""
  }

  var isSuccess: Bool { status == 200 && code == "SUCCESS" }

  /// Of a success; nil of others, and where it is none.
  var object: JSONFields? { isSuccess ? fields?.object("data") : nil }
  var list: [JSONFields]? { isSuccess ? fields?.objects("data") : nil }
}

/// What codes are about. No complete list of them exists: they are told apart by their words, as
/// far as that decides how to go on.
extension EdgeXAnswer {
  private func names(_ words: String...) -> Bool { words.contains { code.contains($0) } }

  /// The time of the request is not the venue's.
  var blamesTime: Bool { names("TIMESTAMP") }

  /// The keys, or what was made with them.
  var blamesCredentials: Bool {
    [401, 403].contains(status)
      || names(
        "API_KEY", "PASSPHRASE", "SIGNATURE", "HEADER_REQUIRED", "INVALID_ACCOUNT_ID", "AUTH")
      || code == "ACCOUNT_NOT_FOUND"
  }

  var blamesRate: Bool { status == 429 || names("RATE_LIMIT", "TOO_MANY") }
  var saysDuplicate: Bool { names("DUPLICATE") }
  var saysNotFound: Bool { names("ORDER_NOT_FOUND") }
}

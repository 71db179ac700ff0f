import Testing

@testable import PerpSetup

@Suite struct ProxyTests {
  private static func proxy(
    _ host: String, isSecure: Bool = true, _ variables: [String: String]
  ) -> Proxy? {
    Proxy(host: host, isSecure: isSecure, isLoopback: host == "127.0.0.1", variables: variables)
  }

  @Test func itIsNamedWithoutItsPassword() {
    let name = Self.proxy("a.example", ["HTTPS_PROXY": "http://me:hunter2@proxy:3128/"])
    #expect(name?.name == "proxy:3128" && name?.variable == "HTTPS_PROXY")
    #expect(Self.proxy("a.example", ["all_proxy": "me:hunter2@proxy:3128"])?.name == "proxy:3128")
    #expect(Self.proxy("a.example", ["https_proxy": "proxy"])?.name == "proxy")
  }

  @Test func whatLibcurlDoesNotReadDoesNotCount() {
    #expect(Self.proxy("a.example", [:]) == nil)
    #expect(Self.proxy("a.example", ["http_proxy": "proxy:1"]) == nil)
    #expect(Self.proxy("a.example", isSecure: false, ["HTTP_PROXY": "proxy:1"]) == nil)
    #expect(Self.proxy("a.example", ["https_proxy": "", "HTTPS_PROXY": "proxy:1"]) == nil)
    #expect(Self.proxy("127.0.0.1", ["https_proxy": "proxy:1"]) == nil)
  }

  @Test(arguments: [
    ("*", true), ("example", true), (".example", true), ("b.example, a.example", true),
    ("A.EXAMPLE", true), ("xample", false), ("b.example", false), ("", false),
  ])
  func exceptions(list: String, isExcepted: Bool) {
    let proxy = Self.proxy("a.example", ["https_proxy": "proxy:1", "no_proxy": list])
    #expect((proxy == nil) == isExcepted)
  }
}

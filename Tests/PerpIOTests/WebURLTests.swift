import Testing

@testable import PerpIO

@Suite struct WebURLTests {
  @Test func partsAreTakenApart() {
    let cases: [(String, String)] = [
      ("wss://ws.example.com", "ws.example.com 443 / ws.example.com"),
      ("wss://ws.example.com/v1?a=b#c", "ws.example.com 443 /v1?a=b ws.example.com"),
      ("WSS://h:8443?x", "h 8443 /?x h:8443"),
      ("ws://127.0.0.1:80/", "127.0.0.1 80 / 127.0.0.1"),
      ("ws://[::1]:9000/p", "::1 9000 /p [::1]:9000"),
      ("https://h", "h 443 / h"),
    ]
    for (text, parts) in cases {
      let url = WebURL(text)
      #expect(url.map { "\($0.host) \($0.port) \($0.target) \($0.authority)" } == parts, "\(text)")
    }
  }

  @Test(arguments: [
    "", "wss", "wss://", "wss:///path", "ftp://h/", "wss://user@h/", "wss://h:0/", "wss://h:x/",
    "wss://h:70000/", "wss://h/a b", "wss://h/\r\nX: y", "wss://[::1/", "wss://a:b:c/",
  ])
  func whatIsNoURLIsRefused(text: String) {
    #expect(WebURL(text) == nil)
  }

  @Test func loopbackIsWhatItSays() {
    let loopback = ["ws://localhost/", "ws://127.8.9.1/", "ws://[::1]/", "ws://LOCALHOST:9/"]
    for text in loopback { #expect(WebURL(text)?.isLoopback == true, "\(text)") }
    let others = ["ws://128.0.0.1/", "ws://localhost.evil.com/", "ws://[::2]/", "ws://0.0.0.0/"]
    for text in others { #expect(WebURL(text)?.isLoopback == false, "\(text)") }
  }
}

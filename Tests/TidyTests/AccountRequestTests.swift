import Foundation
import Testing

/// What accounts ask of their venues, by the texts in the dialects that write it: nothing moves
/// money, opens accounts or changes who may sign. (`reliability.md`, K06)
@Suite("What accounts may ask")
struct AccountRequestTests {
  private static let dialects = Repository.swiftFiles.filter { file in
    file.path.hasPrefix("adapters/") && !file.path.contains("/Tests/")
      && file.path.contains("Trading")
  }

  /// Up to where a text goes on with something computed.
  private static let allowed: Set<String> = [
    "/", "/account", "/fills", "/orders", "/orders-history", "/orders/", "/orders/batch",
    "/orders/by_client_id/",
    "/positions", "/system/config", "/system/time", "/v1",
    "/private/", "/public/meta/", "/auth/api_key/login", "/time",
    "/api/v1/", "/api/v1/apikeys", "/api/v1/nextNonce", "/api/v1/orderBookDetails",
    "/api/v1/sendTx", "//api.rh.", "//", "//market-data.",
    "/me", "/orders/cancel", "/orders/new/limit", "/orders/new/market", "/orders/v2",
    "/portfolio", "/quotes/indicative", "/status",
    "v1/", "v1/all_instruments", "v1/cancel_order", "v1/cancel_all_orders",
    "v1/cancel_on_disconnect", "order/cancelAllOrder", "v1/create_order",
    "account/getAccountAsset", "order/cancelOrderByClientOrderId", "order/cancelOrderById",
    "order/createOrder", "order/getActiveOrderPage", "order/getHistoryOrderFillTransactionPage",
    "order/getHistoryOrderPage", "order/getOrderByClientOrderId", "order/getOrderById",
  ]

  @Test("every path that a dialect of accounts asks for is one of trading")
  func paths() throws {
    var seen: Set<String> = []
    let start = try Regex(#""((?:v1|order|account)?/[A-Za-z0-9_./-]*)"#)
    for file in Self.dialects {
      for match in file.lines.joined(separator: "\n").matches(of: start) {
        let path = String(match.output[1].substring ?? "")
        seen.insert(path)
        #expect(Self.allowed.contains(path), "\(file.path) asks for \(path)")
      }
    }
    #expect(seen.count > 30, "dialects ask for something")
  }

  @Test("nothing outside of tests makes a message that moves money or changes keys")
  func messages() throws {
    let makes = try Regex(
      #"\.([Tt]ransfer|[Ww]ithdraw(al)?|changePublicKey|createSubAccount|approveIntegrator)\("#)
    for file in Repository.swiftFiles where !file.isTest {
      for (index, line) in file.code.enumerated() where !line.contains("case .") {
        #expect(line.firstMatch(of: makes) == nil, "\(file.path):\(index + 1)")
      }
    }
  }
}

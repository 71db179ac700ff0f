// Prices of a market and one order, through restarts of the gateway.
// swift run sidecar-demo SIZE [options of perpwire serve, such as --sim]
import Foundation
import Lines
import Sidecar

let arguments = Array(CommandLine.arguments.dropFirst())
guard let size = arguments.first else { fail("sidecar-demo SIZE [options of perpwire serve]") }
let client = SidecarClient(Array(arguments.dropFirst()))
let events = await client.watch()

func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

let telling = Task {
  var prices = 0
  for await event in events {
    switch event.type {
    case "price_update":
      prices += 1
      if prices % 50 == 1 { say("price \(event.data["mid"] ?? "")") }
    case "fill_update":
      let fields = ["side", "size", "price", "fee", "fee_token"].map { event.data[$0] ?? "" }
      say("fill " + fields.map { "\($0)" }.joined(separator: " "))
    case "connected", "ready", "restarting", "disconnected", "error":
      say("\(event.type) \(event.data["reason"] ?? event.data["message"] ?? "")")
    default: break
    }
  }
}

do {
  try await client.connect()
  let market = await client.getLastPrice()?.data["market"] as? String ?? "BTC-USD-PERP"
  let order = try await client.createMarketOrder(market: market, side: "BUY", size: size)
  say("order \(order.data["status"] ?? "") \(order.data["avg_price"] ?? "")")
  // Until somebody interrupts.
  for await event in await client.watch("positions_update") { say("position \(event.data)") }
} catch {
  await client.close()
  fail("\(error)")
}
telling.cancel()

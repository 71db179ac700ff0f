import PerpCore
import PerpCrypto
import PerpVenue
import Testing

@testable import Lighter
@testable import PerpSim

/// What the simulated venue refuses, at which stage, and what that does to the number.
@Suite struct LighterSimulatorOrderTests {
  /// A venue, and a key that signs for it.
  struct Counter {
    var simulator = LighterSimulator(
      options: SimulatorOptions(
        seed: 3, symbols: [LighterDesk.btc, Lighter.descriptor.perpetual("ETH")!],
        eventsPerSecond: 1, settings: ["transactions_per_minute": "1000"]))
    var now = PairOptions().start
    let signer: LighterSigner

    init() throws {
      signer = LighterSigner(
        key: try SchnorrPrivateKey(hex: LighterSimulatedAccount.secrets["private_key"]!),
        chainID: LighterSimulator.chainID, account: LighterSimulatedAccount.account,
        apiKey: LighterSimulatedAccount.apiKey)
      var actions: [SimulatorAction] = []
      simulator.receive(.start, at: now, into: &actions)
    }

    var nonce: Int64 { simulator.accounts[0].keys[LighterSimulatedAccount.apiKey]!.nonce }
    var milliseconds: Int64 { now.wall / 1_000 }

    /// The code of the refusal at once, or of the verdict, with a blank before; `taken` otherwise.
    mutating func send(
      _ body: LighterTransaction.Body, nonce: Int64? = nil, expiresIn: Int64 = 60_000,
      attributes: LighterAttributes = LighterAttributes()
    ) -> String {
      var transaction = LighterTransaction(
        body: body, account: signer.account, apiKey: signer.apiKey, nonce: nonce ?? self.nonce,
        expiredAt: milliseconds + expiresIn)
      transaction.attributes = attributes
      do {
        let signed = try signer.sign(
          body, nonce: transaction.nonce, expiredAt: transaction.expiredAt, attributes: attributes)
        var told = LighterSimulator.Told()
        let name = try simulator.submit(
          type: body.type, Array(signed.text.utf8), at: now, into: &told)
        return simulator.records[name]?.verdict.map { " \($0.code)" } ?? "taken"
      } catch let refusal as LighterSimulatorRefusal {
        return "\(refusal.code)"
      } catch {
        return "not signed: \(error)"
      }
    }

    func order(
      _ client: Int64, size: Int64 = 1_000, price: Int64? = nil, isAsk: Int64 = 0, type: Int64 = 0,
      tif: Int64 = 1, reduceOnly: Int64 = 0, trigger: Int64 = 0, expiresIn: Int64? = 3_600_000,
      market: Int64 = 1
    ) -> LighterTransaction.Body {
      .createOrder(
        LighterTransaction.Order(
          market: market, clientIndex: client, size: size, price: price ?? 800_000, isAsk: isAsk,
          type: type, timeInForce: tif, reduceOnly: reduceOnly, triggerPrice: trigger,
          expiry: expiresIn.map { milliseconds + $0 } ?? 0))
    }
  }

  @Test("what the interface refuses keeps its number")
  func interface() throws {
    var counter = try Counter()
    let first = counter.nonce
    #expect(counter.send(counter.order(1), nonce: first + 1) == "21104")
    #expect(counter.send(counter.order(1), nonce: first - 1) == "21104")
    #expect(counter.send(counter.order(1), expiresIn: 0) == "20001")
    #expect(counter.send(counter.order(1), expiresIn: 25 * 3_600_000) == "20001")
    #expect(counter.send(counter.order(1, market: 77)) == "21602")
    #expect(counter.send(counter.order(1, size: 1)) == "21706")
    #expect(counter.send(counter.order(1, price: 4_000_000)) == "21733")
    #expect(counter.send(counter.order(1, expiresIn: 299_000)) == "21711")
    #expect(counter.send(counter.order(1, expiresIn: 31 * 86_400_000)) == "21711")
    #expect(counter.send(.cancelAllOrders(timeInForce: 1, time: counter.milliseconds)) == "21714")
    #expect(counter.send(.updateMargin(market: 1, amount: 1, direction: 0)) == "21505")
    #expect(counter.nonce == first && counter.simulator.records.isEmpty)
  }

  @Test("what the sequencer refuses has used its number, and nobody is told")
  func sequencer() throws {
    var counter = try Counter()
    let first = counter.nonce
    #expect(counter.send(counter.order(1)) == "taken")
    #expect(counter.send(counter.order(1)) == " 21728")
    #expect(counter.send(.cancelOrder(market: 1, index: 99)) == " 21600")
    #expect(counter.send(.cancelOrder(market: 0, index: 1)) == " 21600", "the wrong market")
    #expect(counter.send(counter.order(2, isAsk: 1, reduceOnly: 1)) == " 21740")
    #expect(counter.send(counter.order(3, size: 0, isAsk: 1, reduceOnly: 1)) == " 21740")
    #expect(counter.nonce == first + 6)
    #expect(counter.simulator.exchange.openOrders(of: 1).map(\.clientID) == ["1"])
    // Once it has ended the client's index may come again.
    #expect(counter.send(.cancelOrder(market: 1, index: 1)) == "taken")
    #expect(counter.send(counter.order(1)) == "taken")
  }

  @Test("a number may be skipped by who says so")
  func skipped() throws {
    var counter = try Counter()
    let first = counter.nonce
    let skips = LighterAttributes([.skipNonce: 1])
    #expect(counter.send(counter.order(1), nonce: first + 10, attributes: skips) == "taken")
    #expect(counter.nonce == first + 11)
    #expect(counter.send(counter.order(2), nonce: first + 5, attributes: skips) == "21104")
  }

  @Test("all orders are cancelled, or those of one market")
  func cancelAll() throws {
    var counter = try Counter()
    for (client, market) in [(1, 1), (2, 1), (3, 0)] as [(Int64, Int64)] {
      let price: Int64 = market == 1 ? 800_000 : 200_000
      #expect(
        counter.send(counter.order(client, size: 2_000, price: price, market: market)) == "taken")
    }
    let all = LighterTransaction.Body.cancelAllOrders(timeInForce: 0, time: 0)
    #expect(counter.send(all, attributes: LighterAttributes([.cancelAllMarket: 1])) == "taken")
    #expect(counter.simulator.exchange.openOrders(of: 1).map(\.clientID) == ["3"])
    #expect(counter.send(all) == "taken")
    #expect(counter.simulator.exchange.openOrders(of: 1).isEmpty)
  }

  @Test("order ids say market and side, and stay with a change, which costs the place in time")
  func indexes() throws {
    var counter = try Counter()
    #expect(counter.send(counter.order(1)) == "taken")
    #expect(counter.send(counter.order(2, price: 1_000_000, isAsk: 1)) == "taken")
    let rows = counter.simulator.exchange.openOrders(of: 1).compactMap(counter.simulator.row)
    #expect(rows.map { $0.details.index >> 48 } == [2, 2], "market 1 and one more")
    #expect(rows[0].details.index > rows[1].details.index, "bids count down from the end")
    let change = LighterTransaction.Modification(
      market: 1, index: rows[0].details.index, size: 2_000, price: 790_000, triggerPrice: 0)
    #expect(counter.send(.modifyOrder(change)) == "taken")
    let after = counter.simulator.exchange.openOrders(of: 1).compactMap(counter.simulator.row)
    #expect(after[0].details.index == rows[0].details.index)
    #expect(after[0].details.nonce < rows[0].details.nonce)
    #expect(after[0].order.terms.size == Decimal("0.02")!)
  }

  @Test("a leverage beyond the market's is refused")
  func leverage() throws {
    var counter = try Counter()
    func leverage(_ fraction: Int64) -> LighterTransaction.Body {
      .updateLeverage(market: 1, initialMarginFraction: fraction, marginMode: 0)
    }
    #expect(counter.send(leverage(1_000)) == "taken")
    #expect(
      counter.simulator.exchange.accounts[1]?.positions.map(\.leverage).contains(Decimal(10))
        == true)
    #expect(counter.send(leverage(1)) == " 21113")
  }

  @Test("sixty transactions a minute, and no more")
  func limit() throws {
    var counter = try Counter()
    counter.simulator.accounts[0].transactions = RollingWindow(
      limit: 60, per: Nanoseconds.seconds(60))
    for client in 1...60 { #expect(counter.send(counter.order(Int64(client))) == "taken") }
    #expect(counter.send(counter.order(61)) == "23000")
    counter.now = counter.now.advanced(by: Nanoseconds.seconds(60))
    #expect(counter.send(counter.order(61)) == "taken")
  }
}

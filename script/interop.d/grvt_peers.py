"""Compares what ccxt, or GRVT's own SDK, reads from a simulated GRVT with perpwire's lines."""

import asyncio
import logging
import sys

from compare import Tally, Truth, compare_states, compare_trade, main, observe, top

SECONDS = 20
MARKETS = {"BTC/USDT:USDT": "BTC-USDT-PERP", "ETH/USDT:USDT": "ETH-USDT-PERP"}


def exact_ccxt():
    """ccxt that keeps numbers as they came, instead of turning them into binary fractions."""
    import ccxt.pro

    class Exact(ccxt.pro.grvt):
        number = staticmethod(str)

    return Exact({"enableRateLimit": False, "newUpdates": True})


async def watch(exchange, symbol, books, trades):
    async def order_books():
        while True:
            book = await exchange.watch_order_book(symbol)
            books.append([top(book["bids"]), top(book["asks"])])

    async def prints():
        while True:
            trades.extend(await exchange.watch_trades(symbol))

    await asyncio.gather(order_books(), prints())


async def record_ccxt(endpoints):
    seen = {symbol: ([], []) for symbol in MARKETS}
    exchange = exact_ccxt()
    rest = endpoints["rest"] + "/"
    exchange.urls["api"] = {
        "privateEdge": rest, "privateTrading": rest, "publicMarket": rest,
        "ws": {"publicMarket": endpoints["ws"] + "/ws/full"},
    }
    try:
        await exchange.load_markets()
        tasks = [
            asyncio.create_task(watch(exchange, symbol, *lists)) for symbol, lists in seen.items()
        ]
        done, _ = await asyncio.wait(tasks, timeout=SECONDS, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
    finally:
        await exchange.close()
    return seen


async def record_sdk(endpoints):
    """Its socket client hands the messages on and leaves their meaning to us."""
    from pysdk.grvt_ccxt_env import GrvtEnv, GrvtWSEndpointType
    from pysdk.grvt_ccxt_ws import GrvtCcxtWS

    logger = logging.getLogger("grvt-pysdk")
    logger.setLevel(logging.ERROR)
    client = GrvtCcxtWS(GrvtEnv.PROD, asyncio.get_running_loop(), logger)
    full = GrvtWSEndpointType.MARKET_DATA_RPC_FULL
    client.api_url[full] = endpoints["ws"] + "/ws/full"
    seen = {symbol: ([], []) for symbol in MARKETS}
    if not await client.connect_channel(full):
        raise SystemExit("grvt-pysdk cannot connect")
    for symbol, (books, trades) in seen.items():
        instrument = MARKETS[symbol].replace("-USDT-PERP", "_USDT_Perp")

        async def order_book(message, books=books):
            sides = [
                [(entry["price"], entry["size"]) for entry in message["feed"][side]]
                for side in ("bids", "asks")
            ]
            books.append([top(levels) for levels in sides])

        async def trade(message, trades=trades):
            row = message["feed"]
            trades.append({
                "id": row["trade_id"], "price": row["price"], "amount": row["size"],
                "side": "buy" if row["is_taker_buyer"] else "sell",
                "timestamp": int(row["event_time"]) // 1_000_000,
            })

        await client.subscribe(
            "book.s", order_book, full,
            {"instrument": instrument, "rate": "500", "depth": "50"})
        await client.subscribe("trade", trade, full, {"instrument": instrument, "limit": "50"})
    await asyncio.sleep(SECONDS)
    await client._session.close()
    # It would close it once more, in a loop that is gone by then.
    GrvtCcxtWS.__del__ = lambda self: None
    return seen


def report(perpwire):
    name = sys.argv[2]
    record = {"ccxt": record_ccxt, "sdk": record_sdk}[name]
    seen, lines = observe(
        perpwire, "grvt", ["BTC", "ETH"], lambda endpoints: asyncio.run(record(endpoints)))
    tally = Tally()
    for symbol, (books, trades) in seen.items():
        truth = Truth(lines, MARKETS[symbol])
        compare_states(tally, f"{name} books", books, truth)
        for trade in trades:
            compare_trade(tally, f"{name} trades", trade, truth)
    return tally.report({f"{name} books": 20, f"{name} trades": 10})


if __name__ == "__main__":
    main(report)

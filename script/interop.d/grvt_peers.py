"""Compares what ccxt reads from a simulated GRVT with perpwire's lines."""

import asyncio

import ccxt.pro

from compare import Tally, Truth, compare_states, compare_trade, main, observe, top

SECONDS = 20
MARKETS = {"BTC/USDT:USDT": "BTC-USDT-PERP", "ETH/USDT:USDT": "ETH-USDT-PERP"}


class Exact(ccxt.pro.grvt):
    """Keeps numbers as they came, instead of turning them into binary fractions."""

    number = staticmethod(str)


async def watch(exchange, symbol, books, trades):
    async def order_books():
        while True:
            book = await exchange.watch_order_book(symbol)
            books.append([top(book["bids"]), top(book["asks"])])

    async def prints():
        while True:
            trades.extend(await exchange.watch_trades(symbol))

    await asyncio.gather(order_books(), prints())


async def record(endpoints):
    seen = {symbol: ([], []) for symbol in MARKETS}
    exchange = Exact({"enableRateLimit": False, "newUpdates": True})
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


def report(perpwire):
    seen, lines = observe(
        perpwire, "grvt", ["BTC", "ETH"], lambda endpoints: asyncio.run(record(endpoints)))
    tally = Tally()
    for symbol, (books, trades) in seen.items():
        truth = Truth(lines, MARKETS[symbol])
        compare_states(tally, "ccxt books", books, truth)
        for trade in trades:
            compare_trade(tally, "ccxt trades", trade, truth)
    return tally.report({"ccxt books": 20, "ccxt trades": 10})


if __name__ == "__main__":
    main(report)

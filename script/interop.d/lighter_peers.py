"""Compares what Lighter's own SDK, or ccxt, reads from a simulated Lighter with perpwire's lines.

    lighter_peers.py PERPWIRE sdk     the WebSocket client of lighter-sdk
    lighter_peers.py PERPWIRE ccxt    ccxt.pro
"""

import asyncio
import copy
import json
import sys
import threading
from collections import defaultdict

from compare import (
    Tally, Truth, compare_book, compare_states, compare_trade, main, observe, top)

SECONDS = 20
MARKETS = {"0": "ETH-USDC-PERP", "1": "BTC-USDC-PERP"}


def read_by_sdk(endpoints):
    """The state of its books after each message, with the nonce of the message."""
    import lighter

    seen = defaultdict(list)

    class Client(lighter.WsClient):
        def on_message(self, ws, message):
            super().on_message(ws, message)
            message = json.loads(message) if isinstance(message, str) else message
            if "order_book" not in message:
                return
            market = message["channel"].split(":")[1]
            book = self.order_book_states[market]
            sides = [
                top(sorted(([level["price"], level["size"]] for level in book[side]),
                           key=lambda level: float(level[0]), reverse=side == "bids"))
                for side in ("bids", "asks")
            ]
            seen[market].append((message["order_book"]["nonce"], *copy.deepcopy(sides)))

    client = Client(
        ws_url=endpoints["ws"], order_book_ids=list(MARKETS), on_order_book_update=None)
    threading.Thread(target=client.run, daemon=True).start()
    threading.Event().wait(SECONDS)
    return {"books": seen, "trades": {}}


def read_by_ccxt(endpoints):
    import ccxt.pro

    class Exact(ccxt.pro.lighter):
        """Keeps numbers as they came, instead of turning them into binary fractions."""

        number = staticmethod(str)

    async def watch(exchange, symbol, market, books, trades):
        async def order_books():
            while True:
                book = await exchange.watch_order_book(symbol)
                # Its number is the server's offset, which says nothing of the book.
                books[market].append((None, top(book["bids"]), top(book["asks"])))

        async def prints():
            while True:
                for trade in await exchange.watch_trades(symbol):
                    trades[market].append(trade)

        await asyncio.gather(order_books(), prints())

    async def run():
        books, trades = defaultdict(list), defaultdict(list)
        exchange = Exact({"enableRateLimit": False, "newUpdates": True})
        exchange.urls["api"] = {
            **{key: endpoints["rest"] for key in ("root", "public", "private", "explorer")},
            "ws": endpoints["ws"],
        }
        try:
            await exchange.load_markets()
            symbols = {"0": "ETH/USDC:USDC", "1": "BTC/USDC:USDC"}
            tasks = [
                asyncio.create_task(watch(exchange, symbols[market], market, books, trades))
                for market in MARKETS
            ]
            done, _ = await asyncio.wait(
                tasks, timeout=SECONDS, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for task in done:
                task.result()
        finally:
            await exchange.close()
        return {"books": books, "trades": trades}

    return asyncio.run(run())


def report(perpwire):
    name = sys.argv[2]
    seen, lines = observe(
        perpwire, "lighter", ["BTC", "ETH"], {"sdk": read_by_sdk, "ccxt": read_by_ccxt}[name],
        sim=["--sim-set", "lighter.requests_per_minute=600"])
    tally = Tally()
    for market, symbol in MARKETS.items():
        truth = Truth(lines, symbol)
        books = seen["books"].get(market, [])
        if name == "ccxt":
            compare_states(tally, "ccxt books", [list(book[1:]) for book in books], truth)
        else:
            for number, bids, asks in books:
                compare_book(tally, "sdk books", int(number), bids, asks, truth)
        for trade in seen["trades"].get(market, []):
            compare_trade(tally, f"{name} trades", trade, truth)
    return tally.report(
        {"sdk books": 100} if name == "sdk" else {"ccxt books": 50, "ccxt trades": 10})


if __name__ == "__main__":
    main(report)

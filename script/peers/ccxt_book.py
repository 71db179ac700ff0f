"""Best bids and asks by ccxt.pro, which has no channel of them for Paradex: from books."""
import asyncio
import json
import os
import sys

import ccxt.pro


async def main():
    exchange = ccxt.pro.paradex({"options": {"sbe": sys.argv[1] == "sbe"}})
    exchange.urls["api"]["ws"] = os.environ["PERPWIRE_BENCH_WS"]
    exchange.urls["api"]["v1"] = os.environ["PERPWIRE_BENCH_REST"]
    await exchange.load_markets()
    symbol = next(s for s, m in exchange.markets.items() if m["id"] == "BTC-USD-PERP")
    while True:
        book = await exchange.watch_order_book(symbol, 1)
        bid, ask = book["bids"][0], book["asks"][0]
        line = json.dumps(
            {"type": "bbo", "venue": "paradex", "symbol": symbol, "bid": bid[0],
             "bid_size": bid[1], "ask": ask[0], "ask_size": ask[1],
             "venue_seq": str(book["nonce"]), "ts": book["timestamp"] * 1000},
            separators=(",", ":"))
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


asyncio.run(main())

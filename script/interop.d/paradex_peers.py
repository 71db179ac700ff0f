"""Compares what ccxt reads from a simulated Paradex with the lines that perpwire prints of it.

Both are clients of one `perpwire sim`; with `recorded` perpwire has read it before and recorded it,
and ccxt reads what `perpwire replay --serve` makes of that. ccxt speaks to it as it does to the venue, by its own
decoder of the binary frames; all that is changed is the address. Numbers are compared as decimals,
never as binary fractions.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from decimal import Decimal

import ccxt.pro

from compare import (
    DEPTH, Tally, Truth, compare_book, compare_missing, compare_trade, level, top)

SECONDS = 25
MARKETS = {"BTC/USD:USDC": "BTC-USD-PERP", "ETH/USD:USDC": "ETH-USD-PERP"}


class Exact(ccxt.pro.paradex):
    """Keeps numbers as they came, instead of turning them into binary fractions."""

    number = staticmethod(str)


def client(endpoints):
    exchange = Exact({"enableRateLimit": False, "newUpdates": True})
    exchange.urls["api"] = {
        "v1": endpoints["rest"],
        "v2": endpoints["rest"],
        "ws": endpoints["ws"],
    }
    return exchange


# Reading.


async def watch_trades(exchange, symbol, seen):
    while True:
        for trade in await exchange.watch_trades(symbol):
            seen.append(trade)


async def watch_order_book(exchange, symbol, seen):
    while True:
        book = await exchange.watch_order_book(symbol)
        seen.append((book["nonce"], top(book["bids"]), top(book["asks"]), book["timestamp"]))


async def watch_ticker(exchange, symbol, seen):
    while True:
        ticker = await exchange.watch_ticker(symbol)
        if not seen or seen[-1] is not ticker:
            seen.append(ticker)


async def ask(exchange, symbol, seen):
    """The REST side, several times in a run."""
    while True:
        seen["fetch_order_book"].append(await exchange.fetch_order_book(symbol, DEPTH))
        seen["fetch_ticker"].append(await exchange.fetch_ticker(symbol))
        seen["fetch_trades"].append(await exchange.fetch_trades(symbol, limit=50))
        await asyncio.sleep(2)


async def read_lines(stream, lines):
    async for line in stream:
        lines.append(json.loads(line))


# Comparing.


def compare_ticker(tally, call, ticker, truth):
    """The best that the summary shows was the best at the summary's time."""
    tally.received(call)
    candidates = truth.quotes_at(ticker["timestamp"])
    if not candidates or ticker["timestamp"] > truth.quotes[-1]["ts"] // 1000:
        return
    theirs = (Decimal(str(ticker["bid"])), Decimal(str(ticker["ask"])))
    ours = theirs if theirs in candidates else candidates
    tally.compare(call, ticker["timestamp"], theirs, ours)


def compare_markets(tally, markets, perpwire, rest):
    answer = subprocess.run(
        [perpwire, "markets", "paradex", "--json", "--endpoint", f"paradex.rest={rest}"],
        check=True, capture_output=True, text=True, timeout=20,
    )
    ours = {}
    for line in answer.stdout.splitlines():
        market = json.loads(line)
        ours[market["venue_symbol"]] = level(market["tick_size"], market["lot_size"])
    for market in markets:
        tally.received("fetch_markets")
        precision = market["precision"]
        theirs = level(precision["price"], precision["amount"])
        tally.compare("fetch_markets", market["id"], theirs, ours.get(market["id"]))


# The run.


async def read(exchange, asks):
    """What ccxt is told, and asks for where that is possible."""
    seen = {symbol: defaultdict(list) for symbol in MARKETS}
    markets = await exchange.fetch_markets()
    await exchange.load_markets()
    tasks = []
    for symbol, calls in seen.items():
        tasks += [
            asyncio.create_task(watch_trades(exchange, symbol, calls["watch_trades"])),
            asyncio.create_task(watch_order_book(exchange, symbol, calls["watch_order_book"])),
            asyncio.create_task(watch_ticker(exchange, symbol, calls["watch_ticker"])),
        ]
        if asks:
            tasks.append(asyncio.create_task(ask(exchange, symbol, calls)))
    done, _ = await asyncio.wait(
        tasks, timeout=SECONDS, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
    return seen, markets


async def main(perpwire, *how):
    return await (recorded(perpwire) if how == ("recorded",) else live(perpwire))


STREAM = ["stream", "paradex:BTC", "paradex:ETH", "--channels", "bbo,trade,book,funding"]


async def recorded(perpwire):
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/recording.sqlite"
        stream = await asyncio.create_subprocess_exec(
            perpwire, *STREAM, "--sim", "--duration", str(SECONDS + 10), "--record", file, "--quiet",
            stdout=subprocess.PIPE)
        lines = []
        await read_lines(stream.stdout, lines)
        await stream.wait()
        server = await asyncio.create_subprocess_exec(
            perpwire, "replay", file, "--serve", "paradex", "--speed", "1",
            stdout=subprocess.PIPE)
        exchange = None
        try:
            endpoints = json.loads(await asyncio.wait_for(server.stdout.readline(), 10))
            exchange = client(endpoints)
            seen, markets = await read(exchange, asks=False)
            tally = Tally()
            compare_markets(tally, markets, perpwire, endpoints["rest"])
        finally:
            if exchange is not None:
                await exchange.close()
            server.terminate()
            await asyncio.wait_for(server.wait(), 10)
    for symbol, calls in seen.items():
        compare(tally, calls, Truth(lines, MARKETS[symbol]))
    return tally.report({
        "fetch_markets": 5, "watch_trades": 10, "no trade missing": 2,
        "watch_order_book": 50, "watch_ticker": 4,
    })


async def live(perpwire):
    simulator = await asyncio.create_subprocess_exec(
        perpwire, "sim", "--venues", "paradex", "--seed", "7", "--print-endpoints",
        stdout=subprocess.PIPE)
    children = [simulator]
    exchange = None
    try:
        endpoints = json.loads(await asyncio.wait_for(simulator.stdout.readline(), 10))
        stream = await asyncio.create_subprocess_exec(
            perpwire, *STREAM,
            "--endpoint", f"paradex.ws={endpoints['ws']}",
            "--endpoint", f"paradex.rest={endpoints['rest']}",
            stdout=subprocess.PIPE)
        children.append(stream)
        exchange = client(endpoints)
        lines = []
        reading = asyncio.create_task(read_lines(stream.stdout, lines))
        seen, markets = await read(exchange, asks=True)
        # perpwire goes on for a moment, so that it has all that ccxt had.
        await asyncio.sleep(1)
        tally = Tally()
        compare_markets(tally, markets, perpwire, endpoints["rest"])
        stream.terminate()
        await reading
    finally:
        if exchange is not None:
            await exchange.close()
        for child in children:
            if child.returncode is None:
                child.terminate()
            await asyncio.wait_for(child.wait(), 10)
    for symbol, calls in seen.items():
        compare(tally, calls, Truth(lines, MARKETS[symbol]))
    return tally.report({
        "fetch_markets": 5, "watch_trades": 10, "no trade missing": 2,
        "watch_order_book": 50, "watch_ticker": 4, "fetch_order_book": 10, "fetch_ticker": 10,
        "fetch_trades": 10,
    })


def compare(tally, calls, truth):
    for trade in calls["watch_trades"]:
        compare_trade(tally, "watch_trades", trade, truth)
    compare_missing(tally, calls["watch_trades"], truth)
    for trades in calls["fetch_trades"]:
        for trade in trades:
            compare_trade(tally, "fetch_trades", trade, truth)
    for number, bids, asks, _ in calls["watch_order_book"]:
        compare_book(tally, "watch_order_book", number, bids, asks, truth)
    for book in calls["fetch_order_book"]:
        sides = top(book["bids"]), top(book["asks"])
        compare_book(tally, "fetch_order_book", book["nonce"], *sides, truth)
    for call in ("watch_ticker", "fetch_ticker"):
        for ticker in calls[call]:
            compare_ticker(tally, call, ticker, truth)


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 120)) else 1)

"""Lets ccxt trade on a simulated Lighter, with the signer of the venue's own SDK.

    lighter_ccxt_orders.py PERPWIRE LIBRARY
"""

import asyncio
import json
import subprocess
import sys
from decimal import Decimal

from compare import Tally, main

# Those of the simulator's account: made up, they open nothing anywhere else.
KEY = "706572707769726573696d756c617465646c69676874657200112233445566778899aabbccddee00"
ACCOUNT, SLOT = 516, 4

SYMBOL = "BTC/USDC:USDC"


def exact_ccxt(endpoints, library):
    """ccxt that keeps numbers as they came. It is given the key of the slot: left to itself it
    would register a new one with the user's Ethereum key."""
    import ccxt.pro

    class Exact(ccxt.pro.lighter):
        number = staticmethod(str)

    exchange = Exact({"newUpdates": True, "options": {
        "builderFee": False, "libraryPath": library, "accountIndex": ACCOUNT, "apiKeyIndex": SLOT,
        "auths": {str(ACCOUNT): {str(SLOT): {
            "signer": None, "lighterPrivateKey": KEY, "deadline": None, "token": None}}}}})
    exchange.urls["api"] = {
        "root": endpoints["rest"], "public": endpoints["rest"], "private": endpoints["rest"],
        "ws": endpoints["ws"]}
    return exchange


async def follow(watch, rows):
    while True:
        rows.extend(await watch())


async def until(rows, wanted, tasks):
    for _ in range(200):
        for row in rows:
            if wanted(row):
                return row
        for task in tasks:
            if task.done():
                task.result()
        await asyncio.sleep(0.05)
    raise SystemExit(f"it never came: {rows[-2:]}")


async def trade(endpoints, library, tally):
    exchange = exact_ccxt(endpoints, library)
    orders, fills, tasks = [], [], []
    try:
        await exchange.load_markets()
        tasks = [
            asyncio.create_task(follow(exchange.watch_orders, orders)),
            asyncio.create_task(follow(exchange.watch_my_trades, fills)),
        ]
        await asyncio.sleep(2)
        book = await exchange.fetch_order_book(SYMBOL)
        ask = Decimal(str(book["asks"][0][0]))
        low = str((ask * Decimal("0.9")).quantize(Decimal("0.1")))
        await exchange.create_order(
            SYMBOL, "limit", "buy", "0.01", low, {"clientOrderId": 21, "postOnly": True})
        row = await until(orders, lambda order: order["clientOrderId"] == "21", tasks)
        tally.received("resting order")
        tally.compare("resting order", "price", Decimal(row["price"]), Decimal(low))
        listed = await exchange.fetch_open_orders(SYMBOL)
        tally.compare("resting order", "list", [order["id"] for order in listed], [row["id"]])
        await exchange.cancel_order(row["id"], SYMBOL)
        await until(orders, lambda order: order["clientOrderId"] == "21"
                    and order["status"] == "canceled", tasks)
        tally.received("cancel")
        tally.compare("cancel", "list", await exchange.fetch_open_orders(SYMBOL), [])
        await exchange.create_order(
            SYMBOL, "market", "buy", "0.02", str((ask * Decimal("1.02")).quantize(Decimal("0.1"))),
            {"clientOrderId": 22})
        await until(orders, lambda order: order["clientOrderId"] == "22"
                    and order["status"] == "closed", tasks)
        await until(
            fills, lambda fill: sum(Decimal(f["amount"]) for f in fills) == Decimal("0.02"), tasks)
        tally.received("fill")
        positions = await exchange.fetch_positions([SYMBOL])
        tally.compare("fill", "position", [Decimal(row["contracts"]) for row in positions],
                      [Decimal("0.02")])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await exchange.close()


def report(perpwire):
    simulator = subprocess.Popen(
        [perpwire, "sim", "--venues", "lighter", "--seed", "7", "--print-endpoints"],
        stdout=subprocess.PIPE)
    tally = Tally()
    try:
        endpoints = json.loads(simulator.stdout.readline())
        asyncio.run(trade(endpoints, sys.argv[2], tally))
    finally:
        simulator.terminate()
        simulator.wait(10)
    return tally.report({"resting order": 1, "cancel": 1, "fill": 1})


if __name__ == "__main__":
    main(report)

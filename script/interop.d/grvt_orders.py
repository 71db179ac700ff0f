"""Lets ccxt trade on a simulated GRVT: signs in, places, is filled, cancels, and compares what the
answers, the private streams and the lists of the account say of the same orders."""

import asyncio
import json
import subprocess
import sys
from decimal import Decimal

from compare import Tally, main

# Made-up values of the simulated account, as perpwire has them.
KEY = "0x7d1c0f3a5b2e48960a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef"
SUB_ACCOUNT = "8312704915528173"
SYMBOL = "BTC/USDT:USDT"


def exact_ccxt(endpoints):
    """ccxt that keeps numbers as they came, and asks for no fee for its makers."""
    import ccxt.pro

    class Exact(ccxt.pro.grvt):
        number = staticmethod(str)

    exchange = Exact({
        "privateKey": KEY, "newUpdates": True, "enableRateLimit": True,
        "options": {"builderFee": False},
    })
    rest = endpoints["rest"] + "/"
    exchange.urls["api"] = {
        "privateEdge": rest, "privateTrading": rest, "publicMarket": rest,
        "ws": {key: endpoints["ws"] + "/ws/full" for key in ("publicMarket", "privateTrading")},
    }
    return exchange


async def follow(watch, rows):
    while True:
        rows.extend(await watch(SYMBOL))


async def settled(orders, client_id, states, within=10):
    """The newest row of an order in one of the states."""
    for _ in range(within * 20):
        for row in reversed(orders):
            if row["clientOrderId"] == client_id and row["status"] in states:
                return row
        await asyncio.sleep(0.05)
    raise SystemExit(f"order {client_id} is not {states}: {orders[-3:]}")


async def trade(endpoints, tally):
    exchange = exact_ccxt(endpoints)
    orders, fills = [], []
    tasks = []
    try:
        await exchange.load_markets()
        await exchange.sign_in()
        tally.compare("account", "sub account", exchange.options["accountId"], SUB_ACCOUNT)
        tasks = [
            asyncio.create_task(follow(exchange.watch_orders, orders)),
            asyncio.create_task(follow(exchange.watch_my_trades, fills)),
        ]
        await asyncio.sleep(2)
        ask = Decimal((await exchange.fetch_ticker(SYMBOL))["ask"])
        await rests(exchange, tally, orders, ask)
        await is_refused(exchange, tally, orders, ask)
        await fills_up(exchange, tally, orders, fills)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await exchange.close()


async def rests(exchange, tally, orders, ask):
    price = str((ask * Decimal("0.9")).quantize(Decimal("0.1")))
    await exchange.create_order(
        SYMBOL, "limit", "buy", "0.01", price, {"clientOrderId": "9300000000000000001"})
    row = await settled(orders, "9300000000000000001", ["open"])
    tally.compare("resting order", "price", Decimal(row["price"]), Decimal(price))
    listed = await exchange.fetch_open_orders(SYMBOL)
    tally.compare("resting order", "list", [order["id"] for order in listed], [row["id"]])
    await exchange.cancel_order(row["id"], SYMBOL)
    row = await settled(orders, "9300000000000000001", ["canceled"])
    one = await exchange.fetch_order(row["id"], SYMBOL)
    tally.compare("resting order", "state", one["status"], "canceled")


async def is_refused(exchange, tally, orders, ask):
    import ccxt

    price = str((ask * Decimal("1.01")).quantize(Decimal("0.1")))
    await exchange.create_order(
        SYMBOL, "limit", "buy", "0.01", price,
        {"clientOrderId": "9300000000000000002", "postOnly": True})
    row = await settled(orders, "9300000000000000002", ["rejected", "canceled"])
    tally.compare("refusals", "post-only", row["info"]["state"]["reject_reason"], "FAIL_POST_ONLY")
    try:
        await exchange.create_order(SYMBOL, "limit", "buy", "0.01", str(ask * 2))
        told = "taken"
    except ccxt.BaseError as error:
        told = json.loads(str(error).split(" ", 1)[1])["code"]
    tally.compare("refusals", "band", told, 7201)


async def fills_up(exchange, tally, orders, fills):
    await exchange.create_order(
        SYMBOL, "market", "buy", "0.05", None, {"clientOrderId": "9300000000000000003"})
    row = await settled(orders, "9300000000000000003", ["closed"])
    await asyncio.sleep(1)
    size = sum(Decimal(fill["amount"]) for fill in fills)
    tally.compare("fills", "stream", size, Decimal("0.05"))
    tally.compare("fills", "order", {fill["order"] for fill in fills}, {row["id"]})
    listed = await exchange.fetch_my_trades(SYMBOL)
    tally.compare(
        "fills", "list", {fill["id"] for fill in listed}, {fill["id"] for fill in fills})
    positions = await exchange.fetch_positions([SYMBOL])
    tally.compare(
        "position", "size", [Decimal(row["contracts"]) for row in positions], [Decimal("0.05")])
    balance = await exchange.fetch_balance()
    tally.compare("balance", "below", Decimal(balance["USDT"]["free"]) < 100_000, True)


def report(perpwire):
    simulator = subprocess.Popen(
        [perpwire, "sim", "--venues", "grvt", "--seed", "7", "--print-endpoints"],
        stdout=subprocess.PIPE)
    tally = Tally()
    try:
        endpoints = json.loads(simulator.stdout.readline())
        asyncio.run(trade(endpoints, tally))
    finally:
        simulator.terminate()
        simulator.wait(10)
    return tally.report({"resting order": 3, "refusals": 2, "fills": 3, "position": 1})


if __name__ == "__main__":
    main(report)

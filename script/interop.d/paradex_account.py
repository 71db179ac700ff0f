"""Trades at a simulated Paradex as ccxt does at the venue: what its streams and answers say of an
order, a fill, a position and the balance must be one story, with the fees and sums that follow.

The key is the made-up one of the simulator's first account (adapters/paradex/README.md).
"""

import asyncio
import json
import sys
from decimal import Decimal
from urllib.request import urlopen

import ccxt.pro

from compare import Tally
from paradex_peers import client

PRIVATE_KEY = "0x7061726164657831"
PUBLIC_KEY = "0x55a8f682de17399ba25a08a9c9773cf17fb929e5547ad6ee25de00435753864"
SYMBOL = "BTC/USD:USDC"
SIZE = 0.01
TAKER_FEE = Decimal("0.00045")


async def until(watch, wanted, *arguments):
    """What a stream says, until it says what is wanted."""
    for _ in range(50):
        for item in await watch(*arguments):
            if wanted(item):
                return item
    raise RuntimeError(f"{watch.__name__} never said it")


def stream(call, wanted, *arguments):
    return asyncio.create_task(until(call, wanted, *arguments))


async def trade(exchange, tally):
    book = await exchange.fetch_order_book(SYMBOL, 1)
    low = round(float(book["bids"][0][0]) * 0.9)

    placed = await exchange.create_order(
        SYMBOL, "limit", "buy", SIZE, low, {"clientOrderId": "rests", "postOnly": True})
    tally.received("create_order")
    tally.compare("create_order", placed["id"], "rests", placed["clientOrderId"])
    seen = stream(
        exchange.watch_orders, lambda order: order["id"] == placed["id"]
        and order["status"] == "canceled", SYMBOL)
    # Until the stream is granted.
    await asyncio.sleep(0.5)
    open_orders = await exchange.fetch_open_orders(SYMBOL)
    tally.received("fetch_open_orders")
    tally.compare("fetch_open_orders", placed["id"], [placed["id"]], [o["id"] for o in open_orders])
    lower = low - 10
    await exchange.edit_order(placed["id"], SYMBOL, "limit", "buy", SIZE, lower)
    edited = await exchange.fetch_order(placed["id"], SYMBOL)
    tally.received("edit_order")
    tally.compare("edit_order", placed["id"], Decimal(lower), Decimal(edited["price"]))
    await exchange.cancel_order(placed["id"], SYMBOL)
    cancelled = await asyncio.wait_for(seen, 10)
    tally.received("watch_orders")
    tally.compare("watch_orders", placed["id"], "rests", cancelled["clientOrderId"])
    tally.compare("watch_orders", placed["id"], Decimal(str(SIZE)), Decimal(cancelled["remaining"]))

    before = Decimal((await exchange.fetch_balance())["USDC"]["total"])
    fills = stream(exchange.watch_my_trades, lambda fill: True, SYMBOL)
    held = stream(exchange.watch_positions, lambda position: True, [SYMBOL])
    await asyncio.sleep(0.5)
    bought = await exchange.create_order(SYMBOL, "market", "buy", SIZE)
    fill = await asyncio.wait_for(fills, 10)
    tally.received("watch_my_trades")
    price, size = Decimal(fill["price"]), Decimal(fill["amount"])
    tally.compare("watch_my_trades", fill["id"], bought["id"], fill["order"])
    tally.compare(
        "watch_my_trades", fill["id"], price * size * TAKER_FEE, Decimal(fill["fee"]["cost"]))

    position = await asyncio.wait_for(held, 10)
    tally.received("watch_positions")
    tally.compare("watch_positions", SYMBOL, ("long", Decimal(str(SIZE))),
                  (position["side"], Decimal(position["contracts"])))

    trades = await exchange.fetch_my_trades(SYMBOL)
    tally.received("fetch_my_trades")
    tally.compare("fetch_my_trades", fill["id"], Decimal(str(SIZE)),
                  sum(Decimal(t["amount"]) for t in trades))
    fees = sum(Decimal(t["fee"]["cost"]) for t in trades)
    positions = await exchange.fetch_positions([SYMBOL])
    tally.received("fetch_positions")
    tally.compare("fetch_positions", SYMBOL, [("long", Decimal(str(SIZE)))],
                  [(p["side"], Decimal(p["contracts"])) for p in positions])
    after = Decimal((await exchange.fetch_balance())["USDC"]["total"])
    tally.received("fetch_balance")
    tally.compare("fetch_balance", "USDC", before - fees, after)


async def main(perpwire):
    simulator = await asyncio.create_subprocess_exec(
        perpwire, "sim", "--venues", "paradex", "--seed", "7", "--print-endpoints",
        stdout=asyncio.subprocess.PIPE)
    exchange = None
    try:
        endpoints = json.loads(await asyncio.wait_for(simulator.stdout.readline(), 10))
        asked = f"?account_signer_type=starknet&public_key={PUBLIC_KEY}"
        with urlopen(f"{endpoints['rest']}/onboarding{asked}") as answer:
            address = json.load(answer)["address"]
        exchange = client(endpoints)
        exchange.options["paradexAccount"] = {
            "privateKey": PRIVATE_KEY, "publicKey": PUBLIC_KEY, "address": address}
        await exchange.load_markets()
        tally = Tally()
        await trade(exchange, tally)
    finally:
        if exchange is not None:
            await exchange.close()
        simulator.terminate()
        await asyncio.wait_for(simulator.wait(), 10)
    return tally.report({
        "create_order": 1, "fetch_open_orders": 1, "edit_order": 1, "watch_orders": 2,
        "watch_my_trades": 2, "watch_positions": 1, "fetch_my_trades": 1, "fetch_positions": 1,
        "fetch_balance": 1,
    })


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(asyncio.wait_for(main(sys.argv[1]), 60)) else 1)

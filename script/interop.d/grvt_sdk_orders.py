"""Trades at a simulated GRVT with the venue's own SDK: its login, its signatures, its private stream.

    grvt_sdk_orders.py PERPWIRE
"""

import asyncio
import json
import logging
import subprocess
from decimal import Decimal

from compare import Tally, main
from grvt_orders import KEY, SUB_ACCOUNT

BTC = "BTC_USDT_Perp"


def point_at(endpoints):
    """The SDK has a list of hosts: the simulator takes the place of all of them. By its name,
    since the HTTP library beneath sends no cookies to bare addresses."""
    from pysdk import grvt_ccxt_env

    rest = endpoints["rest"].replace("127.0.0.1", "localhost")
    grvt_ccxt_env.get_grvt_endpoint_domains = lambda name: {
        kind: rest for kind in grvt_ccxt_env.GrvtEndpointType}


async def trade(endpoints, tally):
    point_at(endpoints)
    from pysdk.grvt_ccxt_env import GrvtEnv, GrvtWSEndpointType
    from pysdk.grvt_ccxt_ws import GrvtCcxtWS

    logger = logging.getLogger("grvt-pysdk")
    logger.setLevel(logging.CRITICAL)
    client = GrvtCcxtWS(
        GrvtEnv.PROD, asyncio.get_running_loop(), logger,
        parameters={
            "api_key": endpoints["account"]["api_key"], "trading_account_id": SUB_ACCOUNT,
            "private_key": KEY})
    GrvtCcxtWS.__del__ = lambda self: None
    tally.received("login")
    tally.compare("login", "cookie", bool(client._cookie), True)
    private = GrvtWSEndpointType.TRADE_DATA_RPC_FULL
    client.api_url[private] = endpoints["ws"] + "/ws/full"
    rows = {"order": [], "fill": [], "position": []}

    async def until(stream, wanted):
        for _ in range(200):
            for row in rows[stream]:
                if wanted(row):
                    return row
            await asyncio.sleep(0.05)
        raise SystemExit(f"no such {stream}: {rows[stream][-2:]}")

    def is_order(name, status):
        return lambda row: (row["metadata"]["client_order_id"] == name
                            and row["state"]["status"] == status)

    if not await client.connect_channel(private):
        raise SystemExit("grvt-pysdk cannot connect")
    for stream, seen in rows.items():
        async def note(message, seen=seen):
            seen.append(message["feed"])
        await client.subscribe(stream, note, private, {"instrument": BTC})
    await client.load_markets()
    await asyncio.sleep(1)
    ask = Decimal((await client.fetch_ticker(BTC))["best_ask_price"])
    low = (ask * Decimal("0.9")).quantize(Decimal("0.1"))

    placed = await client.create_limit_order(
        BTC, "buy", "0.01", str(low), {"client_order_id": 9400000000000000001, "post_only": True})
    tally.received("resting order")
    tally.compare("resting order", "answer", bool(placed), True)
    row = await until("order", is_order("9400000000000000001", "OPEN"))
    listed = await client.fetch_open_orders(BTC)
    tally.compare("resting order", "list", [o["order_id"] for o in listed], [row["order_id"]])
    tally.compare(
        "resting order", "cancel", await client.cancel_order(id=row["order_id"]), True)
    await until("order", is_order("9400000000000000001", "CANCELLED"))

    await client.create_order(
        BTC, "market", "buy", "0.02", None, {"client_order_id": 9400000000000000002})
    row = await until("order", is_order("9400000000000000002", "FILLED"))
    fill = await until("fill", lambda fill: fill["order_id"] == row["order_id"])
    tally.received("fill")
    tally.compare("fill", "client's id", fill["client_order_id"], "9400000000000000002")
    held = await until("position", lambda position: Decimal(position["size"]) == Decimal("0.02"))
    tally.received("position")
    listed = await client.fetch_positions([BTC])
    tally.compare(
        "position", "list", [Decimal(p["size"]) for p in listed], [Decimal(held["size"])])
    mine = await client.fetch_my_trades(BTC)
    tally.compare(
        "fill", "list", sum(Decimal(t["size"]) for t in mine["result"]), Decimal("0.02"))
    await client._session.close()


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
    return tally.report({"login": 1, "resting order": 1, "fill": 1, "position": 1})


if __name__ == "__main__":
    main(report)

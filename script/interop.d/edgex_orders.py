"""Trades at a simulated edgeX with the venue's own SDK: its proofs, its signatures, its stream.

    edgex_orders.py PERPWIRE
"""

import asyncio
import json
import subprocess
import threading
from decimal import Decimal

from edgex_sdk import (
    CancelOrderParams, Client, CreateOrderParams, GetActiveOrderParams, OrderFillTransactionParams,
    OrderSide, OrderType, TimeInForce)
from edgex_sdk.ws.manager import Manager

from compare import Tally, main

BTC = "30000001"


class Stream:
    """What the private stream has told."""

    def __init__(self, endpoints):
        account = endpoints["account"]
        self.events, self.changed = [], threading.Condition()
        self.manager = Manager(
            endpoints["ws"], int(account["account_id"]), account["api_key"],
            account["api_passphrase"], account["api_secret"])
        client = self.manager.get_private_client()
        client.on_message_hook(self.take)
        client.connect()

    def take(self, message):
        with self.changed:
            self.events.append(json.loads(message))
            self.changed.notify_all()

    def rows(self, group):
        events = [event["content"] for event in self.events if event["type"] == "trade-event"]
        return [row for event in events for row in event["data"][group]]

    def until(self, group, wanted, seconds=10):
        """The first row of the group that is as wanted."""
        def find():
            return next((row for row in self.rows(group) if wanted(row)), None)

        with self.changed:
            self.changed.wait_for(find, seconds)
            row = find()
        if row is None:
            raise SystemExit(f"no such {group} within {seconds} s: {self.rows(group)[-3:]}")
        return row

    def order(self, answer, *states):
        if answer["code"] != "SUCCESS":
            raise SystemExit(f"refused: {answer}")
        name = answer["data"]["orderId"]
        return self.until("order", lambda row: row["id"] == name and row["status"] in states)


async def trade(endpoints, tally):
    account = endpoints["account"]
    stream = Stream(endpoints)
    snapshot = await asyncio.to_thread(stream.until, "account", lambda row: True)
    tally.compare("snapshot", "account", snapshot["id"], account["account_id"])
    async with Client(
            endpoints["rest"], int(account["account_id"]), api_key=account["api_key"],
            api_passphrase=account["api_passphrase"], api_secret=account["api_secret"],
            trading_private_key=account["private_key"]) as client:
        quote = await client.get_24_hour_quote(BTC)
        last = Decimal(quote["data"][0]["oraclePrice"])
        await rests(client, stream, tally, last)
        await is_refused(client, stream, tally, last)
        await waits(client, stream, tally, last)
        await fills(client, stream, tally)
        await fails(client, tally, last)
    stream.manager.disconnect_all()


def price(last, part):
    return str((last * Decimal(part)).quantize(Decimal("0.1")))


async def told(stream, answer, *states):
    return await asyncio.to_thread(stream.order, answer, *states)


async def rests(client, stream, tally, last):
    answer = await client.create_limit_order(BTC, "0.010", price(last, "0.9"), OrderSide.BUY,
                                             client_order_id="sdk-1")
    row = await told(stream, answer, "OPEN")
    tally.compare("resting order", "price", Decimal(row["price"]), Decimal(price(last, "0.9")))
    listed = await client.get_active_orders(GetActiveOrderParams(size="200"))
    tally.compare(
        "resting order", "list", [row["clientOrderId"] for row in listed["data"]["dataList"]],
        ["sdk-1"])
    size = await client.get_max_order_size(BTC, last)
    tally.compare("resting order", "largest", Decimal(size["data"]["maxBuySize"]) > 1, True)
    answer_to_cancel = await client.cancel_order(CancelOrderParams(
        order_id=answer["data"]["orderId"]))
    tally.compare(
        "resting order", "cancel", list(answer_to_cancel["data"]["cancelResultMap"].values()),
        ["SUCCESS"])
    row = await told(stream, answer, "CANCELED")
    tally.compare("resting order", "reason", row["cancelReason"], "USER_CANCELED")
    two = [await client.create_limit_order(BTC, "0.010", price(last, part), OrderSide.SELL)
           for part in ("1.1", "1.12")]
    for answer in two:
        await told(stream, answer, "OPEN")
    all_of_them = await client.cancel_order(CancelOrderParams(contract_id=BTC))
    tally.compare(
        "resting order", "cancel all", set(all_of_them["data"]["cancelResultMap"]),
        {answer["data"]["orderId"] for answer in two})


async def is_refused(client, stream, tally, last):
    answer = await client.create_limit_order(
        BTC, "0.010", price(last, "1.01"), OrderSide.BUY, TimeInForce.POST_ONLY)
    row = await told(stream, answer, "CANCELED")
    tally.compare("refusals", "post-only", Decimal(row["cumMatchSize"]), 0)
    for what, size, part in (("step", "0.0105", "0.9"), ("band", "0.010", "1.3")):
        answer = await client.create_limit_order(BTC, size, price(last, part), OrderSide.BUY)
        tally.compare("refusals", what, answer["code"], "INVALID_PARAMETER")


async def waits(client, stream, tally, last):
    """A stop order, which is signed as one at the market."""
    answer = await client.create_order(CreateOrderParams(
        contract_id=BTC, size="0.010", price="0", type=OrderType.STOP_MARKET, side=OrderSide.BUY,
        trigger_price=price(last, "1.1"), trigger_price_type="LAST_PRICE"))
    await told(stream, answer, "UNTRIGGERED")
    await client.cancel_order(CancelOrderParams(order_id=answer["data"]["orderId"]))
    row = await told(stream, answer, "CANCELED")
    tally.compare("stop order", "reason", row["cancelReason"], "USER_CANCELED")


async def fills(client, stream, tally):
    answer = await client.create_market_order(BTC, "0.050", OrderSide.BUY)
    name = answer["data"]["orderId"]
    await told(stream, answer, "FILLED")
    await asyncio.to_thread(
        stream.until, "order", lambda row: row["id"] == name
        and Decimal(row["cumFillSize"]) == Decimal("0.05"))
    rows = [row for row in stream.rows("orderFillTransaction") if row["orderId"] == name]
    tally.compare("fills", "size", sum(Decimal(row["fillSize"]) for row in rows), Decimal("0.05"))
    ends = [row for row in stream.rows("order") if row["id"] == name and row["status"] == "FILLED"]
    tally.compare("fills", "told twice", len(ends), 2)
    listed = await client.get_order_fill_transactions(OrderFillTransactionParams(size="100"))
    tally.compare(
        "fills", "list", {row["id"] for row in listed["data"]["dataList"]},
        {row["id"] for row in rows})
    asset = (await client.get_account_asset())["data"]
    tally.compare(
        "position", "size", [Decimal(row["openSize"]) for row in asset["positionList"]],
        [Decimal("0.05")])
    told_last = stream.rows("position")[-1]
    tally.compare(
        "position", "stream", Decimal(told_last["openValue"]),
        Decimal(asset["positionList"][0]["openValue"]))
    collateral = asset["collateralList"][0]
    tally.compare(
        "balance", "identity",
        Decimal(collateral["amount"]) + Decimal(asset["positionList"][0]["openValue"]),
        Decimal(collateral["legacyAmount"]))


async def fails(client, tally, last):
    """A key that is not the account's signs in vain."""
    client.async_client.trading_private_key = "11" * 32
    client.async_client.trading_address = ""
    answer = await client.create_limit_order(BTC, "0.010", price(last, "0.9"), OrderSide.BUY)
    tally.compare("refusals", "signature", answer["code"], "SIGNATURE_ERROR")


def report(perpwire):
    simulator = subprocess.Popen(
        [perpwire, "sim", "--venues", "edgex", "--seed", "7", "--print-endpoints"],
        stdout=subprocess.PIPE)
    tally = Tally()
    try:
        endpoints = json.loads(simulator.stdout.readline())
        asyncio.run(trade(endpoints, tally))
    finally:
        simulator.terminate()
        simulator.wait(10)
    return tally.report({
        "snapshot": 1, "resting order": 6, "refusals": 4, "stop order": 1, "fills": 3,
        "position": 2, "balance": 1})


if __name__ == "__main__":
    main(report)

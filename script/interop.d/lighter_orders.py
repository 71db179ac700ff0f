"""Trades at a simulated Lighter with the venue's own SDK: its signer, its numbers, its token.

    lighter_orders.py PERPWIRE
"""

import asyncio
import json
import subprocess

import lighter
import websockets

from compare import Tally, main

# That of the simulator's account: made up, it opens nothing anywhere else.
KEY = "706572707769726573696d756c617465646c69676874657200112233445566778899aabbccddee00"
ACCOUNT, SLOT, BTC = 516, 4, 1


def expect(tally, what, is_so):
    tally.received(what)
    tally.compare(what, "is so", is_so, True)


async def trade(endpoints, tally):
    client = lighter.SignerClient(
        url=endpoints["rest"], account_index=ACCOUNT, api_private_keys={SLOT: KEY})
    error = client.check_client()
    expect(tally, "sdk key", error is None)
    token, error = client.create_auth_token_with_expiry(600)
    expect(tally, "sdk token", error is None)
    events = []
    async with websockets.connect(endpoints["ws"]) as socket:
        await socket.recv()
        for family in ("account_all_orders", "account_all_trades", "account_all_positions"):
            await socket.send(json.dumps(
                {"type": "subscribe", "channel": f"{family}/{ACCOUNT}", "auth": token}))

        async def until(condition):
            """Reads the private stream until a message is as wanted."""
            async with asyncio.timeout(10):
                while not any(condition(event) for event in events):
                    events.append(json.loads(await socket.recv()))

        def has(index, *states):
            return lambda event: any(
                row["client_order_index"] == index and row["status"] in states
                for row in event.get("orders", {}).get(str(BTC), []))

        orders = lighter.OrderApi(client.api_client)
        details = await orders.order_book_details(market_id=BTC)
        price = int(float(details.order_book_details[0].last_trade_price) * 10)
        # One that rests, is seen, changed and cancelled.
        _, answer, error = await client.create_order(
            market_index=BTC, client_order_index=11, base_amount=1_000, price=price * 9 // 10,
            is_ask=False, order_type=client.ORDER_TYPE_LIMIT,
            time_in_force=client.ORDER_TIME_IN_FORCE_POST_ONLY)
        expect(tally, "sdk place", error is None and answer.code == 200)
        await until(has(11, "open"))
        active = await orders.account_active_orders(
            account_index=ACCOUNT, market_id=BTC, authorization=token)
        expect(
            tally, "sdk active orders", [row.client_order_index for row in active.orders] == [11])
        _, _, error = await client.modify_order(
            market_index=BTC, order_index=11, base_amount=2_000, price=price * 8 // 10)
        expect(tally, "sdk modify", error is None)
        await until(lambda event: any(
            row["initial_base_amount"] == "0.02000"
            for row in event.get("orders", {}).get(str(BTC), [])))
        _, _, error = await client.cancel_order(market_index=BTC, order_index=11)
        expect(tally, "sdk cancel", error is None)
        await until(has(11, "canceled"))
        # One that is filled, and makes a position.
        _, _, error = await client.create_market_order(
            market_index=BTC, client_order_index=12, base_amount=1_000,
            avg_execution_price=price * 11 // 10, is_ask=False)
        expect(tally, "sdk market order", error is None)
        await until(has(12, "filled"))
        await until(lambda event: any(
            row["bid_client_id"] == 12 and row["bid_account_id"] == ACCOUNT
            for row in event.get("trades", {}).get(str(BTC), [])))
        account = await lighter.AccountApi(client.api_client).account(
            by="index", value=str(ACCOUNT))
        held = {row.market_id: (row.sign, row.position) for row in account.accounts[0].positions}
        expect(tally, "sdk position", held.get(BTC) == (1, "0.01000"))
        inactive = await orders.account_inactive_orders(
            account_index=ACCOUNT, limit=10, authorization=token)
        expect(
            tally, "sdk inactive orders",
            [row.client_order_index for row in inactive.orders] == [12, 11])
    await client.close()


def report(perpwire):
    tally = Tally()
    simulator = subprocess.Popen(
        [perpwire, "sim", "--venues", "lighter", "--seed", "7", "--print-endpoints",
         "--sim-set", "lighter.requests_per_minute=600"],
        stdout=subprocess.PIPE)
    try:
        asyncio.run(trade(json.loads(simulator.stdout.readline()), tally))
    finally:
        simulator.terminate()
        simulator.wait(10)
    return tally.report({"sdk key": 1, "sdk inactive orders": 1})


if __name__ == "__main__":
    main(report)

"""Places one order, follows it to its end or for some seconds, and cancels what is left of it.

    python3 order.py paradex BTC buy 0.01 -0.5 [options of perpwire serve, such as --sim]

The last number is the price, in percent from the best one; negative rests, positive crosses.
"""

import asyncio
import json
import os
import sys
import time
from decimal import ROUND_DOWN, Decimal


class Gateway:
    """A gateway of our own: what we have placed is cancelled when we end, whatever ends us."""

    async def start(self, venue, options):
        self.process = await asyncio.create_subprocess_exec(
            os.environ.get("PERPWIRE", "perpwire"), "serve", "--stdio", "--venues", venue, *options,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)

    def say(self, method, **params):
        command = {"id": method, "method": method, "params": params}
        self.process.stdin.write(json.dumps(command).encode() + b"\n")

    async def until(self, wanted):
        """The next line that is wanted; a refusal ends us."""
        async for text in self.process.stdout:
            line = json.loads(text)
            if "error" in line:
                sys.exit(f"{line['error']['data']['reason']}: {line['error']['message']}")
            if line.get("type") in ("order", "fill"):
                print(text.decode(), end="", flush=True)
            if wanted(line):
                return line
        sys.exit("the gateway has ended")


def price(quote, market, side, percent):
    """On the grid, so many percent from the best price of the other side."""
    best = Decimal(quote["ask"] if side == "buy" else quote["bid"])
    away = best * Decimal(percent) / 100 * (1 if side == "buy" else -1)
    tick = Decimal(market["tick_size"])
    return str(((best + away) / tick).to_integral_value(ROUND_DOWN) * tick)


async def main(venue, asset, side, size, percent, *options):
    gateway = Gateway()
    await gateway.start(venue, options)
    gateway.say("subscribe", venues=[venue], channels=["bbo"], symbols=[asset])
    quote = await gateway.until(lambda line: line.get("type") == "bbo")
    gateway.say("markets", venues=[venue], symbols=[asset])
    market = await gateway.until(lambda line: line.get("type") == "market")
    accounts = [{}]
    while not any(account.get("state") == "live" for account in accounts):
        await asyncio.sleep(0.1)
        gateway.say("status")
        status = await gateway.until(lambda line: line.get("id") == "status")
        accounts = status["result"].get("accounts", [])
    # The same name never orders twice, also after a crash: choose it once for what you mean.
    name = f"example-{time.time_ns()}"
    gateway.say(
        "order.place", venue=venue, symbol=asset, client_id=name, side=side, size=size,
        order_type="limit", price=price(quote, market, side, percent), ttl_ms=2000)
    final = ("filled", "cancelled", "rejected", "expired")
    order = await gateway.until(
        lambda line: line.get("type") == "order" and line.get("client_id") == name
        and line["status"] in final)
    gateway.process.stdin.close()
    await gateway.process.wait()
    sys.exit(order["status"] == "rejected")


if __name__ == "__main__":
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    asyncio.run(main(*sys.argv[1:]))

"""The best bid and the best offer of one asset on two venues, as they change.

    python3 best.py BTC paradex lighter [options of perpwire serve, such as --sim]
"""

import asyncio
import json
import os
import sys
from decimal import Decimal


async def lines(asset, venues, options):
    """What the gateway says; it ends with its input, and so with us."""
    gateway = await asyncio.create_subprocess_exec(
        os.environ.get("PERPWIRE", "perpwire"), "serve", "--stdio",
        "--venues", ",".join(venues), *options,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    params = {"channels": ["bbo"], "symbols": [asset], "venues": venues, "conflate_ms": 100}
    command = {"id": 1, "method": "subscribe", "params": params}
    gateway.stdin.write(json.dumps(command).encode() + b"\n")
    async for text in gateway.stdout:
        yield json.loads(text)
    if await gateway.wait():
        sys.exit(1)


def best(quotes):
    """Who bids most, who asks least, and what buying there and selling here would bring."""
    bid = max(quotes, key=lambda quote: Decimal(quote["bid"]))
    ask = min(quotes, key=lambda quote: Decimal(quote["ask"]))
    edge = (Decimal(bid["bid"]) / Decimal(ask["ask"]) - 1) * 10_000
    return f"{bid['venue']} {bid['bid']}  {ask['venue']} {ask['ask']}  {edge:.2f} bp"


async def main(asset, first, second, *options):
    quotes = {}  # venue → its newest quote that may be traded on
    told = None
    async for line in lines(asset, [first, second], options):
        if "error" in line:
            sys.exit(line["error"]["message"])
        kind = line.get("type")
        if kind == "bbo" and not line.get("flags") and line["bid"] and line["ask"]:
            quotes[line["venue"]] = line
        elif kind == "bbo" or kind == "stream" and line["state"] != "live":
            quotes.pop(line["venue"], None)
        if len(quotes) == 2 and (text := best(quotes.values())) != told:
            print(told := text, flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        asyncio.run(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        os._exit(0)  # nobody reads us any more

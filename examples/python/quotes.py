"""Keeps the newest sound quote of each market and prints them when the stream ends.

quotes.py TARGET… [options of perpwire stream]
"""

import asyncio
import json
import os
import sys
from decimal import Decimal


async def main(arguments):
    process = await asyncio.create_subprocess_exec(
        os.environ.get("PERPWIRE", "perpwire"), "stream", *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE)
    quotes = {}
    async for line in process.stdout:
        event = json.loads(line)
        kind, market = event["type"], (event.get("venue"), event.get("symbol"))
        if kind == "bbo" and "flags" not in event and event["bid"] and event["ask"]:
            quotes[market] = Decimal(event["bid"]), Decimal(event["ask"])
        elif kind == "stream" and event["channel"] == "bbo" and event["state"] != "live":
            quotes.pop(market, None)  # not to be traded on until it is live again
    for (venue, symbol), (bid, ask) in sorted(quotes.items()):
        print(f"{venue} {symbol} {bid} {ask} spread {ask - bid}")
    return await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))

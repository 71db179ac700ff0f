"""Best bids and asks by websockets and the standard json module, the way most would write it."""
import asyncio
import json
import os
import sys

from websockets.asyncio.client import connect


async def main():
    async with connect(os.environ["PERPWIRE_BENCH_WS"], compression=None) as venue:
        await venue.send(json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": "subscribe",
             "params": {"channel": "bbo.BTC-USD-PERP"}}))
        async for text in venue:
            message = json.loads(text)
            if "params" not in message:
                continue
            data = message["params"]["data"]
            line = json.dumps(
                {"type": "bbo", "venue": "paradex", "symbol": data["market"], "bid": data["bid"],
                 "bid_size": data["bid_size"], "ask": data["ask"], "ask_size": data["ask_size"],
                 "venue_seq": str(data["seq_no"]), "ts": data["last_updated_at"] * 1000},
                separators=(",", ":"))
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


asyncio.run(main())

"""Compares what edgeX's own SDK reads from a simulated edgeX with perpwire's lines."""

import json
import threading
from collections import defaultdict

from compare import Tally, Truth, compare_book, compare_trade, level, main, observe

SECONDS = 20
DEPTH = 15


def contracts(rest):
    """Its contracts by the symbols of ours."""
    import urllib.request

    with urllib.request.urlopen(f"{rest}/api/v2/public/meta/getMetaData", timeout=10) as answer:
        metadata = json.load(answer)["data"]
    names = {row["contractName"]: row["contractId"] for row in metadata["contractList"]}
    return {names["BTCUSDC"]: "BTC-USDC-PERP", names["ETHUSDC"]: "ETH-USDC-PERP"}


def read(endpoints):
    """Books as its documents say: the SDK hands messages on and leaves their meaning to us."""
    from edgex_sdk.ws.manager import Manager

    symbols = contracts(endpoints["rest"])
    books = defaultdict(lambda: {"bids": {}, "asks": {}})
    seen = {"books": defaultdict(list), "trades": defaultdict(list)}

    def depth(message):
        content = json.loads(message)["content"]
        row = content["data"][0]
        symbol = symbols[row["contractId"]]
        book = books[symbol]
        if row["depthType"].upper() == "SNAPSHOT":
            book = books[symbol] = {"bids": {}, "asks": {}}
        for side in ("bids", "asks"):
            for entry in row[side]:
                price, size = level(entry["price"], entry["size"])
                if size == 0:
                    book[side].pop(price, None)
                else:
                    book[side][price] = size
        sides = [
            sorted(book[side].items(), reverse=side == "bids")[:DEPTH] for side in ("bids", "asks")
        ]
        seen["books"][symbol].append((int(row["endVersion"]), *sides))

    def trades(message):
        content = json.loads(message)["content"]
        if content["dataType"].lower() == "snapshot":
            return
        for row in content["data"]:
            seen["trades"][symbols[row["contractId"]]].append({
                "id": row["ticketId"], "price": row["price"], "amount": row["size"],
                "side": "sell" if row["isBuyerMaker"] else "buy", "timestamp": int(row["time"]),
            })

    manager = Manager(endpoints["ws"], 0)
    manager.connect_public()
    for contract in symbols:
        manager.subscribe_depth(contract, depth, 200)
        manager.subscribe_trade(contract, trades)
    threading.Event().wait(SECONDS)
    manager.disconnect_all()
    return seen


def report(perpwire):
    seen, lines = observe(perpwire, "edgex", ["BTC", "ETH"], read)
    tally = Tally()
    for symbol in seen["books"]:
        truth = Truth(lines, symbol)
        for number, bids, asks in seen["books"][symbol]:
            compare_book(tally, "sdk books", number, bids, asks, truth)
        for trade in seen["trades"][symbol]:
            compare_trade(tally, "sdk trades", trade, truth)
    return tally.report({"sdk books": 100, "sdk trades": 10})


if __name__ == "__main__":
    main(report)

"""What every comparison of perpwire with another client of the same simulated venue needs.

Numbers are compared as decimals, never as binary fractions.
"""

import json
import subprocess
import sys
import threading
from collections import defaultdict
from decimal import Decimal

DEPTH = 15


class Tally:
    """One row for each kind of comparison."""

    def __init__(self):
        self.rows = defaultdict(lambda: {"received": 0, "compared": 0, "equal": 0})
        self.differences = []

    def received(self, call, count=1):
        self.rows[call]["received"] += count

    def compare(self, call, what, theirs, ours):
        row = self.rows[call]
        row["compared"] += 1
        if theirs == ours:
            row["equal"] += 1
        else:
            self.differences.append(f"{call} {what}: theirs {theirs} ours {ours}")

    def report(self, least):
        """Prints the table. True when each call had enough to compare and all was equal."""
        print(f"{'CALL':<20}{'RECEIVED':>10}{'COMPARED':>10}{'EQUAL':>10}")
        for call, row in self.rows.items():
            print(f"{call:<20}{row['received']:>10}{row['compared']:>10}{row['equal']:>10}")
        for difference in self.differences[:20]:
            print(difference)
        poor = [call for call, least in least.items() if self.rows[call]["compared"] < least]
        for call in poor:
            print(f"{call}: fewer than {least[call]} comparisons")
        return not poor and not self.differences


# Reading.


def level(price, size):
    return (Decimal(str(price)), Decimal(str(size)))


def top(levels):
    return [level(*entry[:2]) for entry in levels[:DEPTH]]


class Truth:
    """What perpwire's lines of one market say, by the venue's sequence numbers."""

    def __init__(self, lines, market):
        own = [line for line in lines if line.get("symbol") == market]
        self.trades = {line["trade_id"]: line for line in own if line["type"] == "trade"}
        self.quotes = [line for line in own if line["type"] == "bbo"]
        self.books = []
        bids, asks = {}, {}
        for line in own:
            if line["type"] != "book":
                continue
            if line["snapshot"] and line.get("part", 1) == 1:
                bids, asks = {}, {}
            for side, levels in ((bids, line["bids"]), (asks, line["asks"])):
                for price, size in levels:
                    if Decimal(size) == 0:
                        side.pop(Decimal(price), None)
                    else:
                        side[Decimal(price)] = Decimal(size)
            if line.get("part") == line.get("parts"):
                state = (sorted(bids.items(), reverse=True), sorted(asks.items()))
                self.books.append((int(line["venue_seq"]), [side[:DEPTH] for side in state]))
        self.first = self.books[0][0]
        self.last = self.books[-1][0]

    def book(self, sequence):
        """The book at a number: the state after the last line up to it, since events that change
        nothing have no line. None for numbers outside of the recording."""
        if not self.first <= sequence <= self.last:
            return None
        return [book for number, book in self.books if number <= sequence][-1]

    def quotes_at(self, milliseconds):
        """The best at some moment of that millisecond, as (bid, ask): the one before it, and all
        within it, since the venue's time has no smaller unit."""
        before, within = None, []
        for quote in self.quotes:
            time = quote["ts"] // 1000
            best = (Decimal(quote["bid"]), Decimal(quote["ask"]))
            if time < milliseconds:
                before = best
            elif time == milliseconds:
                within.append(best)
        return ([before] if before else []) + within


# Comparing.


def compare_trade(tally, call, trade, truth):
    tally.received(call)
    line = truth.trades.get(trade["id"])
    if line is None:
        return
    theirs = (*level(trade["price"], trade["amount"]), trade["side"], trade["timestamp"])
    ours = (*level(line["price"], line["size"]), line["side"], line["ts"] // 1000)
    tally.compare(call, trade["id"], theirs, ours)


def compare_book(tally, call, number, bids, asks, truth):
    tally.received(call)
    book = truth.book(number)
    if book is not None:
        tally.compare(call, number, [bids, asks], book)


def compare_states(tally, call, books, truth):
    """Of books without a number: between the first and the last that both know, each is one that
    perpwire's lines make."""
    known = [book for _, book in truth.books]
    places = [index for index, book in enumerate(books) if book in known]
    tally.received(call, len(books))
    for book in books[places[0]:places[-1] + 1] if places else []:
        tally.compare(call, "state", book if book in known else "no book of ours", book)


def compare_missing(tally, trades, truth):
    """No trade between the first and the last that both know is unknown to perpwire."""
    call = "no trade missing"
    ids = [trade["id"] for trade in trades]
    known = [id for id in ids if id in truth.trades]
    tally.received(call)
    if known:
        between = ids[ids.index(known[0]):ids.index(known[-1]) + 1]
        tally.compare(call, "trades in between", between, known)


# The run.


def observe(perpwire, venue, targets, client, sim=()):
    """Lets `client(endpoints)`, which blocks for its while, and `perpwire stream` read one simulated
    venue. Returns what the client returned, and perpwire's lines."""
    simulator = subprocess.Popen(
        [perpwire, "sim", "--venues", venue, "--seed", "7", "--print-endpoints", *sim],
        stdout=subprocess.PIPE)
    stream = None
    try:
        endpoints = json.loads(simulator.stdout.readline())
        stream = subprocess.Popen(
            [perpwire, "stream", *(f"{venue}:{target}" for target in targets),
             "--channels", "bbo,trade,book",
             "--endpoint", f"{venue}.ws={endpoints['ws']}",
             "--endpoint", f"{venue}.rest={endpoints['rest']}"],
            stdout=subprocess.PIPE)
        lines = []
        reader = threading.Thread(
            target=lambda: lines.extend(json.loads(line) for line in stream.stdout))
        reader.start()
        seen = client(endpoints)
        # perpwire goes on for a moment, so that it has all that the client had.
        threading.Event().wait(1)
        stream.terminate()
        reader.join(10)
        return seen, lines
    finally:
        for child in (stream, simulator):
            if child is not None and child.poll() is None:
                child.terminate()
                child.wait(10)


def main(report):
    """Ends with 1 unless `report(perpwire)` says that all was equal."""
    sys.exit(0 if report(sys.argv[1]) else 1)

"""Writes a gateway's lossless lines to a file, each of them once, through its restarts and ours.

    perpwire serve --socket ~/perpwire.sock --journal ~/perpwire.sqlite &
    python3 resume.py ~/perpwire.sock lines.jsonl [BTC]

The file is the memory as well: whoever starts again goes on behind its last line.
"""

import asyncio
import json
import sys


def after(line, journal, seq):
    """Where one is when this line is written: in which journal, behind which number."""
    if line["type"] == "hello":
        return line["journal"]["id"], line["journal"]["last"]
    return journal, line["to"] if line["type"] == "gap_fill" else line["seq"]


class Memory:
    def __init__(self, path):
        self.file = open(path, "a+b", buffering=0)
        self.place = None, None
        self.file.seek(0)
        *lines, torn = self.file.read().split(b"\n")
        self.file.truncate(self.file.tell() - len(torn))
        for text in lines:
            self.place = after(json.loads(text), *self.place)

    def write(self, text, line):
        self.file.write(text)  # whole, and before anything else
        self.place = after(line, *self.place)


def take(text, memory):
    """Writes the line if it is lossless and new."""
    line, seq = json.loads(text), memory.place[1]
    if "error" in line:
        sys.exit(line["error"]["message"])
    if line.get("type") == "gap_fill":  # lines that are held no more
        memory.write(text, line)
    elif line.get("seq", 0) > seq:
        if line["seq"] != seq + 1:
            sys.exit(f"line {line['seq']} after {seq}: this cannot be")
        memory.write(text, line)


async def follow(path, asset, memory):
    # Lines are at most 60,000 bytes; asyncio's own limit is 64 KiB.
    reader, writer = await asyncio.open_unix_connection(path, limit=1 << 20)
    try:
        text = await reader.readline()
        hello, known = json.loads(text), memory.place[0]
        if hello["journal"]["id"] != known:
            if known:
                print("another journal: beginning anew", file=sys.stderr)
            memory.write(text, hello)
        journal, seq = memory.place
        place = {"resume": {"seq": seq, "journal": journal}}
        topics = {"channels": ["bbo"], "symbols": [asset]}
        for number, (method, params) in enumerate([("hello", place), ("subscribe", topics)], 1):
            command = {"id": number, "method": method, "params": params}
            writer.write(json.dumps(command).encode() + b"\n")
        while (text := await reader.readline()).endswith(b"\n"):
            take(text, memory)
    finally:
        writer.close()


async def main(path, file, asset="BTC"):
    memory = Memory(file)
    while True:
        try:
            await follow(path, asset, memory)
        except (ConnectionError, FileNotFoundError, json.JSONDecodeError):
            pass  # the gateway is gone; it will be back
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    try:
        asyncio.run(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        pass

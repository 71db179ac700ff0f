"""Follows a gateway's lossless lines for ever, through its restarts and ours, and misses none.

    perpwire serve --socket ~/perpwire.sock --journal ~/journal.sqlite &
    python3 resume.py ~/perpwire.sock state.json

The number of the last line is kept in a file; whoever starts again goes on behind it. Each line is
printed once.
"""

import asyncio
import json
import os
import sys


def load(path):
    try:
        with open(path) as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def save(path, state):
    with open(path + ".new", "w") as file:
        json.dump(state, file)
    os.replace(path + ".new", path)


def take(line, state):
    """Prints a lossless line that is new; false for one that cannot follow the last."""
    if line.get("type") == "gap_fill":
        print(f"lines {line['from']} to {line['to']} are held no more", file=sys.stderr)
        state["seq"] = line["to"]
    if "seq" not in line or line["seq"] <= state["seq"]:
        return True
    if line["seq"] != state["seq"] + 1:
        return False
    state["seq"] = line["seq"]
    print(json.dumps(line), flush=True)
    return True


async def follow(socket, path):
    # Lines are at most 60,000 bytes; asyncio's own limit is 64 KiB.
    reader, writer = await asyncio.open_unix_connection(socket, limit=1 << 20)
    try:
        hello = json.loads(await reader.readline())
        journal, state = hello["journal"]["id"], load(path)
        if state is None or state["journal"] != journal:
            if state:
                print("another journal: beginning anew", file=sys.stderr)
            state = {"journal": journal, "seq": hello["journal"]["last"]}
        commands = [("hello", {"resume": {"seq": state["seq"], "journal": journal}})]
        commands += [("subscribe", {"channels": ["bbo"], "symbols": ["BTC"]})]
        for number, (method, params) in enumerate(commands, 1):
            command = {"id": number, "method": method, "params": params}
            writer.write(json.dumps(command).encode() + b"\n")
        async for text in reader:
            line = json.loads(text)
            if "error" in line:
                sys.exit(line["error"]["message"])
            if not take(line, state):
                sys.exit(f"line {line['seq']} after {state['seq']}: this cannot be")
            if "seq" in line:
                save(path, state)
    finally:
        writer.close()


async def main(socket, path):
    while True:
        try:
            await follow(socket, path)
        except (ConnectionError, FileNotFoundError, json.JSONDecodeError):
            pass
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        asyncio.run(main(*sys.argv[1:]))
    except (KeyboardInterrupt, BrokenPipeError):
        pass

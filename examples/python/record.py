"""Records quotes of one asset into NAME.sqlite and plots them into NAME.svg.

    python3 record.py NAME paradex:BTC lighter:BTC --duration 60 [options of perpwire record]
    python3 record.py NAME                                       plots what is there
"""

import os
import sqlite3
import subprocess
import sys

# The middle of each quote that may be traded on, scaled to 600 by 200; one point for each x.
POINTS = """
    WITH quote AS (
      SELECT venue || ' ' || symbol AS market, recv_ts AS t, (bid + ask) / 2 AS mid
      FROM bbo_real WHERE flags IS NULL AND bid IS NOT NULL AND ask IS NOT NULL),
    bounds AS (
      SELECT min(t) AS t0, max(1, max(t) - min(t)) AS length,
        min(mid) AS low, max(1e-9, max(mid) - min(mid)) AS range FROM quote)
    SELECT market, (t - t0) * 600 / length AS x,
      CAST(200 - avg(mid - low) * 200 / range AS INTEGER) AS y,
      printf('%.1f s, %.8g to %.8g', length / 1e6, low, low + range) AS caption
    FROM quote, bounds GROUP BY market, x ORDER BY market, x"""
COLOURS = ["steelblue", "darkorange", "seagreen", "crimson"]


def svg(rows):
    lines, caption = {}, ""
    for market, x, y, caption in rows:
        lines.setdefault(market, []).append(f"{x},{y}")
    yield '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -30 620 300" font-size="12">'
    yield '<rect x="-10" y="-30" width="620" height="300" fill="white"/>'
    yield f'<text y="-12">{caption}</text>'
    for index, (market, points) in enumerate(lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        yield f'<polyline fill="none" stroke="{colour}" points="{" ".join(points)}"/>'
        yield f'<text y="{220 + 15 * index}" fill="{colour}">{market}</text>'
    yield "</svg>"


def main(name, *arguments):
    file = name + ".sqlite"
    if arguments:
        perpwire = os.environ.get("PERPWIRE", "perpwire")
        subprocess.run([perpwire, "record", "--into", file, *arguments], check=True)
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as recording:
        rows = recording.execute(POINTS).fetchall()
    if not rows:
        sys.exit(f"{file} holds no quotes")
    with open(name + ".svg", "w") as plot:
        plot.writelines(line + "\n" for line in svg(rows))
    print(f"{name}.svg: {rows[0][3]}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    except sqlite3.Error as error:
        sys.exit(f"{sys.argv[1]}.sqlite: {error}")

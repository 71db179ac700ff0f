#!/bin/sh
# Records quotes of one asset into NAME.sqlite and plots them into NAME.svg.
# record.sh NAME paradex:BTC lighter:BTC --duration 60 [options of perpwire record]
# record.sh NAME                                       plots what is there
set -eu
[ $# -ge 1 ] || { sed -n 2,4p "$0" >&2; exit 64; }
name=$1 file=$1.sqlite
shift
if [ $# -gt 0 ]; then "${PERPWIRE:-perpwire}" record --into "$file" "$@"; fi

# The middle of each quote that may be traded on, scaled to 600 by 200; one point for each x.
rows=$(sqlite3 -readonly -separator '|' "$file" "
  WITH quote AS (
    SELECT venue || ' ' || symbol AS market, recv_ts AS t, (bid + ask) / 2 AS mid
    FROM bbo_real WHERE flags IS NULL AND bid IS NOT NULL AND ask IS NOT NULL),
  bounds AS (
    SELECT min(t) AS t0, max(1, max(t) - min(t)) AS length,
      min(mid) AS low, max(1e-9, max(mid) - min(mid)) AS range FROM quote)
  SELECT market, (t - t0) * 600 / length AS x,
    CAST(200 - avg(mid - low) * 200 / range AS INTEGER) AS y,
    printf('%.1f s, %.8g to %.8g', length / 1e6, low, low + range) AS caption
  FROM quote, bounds GROUP BY market, x ORDER BY market, x")
[ -n "$rows" ] || { echo "$file holds no quotes" >&2; exit 1; }

printf '%s\n' "$rows" | awk -F '|' '
  function finish(colour) {
    if (market == "") return
    colour = colours[count % 4 + 1]
    printf "<polyline fill=\"none\" stroke=\"%s\" points=\"%s\"/>\n", colour, points
    printf "<text y=\"%d\" fill=\"%s\">%s</text>\n", 220 + 15 * count++, colour, market
  }
  BEGIN {
    split("steelblue darkorange seagreen crimson", colours, " ")
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-10 -30 620 300\" font-size=\"12\">"
    print "<rect x=\"-10\" y=\"-30\" width=\"620\" height=\"300\" fill=\"white\"/>"
  }
  NR == 1 { printf "<text y=\"-12\">%s</text>\n", $4 }
  $1 != market { finish(); market = $1; points = "" }
  { points = points (points == "" ? "" : " ") $2 "," $3 }
  END { finish(); print "</svg>" }' >"$name.svg"
echo "$name.svg: $(printf '%s\n' "$rows" | sed 's/.*|//;q')"

#!/usr/bin/env bash
# The best bid and the best offer of one asset on two venues, as they change.
# best.sh BTC paradex lighter [options of perpwire stream, such as --sim]
set -o pipefail
[ $# -ge 3 ] || { sed -n 2,3p "$0" >&2; exit 64; }
asset=$1 first=$2 second=$3
shift 3

# .quotes: venue → its newest quote that may be traded on. Numbers are good enough to compare; what
# is printed, and would be traded, is the venue's text.
"${PERPWIRE:-perpwire}" stream "$first:$asset" "$second:$asset" "$@" |
  jq --unbuffered -nr '
    def best:
      [.[]] | max_by(.bid | tonumber) as $bid | min_by(.ask | tonumber) as $ask
      | (($bid.bid | tonumber) / ($ask.ask | tonumber) - 1) * 1000000 | round / 100
      | "\($bid.venue) \($bid.bid)  \($ask.venue) \($ask.ask)  \(.) bp";
    foreach inputs as $line ({quotes: {}};
      .told = .text
      | if $line.type == "bbo" and ($line.flags | not) and $line.bid and $line.ask then
          .quotes[$line.venue] = $line
        elif $line.type == "bbo" or ($line.type == "stream" and $line.state != "live") then
          del(.quotes[$line.venue])
        else . end
      | if .quotes | length == 2 then .text = (.quotes | best) else . end;
      select(.text != .told) | .text)'

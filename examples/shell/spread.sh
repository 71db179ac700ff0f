#!/bin/sh
# The spread of every quote in basis points: time, symbol, bid, ask, spread.
# spread.sh TARGET… [options of perpwire stream]
"${PERPWIRE:-perpwire}" stream --numbers "$@" |
  jq --unbuffered -r '
    select(.type == "bbo" and .bid and .ask and (.flags | not))
    | [.recv_ts, .symbol, .bid, .ask, (.ask - .bid) / .bid * 10000] | @tsv'

#!/usr/bin/env bash
# Places one order, follows it to its end or for some seconds, and cancels what is left of it.
#
#     order.sh paradex BTC buy 0.01 -0.5 [options of perpwire order place, such as --sim]
#
# The last number is the price, in percent from the best one; negative rests, positive crosses.
set -euo pipefail

(($# >= 5)) || {
  sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
  exit 64
}
venue=$1 asset=$2 side=$3 size=$4 percent=$5
shift 5
perpwire=${PERPWIRE:-perpwire}

sim=()
[[ " $* " == *" --sim "* ]] && sim=(--sim)
quote=$("$perpwire" stream "$venue:$asset" "${sim[@]}" --quiet |
  jq -cn 'first(inputs | select(.type == "bbo"))')
tick=$("$perpwire" markets "$venue" "${sim[@]}" --json --quiet |
  jq -nr --arg asset "$asset" 'first(inputs | select(.base == $asset) | .tick_size)')
# On the grid: bc counts in decimals.
best=$(jq -r --arg side "$side" 'if $side == "buy" then .ask else .bid end' <<<"$quote")
sign=$([[ $side == buy ]] && echo 1 || echo -1)
price=$(bc <<<"scale=10; p = $best * (1 + $sign * $percent / 100); scale=0; p = p / $tick; p * $tick")

# The same name never orders twice, also after a crash: choose it once for what you mean.
"$perpwire" order place "$venue:$asset" "$side" "$size" --price "$price" --json \
  --client-id "example-$(date +%s%N)" "$@"

#!/usr/bin/env bash
# Writes a gateway's lossless lines to a file, each of them once, through its restarts and ours.
#   perpwire serve --socket ~/perpwire.sock --journal ~/perpwire.sqlite &
#   resume.sh ~/perpwire.sock lines.jsonl [BTC]
# The file is the memory as well: whoever starts again goes on behind its last line.
set -u
[ $# -ge 2 ] || { sed -n 2,5p "$0" >&2; exit 64; }
path=$1 file=$2 asset=${3:-BTC}

# In which journal one is when a line is written, and behind which number.
readonly after='
  def after: if .type == "hello" then {journal: .journal.id, seq: .journal.last}
    elif .type == "gap_fill" then {seq: .to} else {seq} end;'

# Prints lines that are lossless and new, from $place on; a gap_fill stands for lines that are held
# no more.
# shellcheck disable=SC2016 # jq's variables
readonly take='
  foreach inputs as $line ($place;
    if $line.error then "\($line.error.message)\n" | halt_error(3)
    elif $line.type == "gap_fill" or $line.seq == .seq + 1 then . + ($line | after) + {$line}
    elif ($line.seq // 0) <= .seq then .line = null
    else "line \($line.seq) after \(.seq): this cannot be\n" | halt_error(3) end;
    .line // empty)'

# One connection, to its end.
follow() {
  local hello place
  hello=$(socat - "UNIX-CONNECT:$path" </dev/null 2>/dev/null | head -n 1)
  [ -n "$hello" ] || return
  place=$(jq -nc "$after reduce inputs as \$line ({}; . + (\$line | after))" "$file")
  if ! jq -e --argjson place "$place" '.journal.id == $place.journal' <<<"$hello" >/dev/null; then
    [ "$place" = '{}' ] || echo 'another journal: beginning anew' >&2
    printf '%s\n' "$hello" >&9
    place=$(jq -c "$after after" <<<"$hello")
  fi
  jq -nc --argjson place "$place" --arg asset "$asset" '
    {id: 1, method: "hello", params: {resume: $place}},
    {id: 2, method: "subscribe", params: {channels: ["bbo"], symbols: [$asset]}}' |
    # When we are killed socat ends; the end of the commands is not the end of the connection.
    setpriv --pdeathsig TERM socat -t 1000000000 - "UNIX-CONNECT:$path,shut-none" 2>/dev/null |
    grep --line-buffered '}$' | # what the end of the gateway has torn is no line
    jq --unbuffered -nc --argjson place "$place" "$after $take" >&9
}

# One writer at a time, also when one of us was killed and what it had started is still ending.
exec 9>>"$file"
flock 9
# A torn line goes.
[ -z "$(tail -c 1 "$file")" ] || truncate -s "-$(tail -n 1 "$file" | wc -c)" "$file"
while :; do
  follow
  [ $? -ne 3 ] || exit 1 # what cannot be; all else will be better when the gateway is back
  sleep 0.2
done

#!/bin/sh
# What is wrong with the feeds, and when it is right again; nothing else.
# health.sh TARGET… [options of perpwire stream]
"${PERPWIRE:-perpwire}" stream "$@" |
  jq --unbuffered -r '
    if .type == "stream" then
      "\(.ts / 1000000 | todate) \(.venue) \(.symbol) \(.channel) \(.state): \(.cause)"
    elif .type == "error" or .type == "drift" then
      "\(.ts / 1000000 | todate) \(.venue) \(.type): \(.message // .path)"
    else empty end'

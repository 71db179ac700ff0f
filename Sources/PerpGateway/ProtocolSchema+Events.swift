extension ProtocolSchema {
  static let marketData = #"""
        "market_data": {
          "required": ["mseq", "venue", "symbol", "recv_ts", "send_ts"],
          "properties": {
            "mseq": {"$ref": "#/$defs/number_from_one"},
            "venue": {"$ref": "#/$defs/venue"},
            "symbol": {"$ref": "#/$defs/symbol"},
            "skipped": {"$ref": "#/$defs/number_from_one"},
            "flags": {"$ref": "#/$defs/flags"},
            "venue_seq": {"$ref": "#/$defs/id"},
            "ts": {"$ref": "#/$defs/time"},
            "recv_ts": {"$ref": "#/$defs/time"},
            "send_ts": {"$ref": "#/$defs/time"}
          }
        },
        "bbo": {
          "allOf": [{"$ref": "#/$defs/market_data"}],
          "required": ["bid", "bid_size", "ask", "ask_size", "source"],
          "properties": {
            "bid": {"$ref": "#/$defs/decimal_or_null"},
            "bid_size": {"$ref": "#/$defs/decimal_or_null"},
            "ask": {"$ref": "#/$defs/decimal_or_null"},
            "ask_size": {"$ref": "#/$defs/decimal_or_null"},
            "source": {"enum": ["bbo", "book", "ticker", "quote", "poll"]}
          }
        },
        "trade": {
          "allOf": [{"$ref": "#/$defs/market_data"}],
          "required": ["price", "size"],
          "properties": {
            "trade_id": {"$ref": "#/$defs/id"},
            "price": {"$ref": "#/$defs/decimal"},
            "size": {"$ref": "#/$defs/decimal"},
            "side": {"$ref": "#/$defs/side"},
            "liquidation": {"type": "boolean"}
          }
        },
        "book": {
          "allOf": [{"$ref": "#/$defs/market_data"}],
          "required": ["snapshot", "bids", "asks"],
          "properties": {
            "snapshot": {"type": "boolean"},
            "bids": {"$ref": "#/$defs/levels"},
            "asks": {"$ref": "#/$defs/levels"},
            "part": {"$ref": "#/$defs/number_from_one"},
            "parts": {"type": "integer", "minimum": 2},
            "prev_venue_seq": {"$ref": "#/$defs/id"}
          },
          "if": {"anyOf": [{"required": ["part"]}, {"required": ["parts"]}]},
          "then": {"required": ["part", "parts"]}
        },
        "funding": {
          "allOf": [{"$ref": "#/$defs/market_data"}],
          "properties": {
            "rate": {"$ref": "#/$defs/decimal"},
            "interval_s": {"$ref": "#/$defs/number_from_one"},
            "rate_1h": {"$ref": "#/$defs/decimal"},
            "next_ts": {"$ref": "#/$defs/time"},
            "mark_price": {"$ref": "#/$defs/decimal"},
            "index_price": {"$ref": "#/$defs/decimal"},
            "open_interest": {"$ref": "#/$defs/decimal"}
          }
        },
        "market": {
          "required": [
            "venue", "symbol", "venue_symbol", "base", "quote", "tick_size", "lot_size", "min_size",
            "status", "send_ts"
          ],
          "properties": {
            "venue": {"$ref": "#/$defs/venue"},
            "symbol": {"$ref": "#/$defs/symbol"},
            "venue_symbol": {"$ref": "#/$defs/id"},
            "base": {"$ref": "#/$defs/id"},
            "quote": {"$ref": "#/$defs/id"},
            "tick_size": {"$ref": "#/$defs/decimal"},
            "lot_size": {"$ref": "#/$defs/decimal"},
            "min_size": {"$ref": "#/$defs/decimal"},
            "min_notional": {"$ref": "#/$defs/decimal"},
            "max_leverage": {"$ref": "#/$defs/decimal"},
            "status": {
              "enum": [
                "open", "halted", "cancel_only", "post_only", "reduce_only", "quotes_only",
                "delisted"
              ]
            },
            "skipped": {"$ref": "#/$defs/number_from_one"},
            "send_ts": {"$ref": "#/$defs/time"}
          }
        }
    """#

  static let diagnostics = #"""
        "hello": {
          "required": ["protocol", "version", "pid", "run_id", "mode", "venues"],
          "properties": {
            "protocol": {"const": 1},
            "version": {"$ref": "#/$defs/id"},
            "pid": {"$ref": "#/$defs/number_from_one"},
            "run_id": {"$ref": "#/$defs/id"},
            "mode": {"enum": ["live", "paper", "sim"]},
            "venues": {"type": "array", "items": {"$ref": "#/$defs/venue"}},
            "role": {"enum": ["read", "trade"]},
            "journal": {
              "type": "object",
              "required": ["first", "last"],
              "properties": {
                "id": {"$ref": "#/$defs/id"},
                "first": {"$ref": "#/$defs/count"},
                "last": {"$ref": "#/$defs/count"}
              }
            }
          }
        },
        "stream": {
          "required": [
            "seq", "venue", "symbol", "channel", "state", "cause", "epoch", "ts", "send_ts"
          ],
          "properties": {
            "seq": {"$ref": "#/$defs/number_from_one"},
            "venue": {"$ref": "#/$defs/venue"},
            "symbol": {"$ref": "#/$defs/symbol"},
            "channel": {"$ref": "#/$defs/channel"},
            "state": {"enum": ["connecting", "live", "stale", "gap", "resync", "down"]},
            "cause": {"$ref": "#/$defs/word"},
            "age_ms": {"$ref": "#/$defs/count"},
            "limit_ms": {"$ref": "#/$defs/count"},
            "attempt": {"$ref": "#/$defs/count"},
            "retry_ms": {"$ref": "#/$defs/count"},
            "epoch": {"$ref": "#/$defs/count"},
            "dup": {"const": true},
            "ts": {"$ref": "#/$defs/time"},
            "send_ts": {"$ref": "#/$defs/time"}
          }
        },
        "error": {
          "required": ["where", "reason", "message", "fatal", "ts", "send_ts"],
          "properties": {
            "venue": {"$ref": "#/$defs/venue"},
            "where": {"$ref": "#/$defs/word"},
            "reason": {"$ref": "#/$defs/word"},
            "message": {"type": "string"},
            "venue_code": {"$ref": "#/$defs/id"},
            "fatal": {"type": "boolean"},
            "ref": {"$ref": "#/$defs/id"},
            "ts": {"$ref": "#/$defs/time"},
            "send_ts": {"$ref": "#/$defs/time"}
          }
        },
        "drift": {
          "required": ["venue", "channel", "path", "sample", "ts", "send_ts"],
          "properties": {
            "venue": {"$ref": "#/$defs/venue"},
            "channel": {"type": "string"},
            "path": {"type": "string"},
            "sample": {"type": "string"},
            "ts": {"$ref": "#/$defs/time"},
            "send_ts": {"$ref": "#/$defs/time"}
          }
        },
        "limits": {
          "required": ["venue", "account", "bucket", "used", "limit"],
          "properties": {
            "venue": {"$ref": "#/$defs/venue"},
            "account": {"$ref": "#/$defs/id"},
            "bucket": {"$ref": "#/$defs/word"},
            "used": {"$ref": "#/$defs/count"},
            "limit": {"$ref": "#/$defs/count"},
            "reset_ts": {"$ref": "#/$defs/time"}
          }
        },
        "gap_fill": {
          "required": ["from", "to"],
          "properties": {
            "from": {"$ref": "#/$defs/number_from_one"},
            "to": {"$ref": "#/$defs/number_from_one"}
          }
        },
        "heartbeat": {
          "properties": {
            "streams": {
              "type": "array",
              "items": {
                "type": "object",
                "required": ["venue", "symbol", "channel", "state"],
                "properties": {
                  "venue": {"$ref": "#/$defs/venue"},
                  "symbol": {"$ref": "#/$defs/symbol"},
                  "channel": {"$ref": "#/$defs/channel"},
                  "state": {"enum": ["connecting", "live", "stale", "gap", "resync", "down"]},
                  "age_ms": {"$ref": "#/$defs/count"}
                }
              }
            },
            "more": {"$ref": "#/$defs/number_from_one"},
            "ts": {"$ref": "#/$defs/time"}
          }
        },
        "bye": {
          "required": ["reason", "open_orders"],
          "properties": {
            "reason": {"$ref": "#/$defs/word"},
            "resume": {
              "type": "object",
              "required": ["seq"],
              "properties": {"seq": {"$ref": "#/$defs/count"}}
            },
            "open_orders": {"$ref": "#/$defs/count"}
          }
        }
    """#
}

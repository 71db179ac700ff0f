extension ProtocolSchema {
  static let orders = #"""
        "order_type": {
          "enum": [
            "limit", "market", "stop_limit", "stop_market", "take_profit_limit",
            "take_profit_market"
          ]
        },
        "tif": {"enum": ["gtc", "ioc", "fok", "gtt"]},
        "order": {
          "allOf": [{"$ref": "#/$defs/account_event"}],
          "required": ["symbol", "event", "status"],
          "anyOf": [{"required": ["client_id"]}, {"required": ["order_id"]}],
          "properties": {
            "client_id": {"$ref": "#/$defs/client_id"},
            "orig_client_id": {"$ref": "#/$defs/client_id"},
            "order_id": {"$ref": "#/$defs/id"},
            "event": {
              "enum": [
                "pending_new", "new", "fill", "pending_cancel", "cancelled", "cancel_rejected",
                "pending_replace", "replaced", "replace_rejected", "rejected", "expired",
                "triggered", "restated", "status"
              ]
            },
            "status": {
              "enum": [
                "pending", "unknown", "open", "partially_filled", "filled", "cancelled", "rejected",
                "expired"
              ]
            },
            "side": {"$ref": "#/$defs/side"},
            "order_type": {"$ref": "#/$defs/order_type"},
            "tif": {"$ref": "#/$defs/tif"},
            "post_only": {"type": "boolean"},
            "reduce_only": {"type": "boolean"},
            "price": {"$ref": "#/$defs/decimal"},
            "stop_price": {"$ref": "#/$defs/decimal"},
            "size": {"$ref": "#/$defs/decimal"},
            "filled": {"$ref": "#/$defs/decimal"},
            "remaining": {"$ref": "#/$defs/decimal"},
            "avg_price": {"$ref": "#/$defs/decimal"},
            "reason": {"$ref": "#/$defs/word"},
            "venue_code": {"$ref": "#/$defs/id"},
            "venue_message": {"type": "string"},
            "flags": {"type": "array", "items": {"type": "string"}},
            "evidence": {
              "enum": [
                "ws", "rest_order", "rest_history", "expiry_passed", "nonce_passed", "not_sent",
                "local_deny"
              ]
            },
            "foreign": {"type": "boolean"},
            "cancel_pending": {"type": "boolean"},
            "replace_pending": {"type": "boolean"}
          },
          "if": {
            "properties": {"status": {"enum": ["filled", "cancelled", "rejected", "expired"]}}
          },
          "then": {"required": ["evidence"]}
        },
        "fill": {
          "allOf": [{"$ref": "#/$defs/account_event"}],
          "required": [
            "symbol", "trade_id", "order_id", "side", "price", "size", "fee", "fee_asset",
            "liquidity", "filled", "remaining"
          ],
          "properties": {
            "trade_id": {"$ref": "#/$defs/id"},
            "client_id": {"$ref": "#/$defs/client_id"},
            "order_id": {"$ref": "#/$defs/id"},
            "side": {"$ref": "#/$defs/side"},
            "price": {"$ref": "#/$defs/decimal"},
            "size": {"$ref": "#/$defs/decimal"},
            "fee": {"$ref": "#/$defs/decimal"},
            "fee_asset": {"$ref": "#/$defs/id"},
            "liquidity": {"enum": ["maker", "taker"]},
            "liquidation": {"type": "boolean"},
            "filled": {"$ref": "#/$defs/decimal"},
            "remaining": {"$ref": "#/$defs/decimal"}
          }
        }
    """#

  static let accounts = #"""
        "account_event": {
          "required": ["seq", "venue", "account"],
          "properties": {
            "seq": {"$ref": "#/$defs/number_from_one"},
            "dup": {"type": "boolean"},
            "venue": {"$ref": "#/$defs/venue"},
            "account": {"$ref": "#/$defs/id"},
            "symbol": {"$ref": "#/$defs/symbol"},
            "ts": {"$ref": "#/$defs/time"},
            "recv_ts": {"$ref": "#/$defs/time"},
            "send_ts": {"$ref": "#/$defs/time"}
          }
        },
        "position": {
          "allOf": [{"$ref": "#/$defs/account_event"}],
          "required": ["symbol", "size", "entry_price"],
          "properties": {
            "size": {"$ref": "#/$defs/decimal"},
            "entry_price": {"$ref": "#/$defs/decimal_or_null"},
            "mark_price": {"$ref": "#/$defs/decimal"},
            "unrealized_pnl": {"$ref": "#/$defs/decimal"},
            "liquidation_price": {"$ref": "#/$defs/decimal_or_null"},
            "leverage": {"$ref": "#/$defs/decimal"},
            "reconciled_from": {"$ref": "#/$defs/decimal"}
          }
        },
        "balance": {
          "allOf": [{"$ref": "#/$defs/account_event"}],
          "required": ["asset", "total", "available"],
          "properties": {
            "asset": {"$ref": "#/$defs/id"},
            "total": {"$ref": "#/$defs/decimal"},
            "available": {"$ref": "#/$defs/decimal"},
            "margin_used": {"$ref": "#/$defs/decimal"}
          }
        },
        "account": {
          "allOf": [{"$ref": "#/$defs/account_event"}],
          "required": ["state", "cause", "epoch"],
          "properties": {
            "state": {"enum": ["connecting", "live", "down"]},
            "cause": {"$ref": "#/$defs/word"},
            "epoch": {"$ref": "#/$defs/count"}
          }
        }
    """#

  static let commands = #"""
        "request_id": {"type": ["string", "integer"]},
        "reason": {
          "enum": [
            "bad_tick", "bad_lot", "below_min", "no_margin", "rate_limited", "stale_market",
            "unknown_symbol", "unknown_order", "duplicate_client_id", "nonce", "auth",
            "post_only_cross", "reduce_only", "price_band", "max_size", "max_position", "max_loss",
            "frozen", "not_armed", "panic", "venue_down", "locked", "malformed", "unsupported",
            "internal"
          ]
        },
        "reply": {
          "required": ["id"],
          "properties": {
            "id": {"$ref": "#/$defs/request_id"},
            "jsonrpc": {"const": "2.0"},
            "error": {
              "type": "object",
              "required": ["code", "message"],
              "properties": {
                "code": {"type": "integer"},
                "message": {"type": "string"},
                "data": {
                  "type": "object",
                  "required": ["reason"],
                  "properties": {"reason": {"$ref": "#/$defs/reason"}}
                }
              }
            }
          },
          "oneOf": [{"required": ["result"]}, {"required": ["error"]}]
        },
        "place": {
          "required": ["venue", "symbol", "client_id", "side", "order_type", "size"],
          "properties": {
            "account": {"$ref": "#/$defs/id"},
            "venue": {"$ref": "#/$defs/venue"},
            "symbol": {"type": "string", "minLength": 1},
            "client_id": {"$ref": "#/$defs/client_id"},
            "side": {"$ref": "#/$defs/side"},
            "order_type": {"$ref": "#/$defs/order_type"},
            "price": {"$ref": "#/$defs/decimal"},
            "stop_price": {"$ref": "#/$defs/decimal"},
            "size": {"$ref": "#/$defs/decimal"},
            "tif": {"$ref": "#/$defs/tif"},
            "post_only": {"type": "boolean"},
            "reduce_only": {"type": "boolean"},
            "ttl_ms": {"$ref": "#/$defs/number_from_one"},
            "max_slippage_bps": {"$ref": "#/$defs/count"}
          }
        },
        "cancel": {
          "anyOf": [{"required": ["client_id"]}, {"required": ["order_id", "venue"]}],
          "properties": {
            "client_id": {"$ref": "#/$defs/client_id"},
            "order_id": {"$ref": "#/$defs/id"},
            "venue": {"$ref": "#/$defs/venue"}
          }
        },
        "subscribe": {
          "required": ["channels", "symbols"],
          "properties": {
            "venues": {"type": "array", "items": {"$ref": "#/$defs/venue"}},
            "channels": {"type": "array", "items": {"$ref": "#/$defs/channel"}},
            "symbols": {"type": "array", "items": {"type": "string", "minLength": 1}},
            "conflate_ms": {"$ref": "#/$defs/count"},
            "depth": {"$ref": "#/$defs/number_from_one"}
          }
        },
        "command": {
          "required": ["id", "method"],
          "properties": {
            "id": {"$ref": "#/$defs/request_id"},
            "jsonrpc": {"const": "2.0"},
            "method": {
              "enum": [
                "hello", "subscribe", "unsubscribe", "snapshot", "order.place", "order.cancel",
                "order.cancel_all", "order.modify", "order.batch", "order.query", "orders",
                "positions", "balances", "markets", "limits", "status", "stats", "arm", "disarm",
                "panic", "ping", "beat", "shutdown"
              ]
            },
            "params": {"type": "object"}
          },
          "allOf": [
            {
              "if": {"properties": {"method": {"const": "order.place"}}},
              "then": {"required": ["params"], "properties": {"params": {"$ref": "#/$defs/place"}}}
            },
            {
              "if": {"properties": {"method": {"const": "order.cancel"}}},
              "then": {"required": ["params"], "properties": {"params": {"$ref": "#/$defs/cancel"}}}
            },
            {
              "if": {"properties": {"method": {"enum": ["subscribe", "unsubscribe"]}}},
              "then": {
                "required": ["params"],
                "properties": {"params": {"$ref": "#/$defs/subscribe"}}
              }
            }
          ]
        }
    """#
}

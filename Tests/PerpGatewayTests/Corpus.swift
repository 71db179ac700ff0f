/// Lines of the protocol that are good, and lines that are not, with what is wrong.
enum Corpus {
  struct Bad: Sendable {
    let line: String
    let problem: String

    init(_ line: String, _ problem: String) {
      self.line = line
      self.problem = problem
    }
  }

  private static let market = #""venue":"paradex","symbol":"BTC-USD-PERP""#
  private static let header = #""mseq":1,"venue":"paradex","symbol":"BTC-USD-PERP""#
  private static let times = #""recv_ts":2,"send_ts":3"#
  private static let order =
    #""type":"order","seq":41,"venue":"lighter","account":"a1","#
    + #""symbol":"ETH-USDC-PERP","client_id":"h-7""#

  static let good: [String] = [
    #"{"type":"hello","protocol":1,"version":"0.1.0","pid":4711,"run_id":"r-01","mode":"sim","#
      + #""venues":["paradex","lighter"],"journal":{"first":1,"last":41}}"#,
    #"{"type":"bye","reason":"stopped","open_orders":0}"#,
    #"{"type":"bbo",\#(header),"bid":"91234.5","bid_size":"0.310","ask":null,"ask_size":null,"#
      + #""venue_seq":"8812","source":"bbo","flags":["lagging"],"ts":1,\#(times)}"#,
    #"{"type":"bbo",\#(header),"bid":91234.5,"bid_size":0.310,"ask":1e5,"ask_size":-0,"#
      + #""source":"poll","skipped":7,\#(times),"added_later":[{"a":null}]}"#,
    #"{"type":"trade",\#(header),"price":"1","size":"0.10","side":"buy","liquidation":true,"#
      + #"\#(times)}"#,
    #"{"type":"book",\#(header),"snapshot":true,"bids":[["1","2"],[3,"4.0"]],"asks":[],\#(times)}"#,
    #"{"type":"book",\#(header),"snapshot":false,"bids":[],"asks":[["1","0"]],"part":1,"parts":2,"#
      + #""venue_seq":"5","prev_venue_seq":"4",\#(times)}"#,
    #"{"type":"funding",\#(header),"rate":"-0.0001","interval_s":28800,\#(times)}"#,
    #"{"type":"market",\#(market),"venue_symbol":"1","base":"BTC","quote":"USD","tick_size":"0.1","#
      + #""lot_size":"0.001","min_size":"0.001","status":"open","send_ts":1}"#,
    #"{"type":"stream","seq":1,\#(market),"channel":"bbo","state":"live","cause":"first_data","#
      + #""epoch":3,"ts":1,"send_ts":2}"#,
    #"{"type":"error","venue":"paradex","where":"markets","reason":"malformed","message":"","#
      + #""fatal":false,"ts":1,"send_ts":2}"#,
    #"{"type":"drift","venue":"paradex","channel":"x y","path":"","sample":"{","ts":1,"#
      + #""send_ts":2}"#,
    #"{"type":"gap_fill","from":1,"to":7}"#,
    #"{"type":"heartbeat"}"#,
    #"{"type":"heartbeat","streams":[{"venue":"paradex","symbol":"BTC-USD-PERP","channel":"bbo","#
      + #""state":"live","age_ms":12}],"more":1,"ts":1795100001004130}"#,
    #"{"type":"limits","venue":"grvt","account":"main","bucket":"orders","used":3,"limit":10,"#
      + #""reset_ts":1}"#,
    #"{\#(order),"event":"new","status":"open","size":"0.05","filled":"0","remaining":"0.05"}"#,
    #"{\#(order),"dup":true,"event":"fill","status":"filled","evidence":"ws"}"#,
    #"{"type":"fill","seq":40,"venue":"lighter","account":"a1","symbol":"ETH-USDC-PERP","#
      + #""trade_id":"889","order_id":"2","side":"buy","price":"3000.10","size":"0.05","#
      + #""fee":"-0.1","#
      + #""fee_asset":"USDC","liquidity":"maker","filled":"0.05","remaining":"0.0000"}"#,
    #"{"type":"position","seq":2,"venue":"grvt","account":"a","symbol":"A-B-PERP","size":"-1","#
      + #""entry_price":null}"#,
    #"{"type":"account","seq":3,"venue":"grvt","account":"a","state":"live","cause":"signed_in","#
      + #""epoch":1,"recv_ts":1,"send_ts":2}"#,
    #"{"type":"balance","seq":3,"venue":"grvt","account":"a","asset":"USD","total":"1","#
      + #""available":"0.5"}"#,
    #"{"id":1,"method":"hello","params":{"resume":{"seq":39}}}"#,
    #"{"id":"a","method":"subscribe","params":{"channels":["bbo"],"symbols":["*"]}}"#,
    #"{"id":3,"method":"order.place","params":{"venue":"paradex","client_id":"m-1","symbol":"BTC","#
      + #""side":"sell","order_type":"limit","price":91240.0,"size":"0.010","tif":"gtc"}}"#,
    #"{"id":3,"method":"order.cancel","params":{"order_id":"1","venue":"paradex"}}"#,
    #"{"id":3,"result":{"client_id":"m-1","seq":43,"status":"pending"}}"#,
    #"{"id":4,"error":{"code":-32010,"message":"no","data":{"reason":"duplicate_client_id"}}}"#,
  ]

  static let bad: [Bad] = [
    Bad("", "$ the text ends too early at byte 0"),
    Bad("{", "$ the text ends too early at byte 1"),
    Bad(#"{"type":"heartbeat"}{}"#, "$ the text goes on after its end at byte 20"),
    Bad("[]", "$ must be object"),
    Bad(#"{"type":"quote"}"#, "$.type must be \(types)"),
    Bad(#"{"type":null}"#, "$.type must be \(types)"),
    Bad(
      #"{"type":"heartbeat","streams":[{"venue":"paradex"}]}"#,
      "$.streams[0] lacks symbol"),
    Bad(#"{"type":"heartbeat","id":1}"#, "$ has a key or a form that is not allowed here"),
    Bad(#"{}"#, "$ lacks id"),
    Bad(#"{"id":1}"#, "$ must have exactly one of the allowed forms"),
    Bad(
      #"{"id":1,"result":1,"error":{"code":1,"message":""}}"#,
      "$ must have exactly one of the allowed forms"),
    Bad(#"{"id":1.5,"result":1}"#, "$.id must be string or integer"),
    Bad(
      #"{"id":1,"error":{"code":1,"message":"","data":{"reason":"tired"}}}"#,
      "$.error.data.reason must be \(reasons)"),
    Bad(#"{"id":1,"method":"order.place"}"#, "$ lacks params"),
    Bad(
      #"{"id":1,"method":"order.cancel","params":{"order_id":"1"}}"#,
      "$.params has none of the allowed forms"),
    Bad(
      #"{"id":3,"method":"order.place","params":{"venue":"paradex","client_id":"m 1","#
        + #""symbol":"BTC","#
        + #""side":"sell","order_type":"limit","size":"1"}}"#,
      "$.params.client_id has the wrong form"),
    Bad(
      #"{"type":"hello","protocol":2,"version":"0","pid":1,"run_id":"r","mode":"sim","venues":[]}"#,
      "$.protocol must be 1"),
    Bad(
      #"{"type":"hello","protocol":1,"version":"0","pid":0,"run_id":"r","mode":"sim","venues":[]}"#,
      "$.pid must be at least 1"),
    Bad(
      #"{"type":"hello","protocol":1,"version":"0","pid":1,"run_id":"r","mode":"sim","#
        + #""venues":["A"]}"#,
      "$.venues[0] has the wrong form"),
    Bad(#"{"type":"bye","reason":"","open_orders":0}"#, "$.reason has the wrong form"),
    Bad(
      #"{"type":"bbo",\#(header),"bid":"1","bid_size":"1","ask":"2","source":"bbo",\#(times)}"#,
      "$ lacks ask_size"),
    Bad(
      #"{"type":"bbo",\#(header),"bid":"01","bid_size":"1","ask":"2","ask_size":"1","#
        + #""source":"bbo","#
        + #"\#(times)}"#, "$.bid has none of the allowed forms"),
    Bad(
      #"{"type":"bbo",\#(header),"bid":"1","bid_size":"1","ask":"1e5","ask_size":"1","#
        + #""source":"bbo","#
        + #"\#(times)}"#, "$.ask has none of the allowed forms"),
    Bad(
      #"{"type":"bbo",\#(header),"bid":"1","bid_size":"1","ask":"2","ask_size":"1","#
        + #""source":"guess","#
        + #"\#(times)}"#, "$.source must be bbo or book or ticker or quote or poll"),
    Bad(
      #"{"type":"bbo",\#(header),"bid":"1","bid_size":"1","ask":"2","ask_size":"1","source":"bbo","#
        + #""flags":[],\#(times)}"#, "$.flags must have at least 1 elements"),
    Bad(
      #"{"type":"trade",\#(header),"price":"1","size":"1","side":"bid",\#(times)}"#,
      "$.side must be buy or sell"),
    Bad(
      #"{"type":"trade","mseq":1,"venue":"paradex","symbol":"BTC","price":"1","size":"1","#
        + #"\#(times)}"#,
      "$.symbol has the wrong form"),
    Bad(
      #"{"type":"book",\#(header),"snapshot":true,"bids":[["1","2"],["3"]],"asks":[],\#(times)}"#,
      "$.bids[1] must have at least 2 elements"),
    Bad(
      #"{"type":"book",\#(header),"snapshot":true,"bids":[],"asks":[["1","2","3"]],\#(times)}"#,
      "$.asks[0][2] must not be there"),
    Bad(
      #"{"type":"book",\#(header),"snapshot":true,"bids":[],"asks":[],"part":1,\#(times)}"#,
      "$ lacks parts"),
    Bad(
      #"{"type":"book",\#(header),"snapshot":"yes","bids":[],"asks":[],\#(times)}"#,
      "$.snapshot must be boolean"),
    Bad(
      #"{"type":"funding",\#(header),"interval_s":1.5,\#(times)}"#, "$.interval_s must be integer"),
    Bad(
      #"{"type":"funding","mseq":0,"venue":"paradex","symbol":"A-B-PERP",\#(times)}"#,
      "$.mseq must be at least 1"),
    Bad(
      #"{"type":"stream","seq":1,\#(market),"channel":"bbo","state":"dead","cause":"x","epoch":3,"#
        + #""ts":1,"send_ts":2}"#,
      "$.state must be connecting or live or stale or gap or resync or down"),
    Bad(
      #"{\#(order),"event":"fill","status":"filled"}"#, "$ lacks evidence"),
    Bad(
      #"{"type":"order","seq":1,"venue":"grvt","account":"a","symbol":"A-B-PERP","event":"new","#
        + #""status":"open"}"#, "$ has none of the allowed forms"),
  ]

  private static let types = [
    "hello", "bbo", "trade", "book", "funding", "market", "order", "fill", "position", "balance",
    "account", "stream", "limits", "error", "drift", "gap_fill", "heartbeat", "bye",
  ].joined(separator: " or ")

  private static let reasons = [
    "bad_tick", "bad_lot", "below_min", "no_margin", "rate_limited", "stale_market",
    "unknown_symbol", "unknown_order", "duplicate_client_id", "nonce", "auth", "post_only_cross",
    "reduce_only", "price_band", "max_size", "max_position", "max_loss", "frozen", "not_armed",
    "panic", "venue_down", "locked", "malformed", "unsupported", "internal",
  ].joined(separator: " or ")
}

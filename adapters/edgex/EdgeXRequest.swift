import PerpCore

/// What a client says on the WebSocket. ("WebSocket API": Subscribe, Unsubscribe, Connection
/// Maintenance.) One channel a message.
///
///     {"type":"subscribe","channel":"depth.30000001.15"}
///     {"type":"pong","time":"1795132800000"}
struct EdgeXRequest: Equatable {
  /// `subscribe`, `unsubscribe`, `ping`, `pong`, or what the venue would not understand.
  var type = ""
  var channel: String?
  var time: ShortText?

  static func subscription(_ channel: EdgeXChannel, isWanted: Bool) -> [UInt8] {
    var text = ByteBuffer(capacity: 96)
    text.append(
      isWanted ? #"{"type":"subscribe","channel":""# : #"{"type":"unsubscribe","channel":""#)
    text.append(channel.name)
    text.append(#""}"#)
    return text.array
  }

  /// `type` is `ping` or `pong`; `time` is in milliseconds, or what the other side has sent.
  static func beat(_ type: StaticString, time: ShortText) -> [UInt8] {
    var text = ByteBuffer(capacity: 64)
    text.append(#"{"type":""#)
    text.append(type)
    text.append(UInt8(ascii: "\""))
    text.put("time", text: time.string)
    text.append(UInt8(ascii: "}"))
    return text.array
  }

  init(_ text: RawSpan) throws(JSONError) {
    var json = JSONReader(text)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "type" {
        type = try json.string().text
      } else if key == "channel" {
        channel = try json.string().text
      } else if key == "time" {
        time = try json.id()
      } else {
        try json.skip()
      }
    }
    try json.finish()
  }
}

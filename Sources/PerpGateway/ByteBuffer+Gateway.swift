import PerpCore

/// Lines of the gateway's own.
extension ByteBuffer {
  /// The last line of a run that was asked to stop, or of a client that is cut off: then `resume`
  /// is the last lossless line it was sent. `reason` is one word of snake case.
  mutating func append(byeFor reason: String, openOrders: Int, resume: UInt64? = nil) {
    append(#"{"type":"bye","reason":"#)
    append(json: reason)
    if let resume {
      append(#","resume":{"seq":"#)
      append(Int64(resume))
      append("}")
    }
    append(#","open_orders":"#)
    append(Int64(openOrders))
    append("}\n")
  }

  /// History that is held no more.
  mutating func append(gapFrom first: UInt64, to last: UInt64) {
    append(#"{"type":"gap_fill","from":"#)
    append(Int64(first))
    append(#","to":"#)
    append(Int64(last))
    append("}\n")
  }

  /// A lossless line as it was formed before, LF included; marked when it is sent again.
  mutating func append(_ line: [UInt8], isRepeated: Bool) {
    // All begin `{"type":"…","seq":N,`: the mark comes after the second comma.
    guard isRepeated,
      let first = line.firstIndex(of: UInt8(ascii: ",")),
      let second = line[(first + 1)...].firstIndex(of: UInt8(ascii: ","))
    else { return append(line) }
    line.withUnsafeBytes { bytes in
      append(UnsafeRawBufferPointer(rebasing: bytes[...second]))
      append(#""dup":true,"#)
      append(UnsafeRawBufferPointer(rebasing: bytes[(second + 1)...]))
    }
  }

  /// The line of an event as it was formed before, LF included; `skipped` of its kind were left out
  /// before it.
  mutating func append(_ line: UnsafeRawBufferPointer, skipped: Int) {
    append(UnsafeRawBufferPointer(rebasing: line.dropLast(2)))
    put("skipped", Int64(skipped))
    append("}\n")
  }

  /// `{"code":-32010,"message":"…","data":{"reason":"…"}}`
  package mutating func append(_ refusal: Refusal) {
    append(#"{"code":"#)
    append(Int64(refusal.code))
    put("message", text: refusal.message)
    append(#","data":{"reason":"#)
    append(json: refusal.reason)
    append("}}")
  }

  mutating func append(_ journal: JournalRange) {
    append(#"{"id":"#)
    append(json: journal.id)
    append(#","first":"#)
    append(Int64(journal.first))
    append(#","last":"#)
    append(Int64(journal.last))
    append("}")
  }

  mutating func put(_ key: StaticString, names: [VenueID]) {
    put(key)
    append("[")
    for (index, name) in names.enumerated() {
      if index > 0 { append(",") }
      append(json: name.description)
    }
    append("]")
  }
}

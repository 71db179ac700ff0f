import PerpCore
import Testing

@Suite("Byte buffer")
struct ByteBufferTests {
  @Test("numbers have as many digits as they need")
  func digits() {
    var power: UInt64 = 1
    for exponent in 0..<20 {
      for value in [power - 1, power, power + 1] {
        var buffer = ByteBuffer()
        buffer.append(value)
        #expect(buffer.string == String(value), "about 10^\(exponent)")
      }
      power = power.multipliedReportingOverflow(by: 10).partialValue
    }
    var buffer = ByteBuffer()
    buffer.append(UInt64.max)
    #expect(buffer.string == "18446744073709551615")
  }

  @Test("random changes leave what an array would hold")
  func model() {
    var random = Random(seed: 41)
    var buffer = ByteBuffer(capacity: 0)
    var model: [UInt8] = []
    for _ in 0..<5_000 {
      switch random.below(8) {
      case 0:
        let length = random.below(model.count + 1)
        buffer.removeFirst(length)
        model.removeFirst(length)
      case 1:
        let length = random.below(model.count + 1)
        buffer.truncate(to: length)
        model.removeSubrange(length...)
      case 2:
        buffer.append(UInt8(ascii: "x"))
        model.append(UInt8(ascii: "x"))
      case 3:
        let text = String(repeating: "é", count: random.below(40))
        buffer.append(text)
        model += Array(text.utf8)
      case 4:
        let text = ShortText(String(repeating: "s", count: random.below(40)))!
        buffer.append(text)
        model += Array(text.string.utf8)
      case 5:
        let value = random.next() >> UInt64(random.below(64))
        buffer.append(value)
        model += Array(String(value).utf8)
      case 6:
        let bytes = (0..<random.below(100)).map { UInt8($0) }
        buffer.append(bytes)
        model += bytes
      default:
        if model.count > 2_000 {
          buffer.clear()
          model = []
        }
      }
      #expect(buffer.count == model.count && buffer.isEmpty == model.isEmpty)
    }
    #expect(buffer.array == model)
  }

  @Test("a buffer that has seen its largest work keeps its memory")
  func keepsMemory() {
    var buffer = ByteBuffer(capacity: 64)
    for _ in 0..<100 { buffer.append(.bbo(Sample.bbo), sequence: 0, sent: 1, style: LineStyle()) }
    let memory = buffer.bytes.baseAddress
    for _ in 0..<1_000 {
      buffer.clear()
      for _ in 0..<100 {
        buffer.append(.bbo(Sample.bbo), sequence: 0, sent: 1, style: LineStyle())
      }
    }
    #expect(buffer.bytes.baseAddress == memory)
  }

  @Test("the text of a JSON string survives any byte")
  func escapes() throws {
    let text = String(decoding: 0..<128, as: UTF8.self) + "é€𝄞\u{2028}"
    var buffer = ByteBuffer()
    buffer.append(json: text)
    #expect(buffer.bytes.allSatisfy { $0 >= 0x20 })
    let bytes = buffer.array
    let span = bytes.span
    var json = JSONReader(span.bytes)
    #expect(try json.string().text == text)
    try json.finish()
  }
}

@Suite("Random")
struct RandomTests {
  @Test("the sequence is that of SplitMix64")
  func reference() {
    var random = Random(seed: 1_234_567)
    // The first outputs for this seed in the author's test vectors.
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect(expected.map { _ in random.next() } == expected)
  }

  @Test("numbers stay below their bound and reach all of it")
  func bounds() {
    var random = Random(seed: 1)
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<10_000 { counts[random.below(10)] += 1 }
    #expect(counts.allSatisfy { (800...1_200).contains($0) })
    #expect(random.below(1) == 0)
    var hits = 0
    for _ in 0..<10_000 where random.chance(1, in: 4) { hits += 1 }
    #expect((2_300...2_700).contains(hits))
  }

  @Test("a fork goes its own way, the same every time")
  func fork() {
    var (one, other) = (Random(seed: 5), Random(seed: 5))
    var (left, right) = (one.fork(), other.fork())
    _ = right.next()
    #expect(one.next() == other.next(), "what a fork draws disturbs nobody")
    _ = left.next()
    #expect(left.next() == right.next())
  }

  @Test("whole numbers of every length have the digits that Swift gives them")
  func wholeNumbers() {
    var random = Random(seed: 1)
    var values: [UInt64] = [0, .max]
    for exponent in 0..<20 {
      let power = (0..<exponent).reduce(UInt64(1)) { power, _ in power * 10 }
      values += [power - 1, power, power + 1]
      for _ in 0..<1_000 { values.append(random.next() % power) }
    }
    for value in values {
      var buffer = ByteBuffer()
      buffer.append(value)
      #expect(buffer.string == String(value))
    }
  }

  @Test("decimals of every length and scale have the digits of their mantissa")
  func decimals() {
    var random = Random(seed: 2)
    for digits in 1...38 {
      for scale in 0...38 {
        var text = ""
        for _ in 0..<digits { text += String(random.next() % 10) }
        guard let mantissa = Int128(text) else { continue }
        let number = String(mantissa)
        let padded = String(repeating: "0", count: max(scale + 1 - number.count, 0)) + number
        let point = scale == 0 ? "" : "." + padded.suffix(scale)
        for sign in ["", "-"] where mantissa != 0 || sign.isEmpty {
          let value = Decimal(mantissa: sign.isEmpty ? mantissa : -mantissa, scale: UInt8(scale))
          #expect(value.description == sign + padded.dropLast(scale) + point)
        }
      }
    }
  }
}

/// Medians of the rounds; ratios are to perpwire with the same kind of messages.
struct LoopbackReport {
  let entries: [Entry]
  let results: [[LoopbackRun.Result]]

  var text: String {
    var table = TextTable([
      "over loopback", "CPU s/1M", "ratio", "flood k/s", "paced p50 us", "ratio", "p99", "p99.9",
      "burst p50 us", "ratio", "p99", "RSS MB", "left out",
    ])
    for index in entries.indices {
      let reference = entries.indices.first {
        entries[$0].name == "perpwire" && entries[$0].isLike(entries[index])
      }
      func ratio(_ value: (LoopbackRun.Result) -> Float) -> String {
        guard let reference else { return "-" }
        return (median(index, value) / median(reference, value)).text(2)
      }
      table.add([
        "\(entries[index].name), \(entries[index].label)",
        median(index, \.processorSeconds).text(2), ratio(\.processorSeconds),
        (median(index, \.floodRate) / 1_000).text(0),
        median(index, { Float($0.paced.p50) / 1_000 }).text(1),
        ratio { Float($0.paced.p50) },
        median(index, { Float($0.paced.p99) / 1_000 }).text(0),
        median(index, { Float($0.paced.p999) / 1_000 }).text(0),
        median(index, { Float($0.bursts.p50) / 1_000 }).text(1),
        ratio { Float($0.bursts.p50) },
        median(index, { Float($0.bursts.p99) / 1_000 }).text(0),
        (median(index, { Float($0.kilobytes) / 1_024 })).text(0),
        median(index, { Float($0.leftOut) }).text(0),
      ])
    }
    return table.text
  }

  private func median(_ index: Int, _ value: (LoopbackRun.Result) -> Float) -> Float {
    results[index].map(value).median ?? .nan
  }
}

extension Entry {
  /// Whether messages come in the same encoding.
  func isLike(_ other: Entry) -> Bool {
    feeds.map(\.venue.id) == other.feeds.map(\.venue.id)
      && feeds.map(\.sample.settings) == other.feeds.map(\.sample.settings)
  }
}

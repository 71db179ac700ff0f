/// What somebody may have meant.
enum Spelling {
  /// The word nearest to `text`, if it is a slip or two away.
  static func nearest(to text: String, in words: [String]) -> String? {
    let limit = 2
    let rated = words.map { (word: $0, distance: distance(Array(text), Array($0))) }
    return rated.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.word
  }

  /// How many letters must be put in, left out, changed or swapped with their neighbour.
  static func distance(_ one: [Character], _ other: [Character]) -> Int {
    var before: [Int] = []
    var last = Array(0...other.count)
    for row in one.indices {
      var next = [row + 1]
      for column in other.indices {
        let change = last[column] + (one[row] == other[column] ? 0 : 1)
        var least = min(change, last[column + 1] + 1, next[column] + 1)
        if row > 0, column > 0, one[row] == other[column - 1], one[row - 1] == other[column] {
          least = min(least, before[column - 1] + 1)
        }
        next.append(least)
      }
      (before, last) = (last, next)
    }
    return last[other.count]
  }
}

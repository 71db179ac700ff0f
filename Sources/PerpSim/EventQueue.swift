/// What is to happen, earliest first; what is due at the same time comes in the order it was added.
///
/// A binary heap of small keys; the elements stay where they are, so that sifting copies no arrays.
struct EventQueue<Element: Sendable>: Sendable {
  private struct Key: Sendable {
    let time: UInt64
    let sequence: UInt64
    let slot: Int

    func precedes(_ other: Key) -> Bool {
      time != other.time ? time < other.time : sequence < other.sequence
    }
  }

  private var heap: [Key] = []
  private var slots: [Element?] = []
  private var freeSlots: [Int] = []
  private var sequence: UInt64 = 0

  var count: Int { heap.count }
  /// When the first element is due, in nanoseconds; nil when there is none.
  var deadline: UInt64? { heap.first?.time }

  mutating func add(_ element: Element, at time: UInt64) {
    sequence += 1
    let slot: Int
    if let free = freeSlots.popLast() {
      slot = free
      slots[slot] = element
    } else {
      slot = slots.count
      slots.append(element)
    }
    heap.append(Key(time: time, sequence: sequence, slot: slot))
    siftUp()
  }

  mutating func removeFirst() -> Element? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      siftDown()
    }
    freeSlots.append(first.slot)
    return slots[first.slot].take()
  }

  private mutating func siftUp() {
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func siftDown() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].precedes(heap[least]) {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}

import PerpCore
import Testing

@testable import PerpVenue

@Suite("Line of requests")
struct RequestLineTests {
  private let a = ClientOrderID("a")!
  private let b = ClientOrderID("b")!
  private let c = ClientOrderID("c")!

  private func order(of requests: [OrderRequest]) -> [OrderRequest] {
    var line = RequestLine()
    for request in requests { line.add(request, until: 9) }
    var order: [OrderRequest] = []
    while let next = line.next(onlyCancels: false) { order.append(next) }
    return order
  }

  @Test("cancels go first, but not before what is about the same order")
  func cancels() {
    #expect(
      order(of: [.place(a), .place(b), .cancel(.own(c))]) == [
        .cancel(.own(c)), .place(a), .place(b),
      ])
    #expect(
      order(of: [.place(b), .replace(a), .cancel(.own(a)), .cancel(.own(c))])
        == [.cancel(.own(c)), .place(b), .replace(a), .cancel(.own(a))])
  }

  @Test("what is overdue leaves the line")
  func overdue() {
    var line = RequestLine()
    line.add(.place(a), until: 5)
    line.add(.place(b), until: 6)
    #expect(line.deadline == 5)
    #expect(line.removeOverdue(at: 5) == [.place(a)])
    #expect(line.next(onlyCancels: false) == .place(b) && line.isEmpty)
  }
}

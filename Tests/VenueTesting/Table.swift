/// Rows of cells as a table with a head, columns aligned.
package func printTable(_ title: String, _ rows: [[String]]) {
  let widths = (0..<(rows.first?.count ?? 0)).map { column in
    rows.map { $0[column].count }.max() ?? 0
  }
  print(title)
  for row in rows {
    let cells = zip(row, widths).map { cell, width in
      cell + String(repeating: " ", count: width - cell.count)
    }
    print("  " + cells.joined(separator: "  "))
  }
}

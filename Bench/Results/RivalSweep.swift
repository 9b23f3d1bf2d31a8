extension RivalStudy {
  /// Square products of one type and number of threads, by size.
  public struct Squares: Sendable {
    public struct Point: Sendable {
      public var size: Int
      public var row: Row
    }

    /// `f32, 1 thread`.
    public var title: String
    /// At least two.
    public var points: [Point]
  }

  /// The square products among the plans.
  public var squares: [Squares] {
    let squares = rows.filter { $0.form == "plan" && $0.batch == 1 && $0.size != nil }
    let groups = Dictionary(grouping: squares) { "\($0.dtype), \($0.threads) thread\($0.threads == 1 ? "" : "s")" }
    return groups.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { title, rows in
      let points = rows.compactMap { row in row.size.map { Squares.Point(size: $0, row: row) } }
      return Squares(title: title, points: points.sorted { $0.size < $1.size })
    }
  }
}

extension RivalStudy.Row {
  /// n of n x n x n, nothing transposed.
  var size: Int? {
    let sizes = shape.split(separator: "x").map { Int($0) }
    return sizes.count == 3 && Set(sizes).count == 1 ? sizes[0] : nil
  }
}

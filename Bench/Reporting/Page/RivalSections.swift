import Foundation
import Results

/// The section on other libraries: who is faster at what, losses first.
extension PageBuilder {
  package var rivals: Section? {
    guard let study = run.rivals, !study.rows.isEmpty else { return nil }
    let groups = Self.groups(study.rows)
    var summary = Table(
      "Against the fastest of the others",
      ["Type", "#Threads", "Form", "#Products", "#Geometric mean", "#At 0.95 or better", "#Worst"])
    for rows in groups {
      guard let first = rows.first else { continue }
      let atPar = Double(rows.filter { $0.ratio >= 0.95 }.count) / Double(rows.count)
      summary.add([
        first.dtype, "\(first.threads)", first.form, "\(rows.count)", Format.number(Self.meanRatio(rows)), Format.percent(atPar),
        "\(Format.number(first.ratio)) (\(first.name))",
      ])
    }
    let libraries = study.libraries.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    return section(
      "rivals", "Beside other libraries",
      [
        .paragraph(
          "Each library ran in a process of its own, one after another on each product, at its best setting (\(study.started)). "
            + "A ratio above 1 is faster than the fastest of the others in the same form: a call with everything included, a plan made ahead, or B "
            + "packed ahead. Roofs are this machine's, measured for this report."),
        .table(summary),
      ] + groups.map { .table(Self.table(of: $0)) } + [
        study.lacking.isEmpty ? nil : .paragraph("Not run here, or wrong: \(study.lacking.joined(separator: "; "))."),
        .list(libraries),
      ])
  }

  /// Where speed falls from one size of square products to the next, and whether the others' falls there too.
  package var rivalSweep: Section? {
    let sweeps = run.rivalSweep?.squares ?? []
    let blocks = sweeps.flatMap { sweep -> [Block] in
      var drops = Table(
        "\(sweep.title): drops of over 10 % from one size to the next", ["#From n", "#To n", "#To of from", "#Fastest other's"])
      for (before, after) in zip(sweep.points, sweep.points.dropFirst()) where after.row.gflops < 0.9 * before.row.gflops {
        drops.add([
          "\(before.size)", "\(after.size)", Format.number(after.row.gflops / before.row.gflops),
          Format.number(after.row.rivalGFLOPS / before.row.rivalGFLOPS),
        ])
      }
      return [.table(drops), .table(Self.table(of: sweep.points.map(\.row), title: "\(sweep.title): all sizes"))]
    }
    return section(
      "rival-squares", "Square products beside other libraries", blocks.isEmpty ? [] : [figure(Charts.rivalSweepID)] + blocks)
  }

  /// Rows of one type, number of threads and form, in this order; losses first in each.
  private static func groups(_ rows: [RivalStudy.Row]) -> [[RivalStudy.Row]] {
    let forms = ["call", "plan", "packed"]
    return Dictionary(grouping: rows) { "\($0.dtype) \($0.threads) \($0.form)" }.values.sorted { left, right in
      guard let a = left.first, let b = right.first else { return false }
      let (formA, formB) = (forms.firstIndex(of: a.form) ?? 0, forms.firstIndex(of: b.form) ?? 0)
      return (a.dtype, a.threads, formA) < (b.dtype, b.threads, formB)
    }
  }

  private static func meanRatio(_ rows: [RivalStudy.Row]) -> Double {
    exp(rows.map { log($0.ratio) }.reduce(0, +) / Double(max(rows.count, 1)))
  }

  private static func table(of rows: [RivalStudy.Row], title: String? = nil) -> Table {
    let title = title ?? rows.first.map { "\($0.dtype), \(threads($0.threads)), \($0.form): losses first" } ?? ""
    var table = Table(
      title, ["Product", "Shape", "#Batch", "#Ratio", "#GFLOP/s", "#Fastest other", "Which", "#Share of roof", "Variant"],
      folded: true)
    for row in rows {
      table.add([
        row.name, row.shape, row.batch > 1 ? "\(row.batch)" : "", Format.number(row.ratio), Format.number(row.gflops),
        Format.number(row.rivalGFLOPS), row.rival, percent(row.shareOfRoof), row.variant ?? "",
      ])
    }
    return table
  }
}

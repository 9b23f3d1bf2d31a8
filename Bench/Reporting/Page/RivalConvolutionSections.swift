import Foundation
import Results

/// The section on the convolutions of other libraries: who is faster at what, losses first, and how accurate each algorithm is.
extension PageBuilder {
  package var rivalConvolutions: Section? {
    guard let study = run.rivalConvolutions, !study.rows.isEmpty else { return nil }
    let groups = Dictionary(grouping: study.rows) { [$0.dtype, $0.pass, $0.form, "\($0.threads)"] }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    let networks = Self.rivalNetworks(study.networks ?? [])
    let layers: [Block?] = groups.map { .table(Self.layers($0)) }
    return section(
      "rival-convolutions", "Convolutions beside other libraries",
      [
        .paragraph(
          "Each library ran in a process of its own, one after another on each layer, at its best setting (\(study.started)). A ratio above 1 is "
            + "faster than the fastest of the others with the same layout: NHWC or NCHW, plans made ahead, weights where they lie or laid out ahead. "
            + "Multiplications with padding are not counted. Algorithms are those that dispatch chooses here, roofs this machine's, measured for this "
            + "report; a Winograd algorithm multiplies less than is counted, so its share may pass 100 %."),
        .table(Self.summary(groups)), Self.accuracy(study.rows).map(Block.table),
      ] + networks + layers + [
        study.lacking.isEmpty ? nil : .paragraph("Not run here, or wrong: \(study.lacking.joined(separator: "; "))."),
        .list(study.libraries.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }),
      ])
  }

  private static func summary(_ groups: [[RivalConvolutions.Row]]) -> Table {
    var table = Table(
      "Against the fastest of the others",
      ["Type", "Pass", "Form", "#Threads", "#Layers", "#Geometric mean", "#At 0.95 or better", "#Worst"])
    for rows in groups {
      guard let first = rows.first else { continue }
      let atPar = Double(rows.filter { $0.ratio >= 0.95 }.count) / Double(rows.count)
      table.add([
        first.dtype, first.pass, first.form, "\(first.threads)", "\(rows.count)", Format.number(mean(rows)),
        Format.percent(atPar),
        "\(Format.number(first.ratio)) (\(first.name))",
      ])
    }
    return table
  }

  /// Of every algorithm that was chosen, beside its speed.
  private static func accuracy(_ rows: [RivalConvolutions.Row]) -> Table? {
    let known = Dictionary(grouping: rows.filter { $0.variant != nil && $0.error != nil }) { [$0.dtype, $0.variant ?? ""] }
    if known.isEmpty { return nil }
    var table = Table(
      "Errors by algorithm, in unit roundoffs of fp32 times the sum of the magnitudes of an element's products",
      ["Type", "Algorithm", "#Layers, passes and forms", "#Largest error", "#Geometric mean of ratios"])
    for (key, rows) in known.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      table.add(key + ["\(rows.count)", Format.number(rows.compactMap(\.error).max() ?? 0), Format.number(mean(rows))])
    }
    return table
  }

  private static func layers(_ rows: [RivalConvolutions.Row]) -> Table {
    let title = rows.first.map { "\($0.dtype), \($0.pass), \($0.form), \(threads($0.threads)): losses first" } ?? ""
    var table = Table(
      title,
      [
        "Layer", "Sizes", "#Ratio", "#GFLOP/s", "#Fastest other", "Which", "#Share of roof", "#Its share", "Algorithm", "#Error",
      ],
      folded: true)
    for row in rows {
      table.add([
        row.name, row.shape, Format.number(row.ratio), Format.number(row.gflops), Format.number(row.rivalGFLOPS), row.rival,
        percent(row.shareOfRoof), percent(row.rivalShareOfRoof), row.variant ?? "", row.error.map(Format.number) ?? "",
      ])
    }
    return table
  }

  private static func mean(_ rows: [RivalConvolutions.Row]) -> Double {
    exp(rows.map { log($0.ratio) }.reduce(0, +) / Double(max(rows.count, 1)))
  }
}

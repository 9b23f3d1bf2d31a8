import Results

/// Whole networks in the section on the convolutions of other libraries.
extension PageBuilder {
  /// Losses first; empty without networks.
  static func rivalNetworks(_ rows: [RivalConvolutions.NetworkRow]) -> [Block?] {
    if rows.isEmpty { return [] }
    var table = Table(
      "Whole networks: all convolutions one after another",
      ["Network", "#Batch", "Type", "Pass", "#Threads", "Form", "#ms", "Fastest other", "#Its ms", "#Ratio"])
    for row in rows {
      table.add([
        row.name, "\(row.batch)", row.dtype, row.pass, "\(row.threads)", row.form, Format.number(row.seconds * 1e3), row.rival,
        Format.number(row.rivalSeconds * 1e3), Format.number(row.ratio),
      ])
    }
    return [
      .paragraph(
        "The time of a network is the sum of its layers' best times, each as often as the network has the layer: here in one form throughout, the "
          + "others in each layer at their best, layouts of their own included, with images laid out for them for nothing. A library that lacks a "
          + "layer is left out."),
      .table(table),
    ]
  }
}

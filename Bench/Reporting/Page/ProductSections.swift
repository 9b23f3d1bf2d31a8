import Results

/// The sections on products and the ceilings above them.
extension PageBuilder {
  var roofline: Section? {
    guard let roofline = Roofline(run.ceilings, products: products.networks.flatMap(\.measurements)) else { return nil }
    var table = Table(
      "Roofs on \(Self.threads(roofline.threads))", ["Roof", "#Value", "#Binds below (operations per byte)"])
    for peak in roofline.peaks { table.add(["\(peak.name) peak", Format.gflops(peak.value), ""]) }
    for bandwidth in roofline.bandwidths {
      table.add([
        bandwidth.name, "\(Format.number(bandwidth.value)) GB/s", Format.number(roofline.highestPeak / bandwidth.value),
      ])
    }
    let layers = (run.networks ?? []).flatMap { $0.layers.map(\.measurement) }
    let above = (run.measurements + layers).filter { ($0.shareOfRoof ?? 0) > 1 }
      .map { "\($0.shapeName ?? $0.shape) (\(Self.percent($0.shareOfRoof)))" }
    let remark =
      above.isEmpty
      ? nil
      : Block.paragraph(
        "Above their roof: \(above.joined(separator: ", ")). Operands that stay partly in a nearer cache than their footprint "
          + "suggests do that.")
    return section("roofline", "Roofline", [figure(Charts.rooflineID), .table(table), remark])
  }

  var networks: Section? {
    guard !products.networks.isEmpty else { return nil }
    var sums = Table(
      "Networks: the products one after another",
      ["Network", "#Products", "#Sum of times", "#GFLOP/s of the sum", "#Mean share of roof", "#Lowest share of roof"])
    for network in products.networks {
      for group in network.groups {
        sums.add([
          group.name, "\(group.measurements.count)", Format.seconds(group.measurements.totalSeconds),
          group.measurements.totalGFLOPS.map(Format.number) ?? "", Self.percent(group.measurements.meanShareOfRoof),
          Self.percent(group.measurements.compactMap(\.shareOfRoof).min()),
        ])
      }
    }
    let tables = products.networks.map { network in
      Block.table(Self.table("\(network.name), lowest share of the roof first", network.lowestFirst, prefix: "\(network.name)."))
    }
    return section(
      "networks", "Products of networks",
      [figure(Charts.networksID), .table(sums)] + tables + [.paragraph("Means of shares are geometric.")])
  }

  var sweep: Section? {
    let tables = products.sweeps.map { sweep in
      Block.table(Self.table("Square products, \(sweep.title)", sweep.points.map(\.measurement)))
    }
    return section("squares", "Square products", tables.isEmpty ? [] : [figure(Charts.sweepID)] + tables)
  }

  var others: Section? {
    section(
      "others", "Other products",
      products.others.isEmpty ? [] : [.table(Self.table("Products outside the suites above", products.others))])
  }

  /// - Parameter prefix: What the names of all these products start with; rows leave it out.
  static func table(_ caption: String, _ measurements: [Results.Measurement], prefix: String = "") -> Table {
    var table = Table(
      caption,
      [
        "Name", "Shape", "Type", "#Threads", "Variant", "Micro-kernel", "#Median time", "#GFLOP/s", "#Share of peak",
        "#Share of roof", "Bound by",
      ])
    for row in measurements {
      let name = row.shapeName?.without(prefix: prefix)
      table.add([
        name ?? row.shape, row.shape, row.dtype, "\(row.threads)", row.variant, row.ukernel ?? "",
        Format.seconds(row.seconds.median), Format.number(row.gflops), percent(row.shareOfPeak), percent(row.shareOfRoof),
        row.boundBy ?? "",
      ])
    }
    return table
  }

  var ceilings: Section? {
    guard !run.ceilings.isEmpty else { return nil }
    var compute = Table("Compute", ["Type", "ISA", "#Threads", "#GFLOP/s"])
    var bandwidth = Table("Bandwidth", ["Loop", "Level", "ISA", "#Bytes per thread", "#Threads", "#GB/s"])
    for ceiling in run.ceilings {
      switch ceiling.kind {
      case .compute: compute.add([ceiling.name, ceiling.isa, "\(ceiling.threads)", Format.number(ceiling.value)])
      case .bandwidth:
        bandwidth.add([
          ceiling.name, ceiling.level ?? "", ceiling.isa, ceiling.footprintBytes.map(Format.bytes) ?? "", "\(ceiling.threads)",
          Format.number(ceiling.value),
        ])
      }
    }
    return section(
      "ceilings", "Measured ceilings",
      [
        .paragraph(
          """
          What this machine can do, measured in the same run; shares of peak and roof are of these. A peak that a row beats is measured \
          again, and the larger figure holds from that row on.
          """),
        compute.rows.isEmpty ? nil : .table(compute), bandwidth.rows.isEmpty ? nil : .table(bandwidth),
      ])
  }
}

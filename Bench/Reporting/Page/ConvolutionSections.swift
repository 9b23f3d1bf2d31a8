import Results

/// The sections on convolutions, and on micro-kernels in two languages.
extension PageBuilder {
  // MARK: Networks

  package var networkLayers: Section? {
    guard let networks = run.networks, !networks.isEmpty else { return nil }
    var sums = Table(
      "Networks: all convolutions one after another",
      [
        "Network", "Layout", "Type", "#Threads", "#Convolutions", "#Sum of times", "#GFLOP/s of the sum", "#Median share of peak",
        "#Mean share of roof", "#Lowest share of roof",
      ])
    for network in networks {
      let layers = network.layers.map(\.measurement)
      sums.add([
        Self.name(network), network.layout, network.dtype, "\(network.threads)",
        "\(network.layers.reduce(0) { $0 + $1.count })", Format.seconds(network.seconds), Format.number(network.gflops),
        Self.percent(layers.medianShareOfPeak), Self.percent(layers.meanShareOfRoof),
        Self.percent(layers.compactMap(\.shareOfRoof).min()),
      ])
    }
    let tables = networks.map { Block.table(Self.table($0)) }
    return section(
      "network-layers", "Networks layer by layer",
      [
        .paragraph(
          "Each distinct convolution of a network was timed by itself with hot caches; the sums multiply its median time by how often the "
            + "network has it. What lies between convolutions is not in them. The roof is the lower of the peak and of intensity "
            + "times the bandwidth measured at the layer's footprint."),
        .table(sums), cutShort(networks),
      ] + tables + [.paragraph("Means of shares are geometric, over distinct layers.")])
  }

  private func cutShort(_ networks: [Network]) -> Block? {
    let cut = networks.filter { $0.layers.count < $0.distinctLayers }
    if cut.isEmpty { return nil }
    return .list(
      cut.map { network in
        "\(Self.name(network)): \(network.layers.count) of \(network.distinctLayers) distinct layers were measured, and the sum is of these."
      })
  }

  private static func name(_ network: Network) -> String {
    network.layers.count < network.distinctLayers ? "\(network.name), in part" : network.name
  }

  private static func table(_ network: Network) -> Table {
    var table = Table(
      "\(network.name), \(network.layout), \(network.dtype), \(threads(network.threads)), in the network's order",
      [
        "Layer", "Shape", "#Times", "Variant", "Micro-kernel", "#Median time", "#GFLOP/s", "#Share of peak", "#Share of roof",
        "Bound by",
      ], folded: true)
    for layer in network.layers {
      let row = layer.measurement
      table.add([
        layerName(row), row.shape, "\(layer.count)", row.variant,
        row.ukernel ?? "", Format.seconds(row.seconds.median), Format.number(row.gflops), percent(row.shareOfPeak),
        percent(row.shareOfRoof), row.boundBy ?? "",
      ])
    }
    return table
  }

  /// What follows the network in the shape's name; the shape where it has none.
  private static func layerName(_ row: Results.Measurement) -> String {
    guard let name = row.shapeName else { return row.shape }
    return name.firstIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? name
  }

  // MARK: One problem

  package var convolutions: Section? {
    let rows = run.measurements.filter { $0.op == "conv" }
    if rows.isEmpty { return nil }
    return section(
      "convolutions", "Convolutions, every variant",
      [.table(Self.table("The convolution of the ladder in every variant and rung", rows))])
  }

  // MARK: Languages

  package var languages: Section? {
    guard let pairs = run.languages, !pairs.isEmpty else { return nil }
    var table = Table(
      "Micro-kernels in Swift SIMD beside their twins in C, one thread, timed in turn",
      [
        "Operation", "Shape", "ISA", "Variant", "Micro-kernel in C", "#GFLOP/s in C", "#Share of peak in C", "#GFLOP/s in Swift",
        "#Share of peak in Swift", "#Speed of Swift over C",
      ])
    for pair in pairs {
      table.add([
        pair.c.op, pair.c.shape, pair.c.isa, pair.c.variant, pair.c.ukernel ?? "", Format.number(pair.c.gflops),
        Self.percent(pair.c.shareOfPeak), Format.number(pair.swift.gflops), Self.percent(pair.swift.shareOfPeak),
        Self.factor(pair.speedOfSwift),
      ])
    }
    return section(
      "swift-beside-c", "Swift beside C",
      [
        .paragraph(
          "The same variant, driver and tile; only the micro-kernel is another: written in Swift with SIMD types, or in C with vector "
            + "types. A speed of 1 is that of C."),
        .table(table),
      ])
  }
}

extension String {
  func without(prefix: String) -> String { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self }
}

extension [Results.Measurement] {
  /// Of the shares that are known; nil without any.
  var medianShareOfPeak: Double? {
    let sorted = compactMap(\.shareOfPeak).sorted()
    if sorted.isEmpty { return nil }
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }
}

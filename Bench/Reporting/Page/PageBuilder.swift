import Results

/// Makes the page of a run: what to say, in which order.
package struct PageBuilder: Sendable {
  let run: Run
  let products: Products
  /// The charts that were drawn, by id.
  let figures: [String: Figure]

  package init(_ run: Run, figures: [String: Figure] = [:]) {
    self.run = run
    self.figures = figures
    products = Products(run.measurements)
  }

  /// Sections with nothing to say are left out; what was asked for and is missing is listed in one of its own.
  package func page() -> Page {
    let sections = [
      quartets, ladders(op: "gemm", kind: "software", heading: "Software ladder"),
      ladders(op: "conv", kind: "software", heading: "Software ladder of a convolution"), shares,
      ladders(op: "gemm", kind: "hardware", heading: "Hardware ladder"), languages, networkLayers, leadingDimensions, roofline,
      networks, sweep, others, convolutions, rivals, rivalSweep, rivalConvolutions, hardwareYears, publicRecords, ceilings,
      environment, method,
      missing,
      reproduce,
    ]
    return Page(
      title: PageText("What software is worth on \(run.environment.cpu)"), finding: PageText(finding),
      imprint: PageText("Headroom \(run.version), \(run.started), commit \(run.environment.commit)"),
      sections: sections.compactMap { $0 })
  }

  /// The first quartet and the first shares in one sentence.
  package var finding: String {
    guard let quartet = run.quartets.first else {
      return "This run has no quartet, so it does not say what software and hardware are worth; it has "
        + "\(run.measurements.count) measurements."
    }
    let software =
      "On \(quartet.shape), software made the best hardware \(Self.times(quartet.softwareGivenHardware.value)) faster"
    let hardware = "better hardware alone made naive code \(Self.times(quartet.hardwareAlone.value)) faster"
    let share = run.attributions.first.map {
      "; on \($0.shape), software bought \(Format.percent(Self.share(of: "software", $0))) of the whole speedup, whatever the order"
    }
    return "\(software) and \(hardware)\(share ?? "")."
  }

  func section(_ id: String, _ heading: String, _ blocks: [Block?]) -> Section? {
    let present = blocks.compactMap { $0 }
    return present.isEmpty ? nil : Section(id: id, heading: PageText(heading), blocks: present)
  }

  func figure(_ id: String) -> Block? { figures[id].map(Block.figure) }

  static func times(_ factor: Double) -> String { "\(Format.number(factor)) times" }

  static func share(of kind: String, _ attribution: Attribution) -> Double {
    attribution.shares.filter { $0.kind == kind }.reduce(0) { $0 + $1.share }
  }

  static func threads(_ count: Int) -> String { count == 1 ? "1 thread" : "\(count) threads" }

  static func percent(_ share: Double?) -> String { share.map(Format.percent) ?? "" }
}

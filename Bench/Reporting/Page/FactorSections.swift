import Results

/// The sections on where speed came from.
extension PageBuilder {
  // MARK: Quartet

  package var quartets: Section? {
    guard let first = run.quartets.first else { return nil }
    var table = Table(
      "The quartet of each shape: ratios of median times with their 95 % intervals",
      [
        "Shape", "#Hardware alone", "#Software alone", "#Software, best hardware", "#Hardware, best software", "#Interaction",
        "#Beat test",
      ])
    for quartet in run.quartets {
      let estimates = [
        quartet.hardwareAlone, quartet.softwareAlone, quartet.softwareGivenHardware, quartet.hardwareGivenSoftware,
        quartet.interaction, quartet.beatTest,
      ]
      table.add([quartet.shape] + estimates.map(Self.factor))
    }
    return section(
      "quartet", "What software and hardware buy",
      [
        .keyNumbers(keyNumbers(first)), .list(run.quartets.map { "Beat test on \($0.shape): \(Self.verdict($0.beatTest))" }),
        .table(table), .table(corners),
        .paragraph(
          "Interaction is what software buys on the best hardware over what it buys on the weakest: above 1, better hardware "
            + "gave software more to win. The beat test is the time of naive code on the best hardware over the time of tuned "
            + "code on the weakest: above 1, software beat hardware. Naive code on the best hardware is its fastest build: the one for "
            + "wide vectors, or the one for the weakest hardware where that is faster: then hardware alone is worth 1, and the "
            + "beat test says the same as "
            + "software alone. The rungs of the ladders show the builds for wide vectors."),
      ])
  }

  private func keyNumbers(_ quartet: Quartet) -> [KeyNumber] {
    func number(_ label: String, _ estimate: Estimate) -> KeyNumber {
      KeyNumber(
        label: label, value: Self.times(estimate.value), detail: "95 % interval \(Format.interval(estimate)), \(quartet.shape)")
    }
    return [
      number("Software, on the best hardware", quartet.softwareGivenHardware),
      number("Hardware, for tuned software", quartet.hardwareGivenSoftware),
      number("Software alone, on the weakest hardware", quartet.softwareAlone),
      number("Hardware alone, for naive code", quartet.hardwareAlone),
      number("Interaction of the two", quartet.interaction),
      number("Beat test", quartet.beatTest),
    ]
  }

  /// What the beat test says, also when it fails or says nothing.
  static func verdict(_ beatTest: Estimate) -> String {
    let detectable = beatTest.detectableEffect.map { ", detectable from \(Format.percent($0))" } ?? ""
    let numbers = "\(Format.number(beatTest.value)), 95 % interval \(Format.interval(beatTest))\(detectable)"
    guard beatTest.isDifference else {
      return "no difference (\(numbers)). The interval holds 1, or the difference is below what this run can detect."
    }
    return beatTest.value > 1
      ? "passed (\(numbers)). Tuned code on the weakest hardware is faster than naive code on the best."
      : "failed (\(numbers)). Naive code on the best hardware is faster than tuned code on the weakest."
  }

  /// A ratio of times with its interval, and whether it counts.
  static func factor(_ ratio: Estimate) -> String {
    Format.estimate(ratio) + (ratio.isDifference ? "" : ", no difference")
  }

  private var corners: Table {
    var table = Table(
      "The four corners of each quartet",
      ["Corner", "Shape", "Variant", "ISA", "#Threads", "#Median time", "#GFLOP/s"])
    for quartet in run.quartets {
      let corners = [
        ("naive, weakest hardware", quartet.naiveWeakest), ("naive, best hardware", quartet.naiveBest),
        ("tuned, weakest hardware", quartet.tunedWeakest), ("tuned, best hardware", quartet.tunedBest),
      ]
      for (name, corner) in corners {
        table.add([
          name, quartet.shape, corner.variant, corner.isa, "\(corner.threads)", Format.seconds(corner.seconds.median),
          Format.number(corner.gflops),
        ])
      }
    }
    return table
  }

  // MARK: Ladders and shares

  /// - Parameter op: what the ladders compute, `gemm` or `conv`.
  package func ladders(op: String, kind: String, heading: String) -> Section? {
    let ladders = run.ladders.enumerated().filter { $0.element.kind == kind && $0.element.steps.first?.measurement.op == op }
    let blocks: [Block?] = ladders.flatMap { index, ladder in
      let notes = ladder.steps.flatMap { step in
        [step.measurement.note, step.extrapolation.map { "extrapolated: \($0)" }].compactMap { $0 }
          .map { "\(step.technique): \($0)" }
      }
      return [figure(Charts.ladderID(index)), .table(Self.table(ladder)), notes.isEmpty ? nil : .list(notes)]
    }
    return section(
      op == "gemm" ? "\(kind)-ladder" : "\(op)-\(kind)-ladder", heading,
      blocks.isEmpty
        ? []
        : [
          .paragraph(
            "Each step adds to the one before, so its factor depends on the order; the order-free shares don't. Factors are "
              + "ratios of median times, with their 95 % intervals.")
        ] + blocks)
  }

  private static func table(_ ladder: Ladder) -> Table {
    var table = Table(
      Charts.title(ladder),
      ["Step", "Variant", "Type", "ISA", "#Threads", "#GFLOP/s", "#Share of peak", "#Step factor", "#Total factor"])
    for step in ladder.steps {
      let measurement = step.measurement
      table.add([
        step.technique, measurement.variant, measurement.dtype, measurement.isa, "\(measurement.threads)",
        Format.number(measurement.gflops), percent(measurement.shareOfPeak), step.stepFactor.map(factor) ?? "",
        step.totalFactor.map(factor) ?? "",
      ])
    }
    return table
  }

  var shares: Section? {
    let blocks: [Block?] = run.attributions.enumerated().flatMap { index, attribution in
      var table = Table(
        "Shares of the speedup on \(attribution.shape), over \(attribution.cells.count) combinations",
        ["Factor", "Kind", "#Share", "#Speedup bought", "#Smallest marginal", "#Largest marginal"])
      for share in attribution.shares.sorted(by: { $0.share > $1.share }) {
        table.add([
          share.factor, share.kind, Format.percent(share.share), Format.number(share.speedup), Format.number(share.smallest),
          Format.number(share.largest),
        ])
      }
      return [
        .paragraph(
          "On \(attribution.shape), software bought \(Format.percent(Self.share(of: "software", attribution))) of the speedup "
            + "and hardware \(Format.percent(Self.share(of: "hardware", attribution)))."),
        figure(Charts.sharesID(index)), .table(table),
      ]
    }
    return section(
      "shares", "Order-free shares",
      blocks.isEmpty
        ? []
        : blocks + [
          .paragraph(
            "The Shapley value of each factor on the logarithm of the speedup: its mean gain over all orders in which the "
              + "factors can be switched on. The marginals are the smallest and the largest factor that it buys in any order.")
        ])
  }

  // MARK: Layout

  package var leadingDimensions: Section? {
    guard let rows = run.leadingDimensions, let padding = rows.first?.padding else { return nil }
    var table = Table(
      "Tight rows and rows padded by \(padding) elements, one thread",
      ["Shape", "Variant", "#GFLOP/s tight", "#GFLOP/s padded", "#Speedup by padding"])
    for row in rows {
      // Dispatch sees the layout and may choose another variant for it.
      let variants = row.tight.variant == row.padded.variant ? "" : ", padded \(row.padded.variant)"
      table.add([
        row.tight.shape, row.tight.variant + variants, Format.number(row.tight.gflops), Format.number(row.padded.gflops),
        Self.factor(row.speedup),
      ])
    }
    return section(
      "leading-dimensions", "Leading dimensions",
      [
        .paragraph(
          "Rows a power of two apart share cache sets, so textbook code at such a size alone is a straw man. Here the same products "
            + "stand beside themselves with \(padding) unused elements after each row of A, B and C, timed in turn."),
        .table(table),
      ])
  }

  // MARK: Elsewhere

  var hardwareYears: Section? {
    guard let first = run.hardwareYears.first else { return nil }
    var table = Table(
      "How long hardware takes to gain the same factor", ["Published rate", "#Growth per year", "#Speedup", "#Years"])
    for row in run.hardwareYears {
      table.add([row.source, Format.percent(row.growth), Format.number(row.speedup), Format.number(row.years)])
    }
    return section(
      "hardware-years", "Hardware years",
      [
        .paragraph(
          "A speedup of \(Format.number(first.speedup)) in the years that hardware takes to gain as much at a published rate g: "
            + "ln(speedup) / ln(1 + g)."),
        .table(table),
        .paragraph(
          "An equivalence, not a forecast. Capping the instruction set keeps a modern clock and modern caches, so it understates "
            + "what hardware progress was worth."),
      ])
  }

  var publicRecords: Section? {
    var table = Table("Published results on the same hardware, not measured here", ["Setting", "From, to", "Factor", "Source"])
    for record in PublicRecord.all { table.add([record.setting, record.fromTo, record.factor, record.source]) }
    return section(
      "public-records", "Public records",
      [
        .paragraph(
          "Time to accuracy is seconds per epoch times epochs to the target: kernels can only buy the first."), .table(table),
      ])
  }
}

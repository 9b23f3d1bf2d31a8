import Results

/// The sections on where, how and with what gaps the run was made.
extension PageBuilder {
  var environment: Section? {
    let here = run.environment
    var table = Table("Environment", ["What", "Value"])
    table.add(["CPU", here.cpu])
    for cache in here.caches {
      let ways = cache.ways > 0 ? "\(cache.ways) ways" : "ways unknown"
      let shared = cache.sharedBy > 0 ? "shared by \(cache.sharedBy)" : "sharing unknown"
      table.add([cache.name, "\(Format.bytes(cache.bytes)), \(ways), \(shared)"])
    }
    let quota = here.cpuQuota.map { ", quota of \(Format.number($0)) CPUs" } ?? ", no quota"
    table.add(["CPUs", "\(here.cpusOnline) online, \(here.cpusAllowed) allowed\(quota)"])
    table.add(["Instruction sets", here.isas.joined(separator: ", ")])
    table.add(["Virtual machine", here.hypervisor ? "yes" : "no"])
    table.add(["Memory", Format.bytes(here.memoryBytes)])
    table.add(["System", "\(here.os), kernel \(here.kernel)"])
    for compiler in here.compilers { table.add(["Compiler", compiler]) }
    table.add(["Flags", here.flags])
    for (name, version) in here.libraries.sorted(by: { $0.key < $1.key }) { table.add(["Library \(name)", version]) }
    table.add(["Commit", here.commit])
    table.add(["Seed", "\(here.seed)"])
    table.add(["Load over one minute", here.load.map(Format.number) ?? "unknown"])
    table.add(["Time stolen by the hypervisor", here.stealShare.map(Format.percent) ?? "unknown"])
    for (name, value) in here.overrides.sorted(by: { $0.key < $1.key }) { table.add([name, value]) }
    return section("environment", "Environment", [.table(table)])
  }

  var method: Section? {
    let sentinel = run.sentinel
    return section(
      "method", "How this was measured",
      [
        .list([
          "Every result was checked against a reference in double precision before it was timed; a row says so where it was not.",
          "Times are medians of samples with hot caches. Contestants of one comparison were timed in turn, and only their ratios "
            + "are quoted as comparisons.",
          "Intervals are bootstrap 95 % intervals, of the median or of the ratio of two medians. Calls of more than 0.3 s have three "
            + "samples: the interval of their median is the range of the samples, which holds the true median in three of four cases.",
          "A difference counts only when its interval excludes 1 and it is larger than the smallest effect that the samples would "
            + "show in 8 of 10 cases; else it is called no difference.",
          "GFLOP/s are textbook operations over the median time: 2mnk of a product, and of a convolution those with its image, not with its "
            + "padding. The roof is the lower of the peak and of intensity times "
            + "the bandwidth measured at the footprint of operands and result.",
          "A fixed loop ran between rounds as a sentinel: \(sentinel.rounds) rounds, \(sentinel.repeated) repeated because it "
            + "drifted by more than 3 %, largest drift kept \(Format.percent(sentinel.largestDrift)).",
          "Operands are random in [-1, 1), seed \(run.environment.seed).",
          "The run took \(Format.seconds(run.durationSeconds)).",
        ])
      ])
  }

  package var missing: Section? {
    let unverified = Set(run.everyMeasurement.filter { !$0.verified }.map { "\($0.shape) (\($0.variant)): not verified" })
      .sorted()
    let all = run.missing + unverified
    return section(
      "missing", "What is missing",
      [all.isEmpty ? .paragraph("Nothing that was asked for is missing.") : .list(all)])
  }

  var reproduce: Section? {
    var table = Table("Commands that repeat each row", ["Row", "Command"], folded: true)
    var seen: Set<String> = []
    for row in run.everyMeasurement where seen.insert(row.command).inserted {
      table.add(["\(row.shapeName ?? row.shape), \(row.variant), \(row.dtype), \(Self.threads(row.threads))", row.command])
    }
    return section(
      "reproduce", "Reproduce",
      [
        .paragraph("This run, from the root of the repository at commit \(run.environment.commit):"), .commands([run.command]),
        .paragraph("All numbers, unrounded: results.json and results.csv beside this page."),
        table.rows.isEmpty ? nil : .table(table),
      ])
  }
}

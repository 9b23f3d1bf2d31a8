#if Tools
  import Reporting
  import Results

  extension Run {
    /// The measurements for eyes, and below them what is missing.
    var measurementTable: String {
      var table = TextTable(columns: [
        .init("shape"), .init("layout"), .init("type"), .init("variant"), .init("micro-kernel"), .init("threads", .right),
        .init("median", .right),
        .init("best", .right), .init("samples", .right), .init("GFLOP/s", .right), .init("of peak", .right),
        .init("of roof", .right), .init("bound by"), .init("verified"),
      ])
      for row in measurements {
        // Of a gradient the pass stands after the shape.
        let words = [row.shapeName, row.shape] + row.op.split(separator: " ").dropFirst().map { String($0) }
        let shape = words.compactMap(\.self).joined(separator: " ")
        let seconds = row.seconds
        table.add([
          shape, row.layout ?? "", row.dtype, row.variant, row.ukernel ?? row.isa, "\(row.threads)",
          Format.seconds(seconds.median),
          Format.seconds(seconds.best), "\(seconds.samples)", Format.number(row.gflops),
          row.shareOfPeak.map(Format.percent) ?? "", row.shareOfRoof.map(Format.percent) ?? "", row.boundBy ?? "",
          row.verified ? "yes" : "no",
        ])
      }
      let rounds = "\(sentinel.repeated) of \(sentinel.rounds + sentinel.repeated) rounds repeated for drift"
      var lines = ["\(environment.cpu); seed \(environment.seed); \(rounds)"]
      lines += environment.overrides.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value) is in force" }
      lines += missing.map { "missing: \($0)" }
      return table.text + lines.map { $0 + "\n" }.joined()
    }

    /// The ceilings for eyes.
    var ceilingTables: String {
      var compute = TextTable(columns: [.init("arithmetic"), .init("isa"), .init("threads", .right), .init("GFLOP/s", .right)])
      var bandwidth = TextTable(columns: [
        .init("bandwidth"), .init("level"), .init("bytes per thread", .right), .init("threads", .right), .init("GB/s", .right),
      ])
      for row in ceilings {
        switch row.kind {
        case .compute: compute.add([row.name, row.isa, "\(row.threads)", Format.number(row.value)])
        case .bandwidth:
          let footprint = row.footprintBytes.map(Format.bytes) ?? ""
          bandwidth.add([row.name, row.level ?? "", footprint, "\(row.threads)", Format.number(row.value)])
        }
      }
      return compute.text + "\n" + bandwidth.text + missing.map { "missing: \($0)\n" }.joined()
    }
  }
#endif

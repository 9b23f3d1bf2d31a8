import KernelDispatch

/// The ladders as data: which technique or which hardware comes after which, and what runs there.
public struct LadderPlan: Sendable {
  public struct Row: Sendable, Hashable {
    public var technique: String
    public var subject: Subject

    public init(technique: String, subject: Subject) {
      self.technique = technique
      self.subject = subject
    }
  }

  public var kind: FactorKind
  public var rows: [Row]

  /// From plain Swift to the best kernel, all on the best hardware. Precision is a step of its own and the last one,
  /// because it changes the answer.
  public static func software(on hardware: HardwareRange) -> LadderPlan {
    let isa = hardware.bestForFloat32
    var rows = [
      Row(technique: "plain Swift", subject: Subject(.rung(name: "naive-ijk.swift", isa: isa))),
      Row(technique: "naive C", subject: Subject(.rung(name: "naive-ijk.c", isa: isa))),
      Row(technique: "loop order", subject: Subject(.rung(name: "ikj.c", isa: isa))),
      Row(technique: "tiled", subject: Subject(.rung(name: "tiled.c", isa: isa))),
      Row(
        technique: "SIMD and register tile",
        subject: .dispatch(isa: isa, threads: 1, variant: "outer.direct", without: [.cacheBlocking, .packing])),
      Row(
        technique: "cache blocking and packing",
        subject: .dispatch(isa: isa, threads: 1, variant: "outer.packed")),
    ]
    if hardware.cores > 1 {
      rows.append(
        Row(
          technique: "\(hardware.cores) threads",
          subject: .dispatch(isa: isa, threads: hardware.cores, variant: "outer.packed")))
    }
    rows.append(
      Row(technique: "bf16 operands", subject: .dispatch(isa: hardware.best, threads: hardware.cores, format: .bf16)))
    return LadderPlan(kind: .software, rows: rows)
  }

  /// The tuned software on one core, from one instruction set to the next. The last step, where there is one, also halves the
  /// operands: there is no fp32 in AVX-512-BF16.
  public static func instructionSets(on hardware: HardwareRange) -> LadderPlan {
    let rows = ISA.allCases.filter { $0 <= hardware.best }.map { isa in
      isa == .avx512bf16
        ? Row(technique: "AVX-512-BF16, bf16 operands", subject: .dispatch(isa: isa, threads: 1, format: .bf16))
        : Row(technique: title(of: isa), subject: .dispatch(isa: isa, threads: 1))
    }
    return LadderPlan(kind: .hardware, rows: rows)
  }

  /// The tuned software at the best fp32 instruction set on 1, 2, 4 ... and all cores.
  public static func cores(on hardware: HardwareRange) -> LadderPlan {
    let rows = hardware.coreCounts.map { count in
      Row(
        technique: count == 1 ? "1 core" : "\(count) cores",
        subject: .dispatch(isa: hardware.bestForFloat32, threads: count))
    }
    return LadderPlan(kind: .hardware, rows: rows)
  }

  private static func title(of isa: ISA) -> String {
    switch isa {
    case .scalar: "scalar"
    case .sse2: "SSE2"
    case .avx2: "AVX2 and FMA"
    case .avx512: "AVX-512"
    case .avx512bf16: "AVX-512-BF16"
    }
  }
}

/// The corners of the quartet: the naive and the tuned software on the weakest and on the best hardware.
public struct QuartetPlan: Sendable {
  public var naiveWeakest: Subject
  /// Built for the best hardware; what the corner takes is the fastest build, see `QuartetBuilder.fastest`.
  public var naiveBest: Subject
  public var tunedWeakest: Subject
  public var tunedBest: Subject

  public init(on hardware: HardwareRange) {
    naiveWeakest = Subject(.rung(name: "naive-ijk.c", isa: hardware.weakest))
    naiveBest = Subject(.rung(name: "naive-ijk.c", isa: hardware.bestForFloat32))
    tunedWeakest = .dispatch(isa: hardware.weakest, threads: 1)
    tunedBest = .dispatch(isa: hardware.bestForFloat32, threads: hardware.cores)
  }
}

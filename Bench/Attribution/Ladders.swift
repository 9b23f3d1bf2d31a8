import KernelDispatch
import Measurement

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
    rows += lastSteps(on: hardware, variant: "outer.packed")
    return LadderPlan(kind: .software, rows: rows)
  }

  /// From plain Swift to the best kernel of a 3x3 convolution, all on the best hardware. What has no micro-kernel in Swift and in C is one step
  /// shorter.
  ///
  /// - Parameter tiles: the micro-kernels of the steps in SIMD; `nil` where there is no such pair.
  package static func convolution(on hardware: HardwareRange, tiles: TilePair?) -> LadderPlan {
    let isa = hardware.bestForFloat32
    var rows = [
      Row(technique: "plain Swift", subject: Subject(.rung(name: "naive-direct.swift", isa: isa))),
      Row(technique: "naive C", subject: Subject(.rung(name: "naive-direct.c", isa: isa))),
      Row(technique: "im2col", subject: Subject(.rung(name: "im2col.c", isa: isa))),
    ]
    if let tiles {
      rows.append(Row(technique: "SIMD in Swift", subject: tiles.swiftSubject))
      rows.append(Row(technique: "SIMD in C", subject: tiles.cSubject))
    } else {
      rows.append(Row(technique: "SIMD in C", subject: .dispatch(isa: isa, threads: 1, variant: "direct")))
    }
    rows.append(
      Row(technique: "implicit GEMM, packed", subject: .dispatch(isa: isa, threads: 1, variant: "implicit-gemm.packed")))
    let winograd = "winograd.4x4"
    rows.append(
      Row(technique: "Winograd: fewer multiplications", subject: .dispatch(isa: isa, threads: 1, variant: winograd)))
    rows += lastSteps(on: hardware, variant: winograd)
    return LadderPlan(kind: .software, rows: rows)
  }

  /// All threads, and then bf16 operands.
  private static func lastSteps(on hardware: HardwareRange, variant: String) -> [Row] {
    let bf16 = Row(
      technique: "bf16 operands", subject: .dispatch(isa: hardware.best, threads: hardware.cores, format: .bf16))
    if hardware.cores == 1 { return [bf16] }
    let threads = Row(
      technique: "\(hardware.cores) threads",
      subject: .dispatch(isa: hardware.bestForFloat32, threads: hardware.cores, variant: variant))
    return [threads, bf16]
  }

  /// Fewer multiplications on one core: Strassen's algorithm after the best classical product, another algorithm with an error bound of its own.
  static func strassen(on hardware: HardwareRange) -> LadderPlan {
    let isa = hardware.bestForFloat32
    return LadderPlan(
      kind: .software,
      rows: [
        Row(technique: "cache blocking and packing", subject: .dispatch(isa: isa, threads: 1, variant: "outer.packed")),
        Row(technique: "Strassen: fewer multiplications", subject: .dispatch(isa: isa, threads: 1, variant: "outer.strassen")),
      ])
  }

  /// The tuned software on one core, from one instruction set to the next. The last steps, where there are any, also halve the
  /// operands: there is no fp32 in AVX-512-BF16 and AMX.
  public static func instructionSets(on hardware: HardwareRange) -> LadderPlan {
    let rows = ISA.allCases.filter { $0 <= hardware.best }.map { isa in
      isa >= .avx512bf16
        ? Row(technique: "\(title(of: isa)), bf16 operands", subject: .dispatch(isa: isa, threads: 1, format: .bf16))
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
    case .amx: "AMX"
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

  /// - Parameter naive: the rung that is the naive code.
  package init(on hardware: HardwareRange, naive: String) {
    naiveWeakest = Subject(.rung(name: naive, isa: hardware.weakest))
    naiveBest = Subject(.rung(name: naive, isa: hardware.bestForFloat32))
    tunedWeakest = .dispatch(isa: hardware.weakest, threads: 1)
    tunedBest = .dispatch(isa: hardware.bestForFloat32, threads: hardware.cores)
  }
}

extension Problem {
  /// The textbook loops in C.
  var naiveRung: String {
    switch self {
    case .product: "naive-ijk.c"
    case .convolution: "naive-direct.c"
    }
  }
}

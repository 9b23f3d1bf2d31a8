import KernelDispatch
import Workloads

/// What a row of a ladder or a cell of the factorial experiment runs: a rung by name, or a selection by dispatch.
public struct Subject: Sendable, Hashable {
  public enum Code: Sendable, Hashable {
    /// A textbook variant, one thread; the instruction set that it is compiled for is the highest at or below `isa`.
    case rung(name: String, isa: ISA)
    case dispatch(SelectionOptions)
  }

  public var code: Code
  public var format: NumericFormat
  /// Elements between the end of a row and the start of the next, in A, B and C.
  public var leadingPadding = 0

  public init(_ code: Code, format: NumericFormat = .f32) {
    self.code = code
    self.format = format
  }

  func padded(by elements: Int) -> Subject {
    var subject = self
    subject.leadingPadding = elements
    return subject
  }

  /// Dispatch on `threads` threads at most, capped to `isa`, with some techniques switched off.
  static func dispatch(
    isa: ISA?, threads: Int?, variant: String? = nil, without: TechniqueSet = [], format: NumericFormat = .f32
  ) -> Subject {
    Subject(.dispatch(SelectionOptions(maxISA: isa, threads: threads, variant: variant, without: without)), format: format)
  }
}

/// The hardware between whose ends ladders and experiments run.
public struct HardwareRange: Sendable, Hashable {
  /// What every machine of this architecture has. A lower cap than SSE2 would be no real x86-64 hardware:
  /// leaving its vectors unused is the software's doing.
  public var weakest: ISA
  public var best: ISA
  /// Cores that may be used; the weakest hardware has one.
  public var cores: Int

  public init(weakest: ISA, best: ISA, cores: Int) {
    self.weakest = weakest
    self.best = best
    self.cores = cores
  }

  /// Of the machine on which this runs, within the cap and the threads in force.
  public init(isa: ISA, threads: Int) {
    self.init(weakest: min(.sse2, isa), best: isa, cores: threads)
  }

  /// The best instruction set that fp32 kernels have: AVX-512-BF16 adds none.
  public var bestForFloat32: ISA { min(best, .avx512) }

  /// 1, 2, 4 ... and all cores: the numbers of threads that a study runs on.
  public var coreCounts: [Int] {
    sequence(first: 1) { $0 * 2 }.prefix { $0 < cores } + [cores]
  }
}

import KernelDispatch
import Measurement
import Workloads

/// A variant with a micro-kernel that dispatch knows for a problem's types, whether or not it chooses it or can use it.
public struct StudyCandidate: Sendable, Hashable {
  public var variant: String
  public var microkernel: String
  public var isa: ISA

  public init(variant: String, microkernel: String, isa: ISA) {
    self.variant = variant
    self.microkernel = microkernel
    self.isa = isa
  }
}

/// Where a study gets its contestants from: the tool makes them, because what is measured lies above this module.
public struct StudyContestants: Sendable {
  /// The contestant of a subject on a problem; throws when it can't serve there.
  public var contestant: @Sendable (Subject, Problem) throws -> Contestant
  /// The names of all rungs that compute such a problem.
  public var rungs: @Sendable (Problem) -> [String]
  /// Every candidate of dispatch for the problem in f32.
  public var candidates: @Sendable (Problem) -> [StudyCandidate]
  /// The textbook product of two n x n matrices in an interpreter; nil where there is none.
  public var interpreted: (@Sendable (_ n: Int) -> InterpretedProduct?)?

  public init(
    contestant: @escaping @Sendable (Subject, Problem) throws -> Contestant,
    rungs: @escaping @Sendable (Problem) -> [String] = { _ in [] },
    candidates: @escaping @Sendable (Problem) -> [StudyCandidate] = { _ in [] },
    interpreted: (@Sendable (_ n: Int) -> InterpretedProduct?)? = nil
  ) {
    self.contestant = contestant
    self.rungs = rungs
    self.candidates = candidates
    self.interpreted = interpreted
  }
}

/// Times of the textbook product in an interpreter, its result found right.
public struct InterpretedProduct: Sendable {
  /// `naive-ijk.py`.
  public var name: String
  /// What a reader needs to judge it: the interpreter's version, the data structure.
  public var note: String
  public var n: Int
  /// Seconds of each call.
  public var samples: [Double]

  public init(name: String, note: String, n: Int, samples: [Double]) {
    self.name = name
    self.note = note
    self.n = n
    self.samples = samples
  }
}

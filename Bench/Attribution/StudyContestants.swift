import KernelDispatch
import Measurement
import Workloads

/// Where a study gets its contestants from: the tool makes them, because what is measured lies above this module.
public struct StudyContestants: Sendable {
  /// The contestant of a subject on a shape; throws when it can't serve there.
  public var contestant: @Sendable (Subject, GEMMShape) throws -> Contestant
  /// The names of all rungs.
  public var rungs: [String]
  /// The textbook product of two n x n matrices in an interpreter; nil where there is none.
  public var interpreted: (@Sendable (_ n: Int) -> InterpretedProduct?)?

  public init(
    contestant: @escaping @Sendable (Subject, GEMMShape) throws -> Contestant, rungs: [String],
    interpreted: (@Sendable (_ n: Int) -> InterpretedProduct?)? = nil
  ) {
    self.contestant = contestant
    self.rungs = rungs
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

import CRungs

/// A single-precision product C = A B of row-major matrices: A is m x k with `lda` elements from row to row, B k x n, C m x n.
///
/// Pointers are to elements (0, 0), unchecked. C is written, not read.
public struct RungProblem {
  public var m, n, k: Int
  public var a, b: UnsafePointer<Float>
  public var c: UnsafeMutablePointer<Float>
  public var lda, ldb, ldc: Int
  /// How many threads the rungs with threads may use.
  public var threads: Int

  /// Leading dimensions that are not given are tight: `lda` = k, `ldb` = `ldc` = n.
  public init(
    m: Int, n: Int, k: Int, a: UnsafePointer<Float>, lda: Int? = nil, b: UnsafePointer<Float>, ldb: Int? = nil,
    c: UnsafeMutablePointer<Float>, ldc: Int? = nil, threads: Int = 1
  ) {
    (self.m, self.n, self.k) = (m, n, k)
    (self.a, self.b, self.c) = (a, b, c)
    (self.lda, self.ldb, self.ldc) = (lda ?? k, ldb ?? n, ldc ?? n)
    self.threads = threads
  }
}

extension RungProblem: TextbookProblem {
  public static var rungs: [Rung] {
    cRows.compactMap { row in
      row.run.flatMap { run in
        Rung(row: row) { problem in
          var problem = rung_problem(problem)
          run(&problem)
        }
      }
    } + swiftProducts
  }
}

extension rung_problem {
  fileprivate init(_ problem: RungProblem) {
    self.init(
      m: Int64(problem.m), n: Int64(problem.n), k: Int64(problem.k), a: problem.a, b: problem.b, c: problem.c,
      lda: Int64(problem.lda), ldb: Int64(problem.ldb), ldc: Int64(problem.ldc), threads: Int32(clamping: max(1, problem.threads))
    )
  }
}

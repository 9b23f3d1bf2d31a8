import KernelDispatch
import Rungs
import Testing

@Suite("Rungs")
struct RungTests {
  static var usable: [Rung] { Rung.all.filter { $0.isa <= Machine.current.isa } }

  /// m, n, k: empty, single elements, primes, around the tiles of 64 and 512, and a row of several tiles.
  static let sizes = [
    (0, 3, 4), (3, 0, 4), (3, 4, 0), (1, 1, 1), (2, 3, 5), (7, 17, 13), (63, 64, 65), (65, 511, 64), (64, 512, 63), (5, 513, 129),
    (131, 31, 1), (1, 1031, 67),
  ]

  @Test("Every rung multiplies integers exactly, at any size and leading dimension, and touches nothing else", arguments: usable)
  func exact(rung: Rung) {
    for (m, n, k) in Self.sizes {
      for padding in [0, 3] {
        let (lda, ldb, ldc) = (k + padding, n + 2 * padding, n + padding)
        let a = Self.integers(m * lda, step: 7)
        let b = Self.integers(k * ldb, step: 5)
        var c = [Float](repeating: .nan, count: m * ldc + 1)
        Self.run(rung, (m, n, k), a, lda, b, ldb, &c, ldc)
        let wrong = (0..<c.count).first { index in
          let (i, j) = (index / max(ldc, 1), index % max(ldc, 1))
          guard i < m, j < n else { return !c[index].isNaN }
          return c[index] != (0..<k).reduce(0) { $0 + a[i * lda + $1] * b[$1 * ldb + j] }
        }
        #expect(wrong == nil, "\(rung.name) for \(rung.isa.name), \(m)x\(n)x\(k), padding \(padding)")
      }
    }
  }

  @Test("Threads give the same bits", arguments: usable.filter(\.usesThreads))
  func threads(rung: Rung) {
    let (m, n, k) = (300, 70, 90)
    let a = Self.integers(m * k, step: 7).map { $0 / 3 }
    let b = Self.integers(k * n, step: 5).map { $0 / 7 }
    var one = [Float](repeating: .nan, count: m * n)
    Self.run(rung, (m, n, k), a, k, b, n, &one, n)
    for threads in [2, 5, 16] {
      var many = [Float](repeating: .nan, count: m * n)
      Self.run(rung, (m, n, k), a, k, b, n, &many, n, threads: threads)
      #expect(many.map(\.bitPattern) == one.map(\.bitPattern), "\(threads) threads")
    }
  }

  @Test("The ladder's rungs are there for every instruction set of the architecture, each once")
  func table() {
    let levels: [ISA] = Rung.named("tiled.swift", isa: .sse2)?.isa == .sse2 ? [.scalar, .sse2, .avx2, .avx512] : [.scalar]
    for name in ["naive-ijk.c", "naive-ijk-o3.c", "ikj.c", "tiled.c", "tiled-threads.c"] {
      #expect(Rung.all.filter { $0.name == name }.map(\.isa) == levels, "\(name)")
    }
    for name in ["naive-ijk.swift", "tiled.swift"] { #expect(Rung.all.filter { $0.name == name }.count == 1, "\(name)") }
    #expect(Rung.all.count == 5 * levels.count + 2)
  }

  @Test("A name finds the rung for the highest instruction set that is allowed")
  func named() throws {
    let best = try #require(Rung.named("tiled.c", isa: .avx512bf16))
    #expect(best.isa == Rung.all.filter { $0.name == "tiled.c" }.map(\.isa).max())
    #expect(Rung.named("tiled.c", isa: .scalar)?.isa == .scalar)
    #expect(Rung.named("tiled", isa: .avx512) == nil)
  }

  @Test("A rung says how it was compiled, and what it is made of", arguments: Rung.all)
  func described(rung: Rung) {
    #expect(rung.note.contains(rung.flags) && rung.note.contains(rung.compiler))
    #expect(rung.note.contains("not vectorised") != rung.vectorised)
    #expect(rung.techniques.contains(.simd) == rung.vectorised)
    #expect(rung.techniques.contains(.cacheBlocking) == rung.name.hasPrefix("tiled"))
    #expect(rung.usesThreads == rung.name.contains("threads"))
    if rung.name.hasSuffix(".c") { #expect(rung.flags.hasPrefix(rung.name == "naive-ijk.c" ? "-O2 " : "-O3 ")) }
  }

  /// Integers from -9 to 9 without 0: their sums are exact.
  private static func integers(_ count: Int, step: Int) -> [Float] {
    (0..<count).map { index in
      let value = (index * step + 3) % 18 - 9
      return Float(value >= 0 ? value + 1 : value)
    }
  }

  private static func run(
    _ rung: Rung, _ sizes: (m: Int, n: Int, k: Int), _ a: [Float], _ lda: Int, _ b: [Float], _ ldb: Int, _ c: inout [Float],
    _ ldc: Int,
    threads: Int = 1
  ) {
    // One element more than needed: an empty array has no address.
    (a + [.nan]).withUnsafeBufferPointer { a in
      (b + [.nan]).withUnsafeBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
          rung.run(
            RungProblem(
              m: sizes.m, n: sizes.n, k: sizes.k, a: a, lda: lda, b: b, ldb: ldb, c: c, ldc: ldc, threads: threads))
        }
      }
    }
  }
}

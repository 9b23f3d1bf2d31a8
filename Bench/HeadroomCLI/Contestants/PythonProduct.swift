#if Tools
  import Attribution
  import Foundation
  import Oracle
  import Tensors

  /// The textbook product in plain Python: three loops over lists, timed by a `python3` process of its own.
  enum PythonProduct {
    /// What the process prints: its version, the times of each call and the product, row after row.
    private struct Answer: Decodable {
      var version: String
      var seconds: [Double]
      var product: [Double]
    }

    private static let samples = 5

    /// Times the product of two n x n matrices; nil if Python can't be run or its result is wrong.
    static func timed(python path: String, n: Int) -> InterpretedProduct? {
      guard let output = ExternalProgram.output(of: path, ["-c", script, "\(n)", "\(samples)"]),
        let answer = try? JSONDecoder().decode(Answer.self, from: output),
        answer.seconds.count == samples, isRight(answer.product, n)
      else { return nil }
      return InterpretedProduct(
        name: "naive-ijk.py", note: "Python \(answer.version), three loops over lists, double precision", n: n,
        samples: answer.seconds)
    }

    /// Python's sums are in Double, in the order of the definition.
    private static func isRight(_ product: [Double], _ n: Int) -> Bool {
      guard product.count == n * n else { return false }
      var (a, b) = (numbers(n * n, state: 1), numbers(n * n, state: 2))
      let layout = MatrixLayout.rowMajor(rows: n, columns: n)
      return a.withUnsafeMutableBytes { a in
        b.withUnsafeMutableBytes { b in
          product.withUnsafeBytes { product in
            guard let a = a.baseAddress, let b = b.baseAddress, let c = product.baseAddress else { return false }
            let view = { (base: UnsafeRawPointer) in MatrixView(base: base, type: .float64, layout: layout) }
            return GEMMReference(a: view(a), b: view(b)).verify(view(c)).isPassed
          }
        }
      }
    }

    /// The operands: the same generator as in `script`, exact in both languages.
    private static func numbers(_ count: Int, state: Int) -> [Double] {
      var state = state
      return (0..<count).map { _ in
        state = (1_103_515_245 * state + 12345) % 2_147_483_648
        return Double(2 * state + 1) / 2_147_483_648 - 1
      }
    }

    private static let script = """
      import json, platform, sys, time

      def numbers(count, state):
          for _ in range(count):
              state = (1103515245 * state + 12345) % 2147483648
              yield (2 * state + 1) / 2147483648 - 1

      def matrix(n, state):
          source = numbers(n * n, state)
          return [[next(source) for _ in range(n)] for _ in range(n)]

      def multiply(a, b, n):
          c = [[0.0] * n for _ in range(n)]
          for i in range(n):
              for j in range(n):
                  total = 0.0
                  for k in range(n):
                      total += a[i][k] * b[k][j]
                  c[i][j] = total
          return c

      n, samples = int(sys.argv[1]), int(sys.argv[2])
      a, b = matrix(n, 1), matrix(n, 2)
      seconds = []
      for _ in range(samples):
          start = time.perf_counter()
          c = multiply(a, b, n)
          seconds.append(time.perf_counter() - start)
      product = [value for row in c for value in row]
      print(json.dumps({"version": platform.python_version(), "seconds": seconds, "product": product}))
      """
  }
#endif

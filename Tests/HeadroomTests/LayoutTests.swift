import Headroom
import Oracle
import TestSupport
import Testing

@Suite("Layouts")
struct LayoutTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let a: Arrangement
    let c: Arrangement
    var testDescription: String { "A \(a), C \(c)" }
  }

  static let cases = Arrangement.allCases.flatMap { a in RouteTests.written.map { Case(a: a, c: $0) } }

  @Test("Every arrangement of A, B and C, in every format", arguments: cases)
  func arrangements(layout: Case) throws {
    for b in Arrangement.allCases {
      for (input, output) in Route.types {
        for (index, size) in [(1, 1, 1), (1, 40, 17), (23, 1, 50), (7, 9, 1), (2, 33, 64), (31, 65, 45)].enumerated() {
          let setting = GEMMSetting(size.0, size.1, size.2) {
            ($0.a, $0.b, $0.c) = (layout.a, b, layout.c)
            ($0.inputType, $0.outputType) = (input, output)
            $0.beta = choice(index, [0, 2])
            $0.placement = choice(index, GuardedBuffer.Placement.allCases)
          }
          #expect(try finding(setting) == nil)
        }
      }
    }
  }

  @Test("Elements beyond 2^31 from the first are found, forwards and backwards", arguments: Route.types)
  func farElements(input: ElementType, output: ElementType) throws {
    let far = 1 << 31 + 17
    let layouts: [(Int, Int) -> MatrixLayout] = [
      { .rowMajor(rows: $0, columns: $1, leadingDimension: far) },
      { .columnMajor(rows: $0, columns: $1, leadingDimension: far) },
      { MatrixLayout(rows: $0, columns: $1, rowStride: -far, columnStride: -3) },
      { MatrixLayout(rows: $0, columns: $1, rowStride: 5, columnStride: far) },
    ]
    let (m, n, k) = (4, 5, 3)
    for (index, layout) in layouts.enumerated() {
      let next = layouts[(index + 1) % layouts.count]
      let c = layouts[index == 2 ? 0 : index](m, n)
      try checkFar(a: layout(m, k), b: next(k, n), c: c, input, output)
    }
  }

  @Test("Tiles and blocks of K that begin beyond 2^31 are found", arguments: Route.types)
  func farTiles(input: ElementType, output: ElementType) throws {
    // Forty rows or columns, and 900 depths in several blocks, far enough apart together.
    let (m, n, k) = (40, 70, 900)
    let blocking = Blocking(mc: 1024, nc: 1024, kc: 192)
    let (step, deep) = (1 << 27 + 5, 1 << 23 + 9)
    try checkFar(
      a: .rowMajor(rows: m, columns: k, leadingDimension: step), b: .columnMajor(rows: k, columns: n, leadingDimension: step),
      c: .rowMajor(rows: m, columns: n, leadingDimension: step), input, output, blocking)
    try checkFar(
      a: .columnMajor(rows: m, columns: k, leadingDimension: deep), b: .rowMajor(rows: k, columns: n, leadingDimension: deep),
      c: .columnMajor(rows: m, columns: n, leadingDimension: step), input, output, blocking)
  }

  /// Only the pages that hold elements are touched: the rest of the buffers is reserved addresses.
  private func checkFar(
    a: MatrixLayout, b: MatrixLayout, c: MatrixLayout, _ input: ElementType, _ output: ElementType, _ blocking: Blocking? = nil
  ) throws {
    let left = try FarMatrix(a, input)
    let right = try FarMatrix(b, input)
    let result = try FarMatrix(c, output)
    left.view.fill(.integers(depth: a.columns), seed: 1)
    right.view.fill(.integers(depth: a.columns), seed: 2)
    var descriptor = GEMMDescriptor(a: a, b: b, c: c, inputType: input, outputType: output)
    descriptor.options.blocking = blocking
    try gemm(descriptor, a: left.view.base, b: right.view.base, c: result.view.base)
    let reference = GEMMReference(a: left.view.readOnly, b: right.view.readOnly)
    #expect(reference.verify(result.view.readOnly, tolerance: .exact) == .passed(checked: c.rows * c.columns))
  }

  /// A matrix in far more reserved memory than the machine has.
  private final class FarMatrix {
    let buffer: GuardedBuffer
    let view: MutableMatrixView

    init(_ layout: MatrixLayout, _ type: ElementType) throws {
      let range = try #require(layout.offsetRange)
      #expect(range.highest - range.lowest > 1 << 31)
      buffer = try GuardedBuffer(byteCount: (range.highest - range.lowest + 1) * type.byteCount)
      view = MutableMatrixView(base: buffer.start - range.lowest * type.byteCount, type: type, layout: layout)
    }
  }
}

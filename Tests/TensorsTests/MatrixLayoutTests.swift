import Tensors
import Testing

@Suite("MatrixLayout")
struct MatrixLayoutTests {
  /// The offsets of all elements, by definition.
  private func offsets(_ layout: MatrixLayout) -> [Int] {
    (0..<max(layout.rows, 0)).flatMap { row in
      (0..<max(layout.columns, 0)).map { row * layout.rowStride + $0 * layout.columnStride }
    }
  }

  @Test("Ranges, counts and injectivity agree with all elements written down")
  func bruteForce() {
    for rows in 0...5 {
      for columns in 0...5 {
        for rowStride in -13...13 {
          for columnStride in -13...13 {
            let layout = MatrixLayout(rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride)
            let all = offsets(layout)
            let (lowest, highest) = (all.min() ?? 0, all.max() ?? -1)
            #expect(layout.offsetRange.map { $0 == (lowest, highest) } == true, "\(layout)")
            #expect(layout.requiredCount == highest - lowest + 1, "\(layout)")
            #expect(layout.isInjective == (Set(all).count == all.count), "\(layout)")
            #expect(layout.isEmpty == all.isEmpty)
          }
        }
      }
    }
  }

  @Test("Row-major and column-major layouts, tight and padded")
  func makers() {
    #expect(
      MatrixLayout.rowMajor(rows: 3, columns: 4) == MatrixLayout(rows: 3, columns: 4, rowStride: 4, columnStride: 1))
    #expect(
      MatrixLayout.columnMajor(rows: 3, columns: 4) == MatrixLayout(rows: 3, columns: 4, rowStride: 1, columnStride: 3))
    #expect(MatrixLayout.rowMajor(rows: 3, columns: 4, leadingDimension: 9).requiredCount == 22)
    #expect(MatrixLayout.columnMajor(rows: 3, columns: 4, leadingDimension: 9).requiredCount == 30)
  }

  @Test("Transposing exchanges rows and columns and keeps the memory")
  func transposed() {
    let layout = MatrixLayout(rows: 3, columns: 4, rowStride: -9, columnStride: 2)
    #expect(layout.transposed == MatrixLayout(rows: 4, columns: 3, rowStride: 2, columnStride: -9))
    #expect(layout.transposed.transposed == layout)
    #expect(Set(offsets(layout)) == Set(offsets(layout.transposed)))
  }

  @Test("What overflows Int has no range and no count")
  func overflow() {
    func layout(_ rows: Int, _ columns: Int, _ rowStride: Int, _ columnStride: Int) -> MatrixLayout {
      MatrixLayout(rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride)
    }
    for wide in [
      layout(3, 3, .max, 1), layout(3, 3, 1, .min), layout(.max, .max, .max, .max), layout(2, 2, .max, .max),
      layout(2, 2, .min, -1),
    ] {
      #expect(wide.offsetRange == nil, "\(wide)")
      #expect(wide.requiredCount == nil, "\(wide)")
    }
    // The range fits, the number of elements from its one end to the other does not.
    let both = layout(2, 2, .max, .min)
    #expect(both.offsetRange.map { $0 == (.min, .max) } == true)
    #expect(both.requiredCount == nil)
    #expect(layout(2, 1, .max, 0).offsetRange.map { $0 == (0, .max) } == true)
    #expect(layout(2, 1, .max, 0).requiredCount == nil)
    #expect(layout(2, 1, .max - 1, 0).requiredCount == .max)
  }

  @Test("Injectivity of strides too large to try")
  func largeInjectivity() {
    let many = 1 << 40
    #expect(MatrixLayout(rows: many, columns: many, rowStride: many, columnStride: 1).isInjective)
    #expect(!MatrixLayout(rows: many, columns: many, rowStride: many - 1, columnStride: 1).isInjective)
    #expect(MatrixLayout(rows: 3, columns: 3, rowStride: .min, columnStride: 1).isInjective)
    #expect(!MatrixLayout(rows: 3, columns: 3, rowStride: .min, columnStride: .min).isInjective)
  }

  @Test("Element types: sizes and names")
  func elementTypes() {
    #expect(ElementType.allCases.map(\.byteCount) == [4, 2, 8])
    #expect(ElementType.allCases.map(\.rawValue) == ["f32", "bf16", "f64"])
    #expect([Float.elementType, Double.elementType, BFloat16.elementType] == [.float32, .float64, .bfloat16])
    #expect([MemoryLayout<Float>.size, MemoryLayout<BFloat16>.size, MemoryLayout<Double>.size] == [4, 2, 8])
  }
}

import KernelDispatch
import Tensors
import Testing

@Suite("Tiny products")
struct TinyTests {
  static let formats = ["f32", "f64", "bf16f32", "bf16"]

  private static func machines(_ isa: ISA) -> [Dispatch] {
    [
      SyntheticMachine.dispatch(isa, threads: 2),
      Dispatch(isa: isa, threads: 2, l2: SyntheticMachine.smallL2, l3: SyntheticMachine.unknown),
    ]
  }

  @Test("The short way selects what ranking all candidates would", arguments: ISA.allCases)
  func sameSelection(isa: ISA) throws {
    for (m, n, k) in [
      (1, 1, 1), (1, 24, 24), (8, 8, 8), (3, 23, 17), (24, 1, 24), (24, 24, 1), (20, 20, 20), (32, 16, 16), (21, 21, 21),
      (23, 5, 13),
    ] {
      for format in Self.formats {
        let descriptor = try #require(GEMMDescriptor(line: "\(m)x\(n)x\(k) \(format)"))
        for dispatch in Self.machines(isa) { try check(dispatch, descriptor) }
      }
    }
  }

  @Test("So it does however the operands lie", arguments: ISA.allCases)
  func sameSelectionByLayout(isa: ISA) throws {
    for (m, n, k) in [(8, 8, 8), (1, 24, 24), (3, 23, 17), (32, 16, 16), (14, 18, 32), (32, 32, 1), (24, 1, 24), (2, 1, 32)] {
      for format in Self.formats {
        var descriptor = try #require(GEMMDescriptor(line: "\(m)x\(n)x\(k) \(format)"))
        for (index, a) in layouts(rows: m, columns: k).enumerated() {
          for b in layouts(rows: k, columns: n) {
            (descriptor.a, descriptor.b) = (a, b)
            descriptor.c =
              index % 2 == 0 ? .rowMajor(rows: m, columns: n, leadingDimension: n + 5) : .columnMajor(rows: m, columns: n)
            try check(Self.machines(isa)[index % 2], descriptor)
          }
        }
      }
    }
  }

  /// Tight and padded by rows and by columns, rows half a page and a page apart, reversed, and repeated.
  private func layouts(rows: Int, columns: Int) -> [MatrixLayout] {
    [
      (columns, 1), (columns + 5, 1), (255, 1), (512, 1), (1024, 1), (1, rows), (1, rows + 3), (-columns - 1, 1), (columns, -1),
      (0, 1), (1, 0), (0, 0),
    ].map { MatrixLayout(rows: rows, columns: columns, rowStride: $0.0, columnStride: $0.1) }
  }

  /// What is selected is the one candidate marked as chosen, none is predicted to be faster, and ranking all selects it too.
  private func check(_ dispatch: Dispatch, _ descriptor: GEMMDescriptor) throws {
    let selected = try dispatch.select(descriptor)
    var chosen: [Selection] = []
    var predictions: [Double] = []
    for candidate in try dispatch.explain(descriptor) {
      switch candidate.outcome {
      case .chosen(let selection, let seconds):
        chosen.append(selection)
        predictions.insert(seconds, at: 0)
      case .slower(let seconds): predictions.append(seconds)
      case .rejected: break
      }
    }
    #expect(chosen == [selected], "\(descriptor)")
    #expect(predictions.first == predictions.min(), "\(descriptor)")
    // A wish that changes nothing here, but is none that the short way knows.
    var ranked = descriptor
    ranked.options.without = .threads
    #expect(try dispatch.select(ranked) == selected, "\(descriptor)")
  }
}

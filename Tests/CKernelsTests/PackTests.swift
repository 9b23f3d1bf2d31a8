import CKernels
import Oracle
import Tensors
import TestSupport
import Testing

@Suite("Packing")
struct PackTests {
  struct Kind: Sendable, CustomTestStringConvertible {
    var from: ElementType
    var to: ElementType
    var kr: Int
    var testDescription: String { "\(from.rawValue) to \(to.rawValue), groups of \(kr)" }
  }

  static let kinds = [
    Kind(from: .float32, to: .float32, kr: 1), Kind(from: .float64, to: .float64, kr: 1),
    Kind(from: .bfloat16, to: .bfloat16, kr: 1),
    Kind(from: .bfloat16, to: .bfloat16, kr: 2), Kind(from: .bfloat16, to: .bfloat16, kr: 32),
    Kind(from: .bfloat16, to: .float32, kr: 1),
  ]

  @Test(
    "Panels hold what their definition says, with zeros for missing rows and depths", arguments: kinds, 0...KernelRow.highestISA)
  func panels(kind: Kind, isa: Int32) throws {
    // Groups as deep as a tile register's lines are of A alone, whose panels are MR high.
    let tallest = kind.kr < CK_TILE_DEPTH ? Int.max : Int(CK_MAX_MR)
    for arrangement in Arrangement.allCases {
      for (rows, k, panel) in [
        (1, 1, 1), (3, 7, 4), (4, 8, 4), (5, 5, 4), (14, 33, 14), (15, 2, 14), (32, 9, 32), (70, 11, 32), (8, 0, 8),
        // Around the 16 rows and depths that are transposed at once.
        (1, 15, 14), (13, 16, 13), (14, 17, 14), (16, 31, 16), (17, 32, 32), (31, 48, 32), (131, 20, 131),
        // Several panels side by side, deeper than is packed of them at a time.
        (70, 67, 32), (33, 97, 14), (70, 64, 32),
      ] where panel <= tallest {
        for placement in GuardedBuffer.Placement.allCases {
          let layout = arrangement.layout(rows: rows, columns: k)
          let finding = try pack(kind, layout, isa: isa, panel: panel, placement: placement)
          #expect(finding == nil, "\(arrangement), \(rows)x\(k) in panels of \(panel), \(placement)")
        }
      }
    }
  }

  @Test("Panels of every second element, and narrow ones with a row missing", arguments: kinds, 0...KernelRow.highestISA)
  func steps(kind: Kind, isa: Int32) throws {
    for placement in GuardedBuffer.Placement.allCases {
      for rows in [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 61] {
        // As rows of an image that are read at a stride of two.
        let layout = MatrixLayout(rows: rows, columns: 3, rowStride: 2, columnStride: 2 * rows + 5)
        let finding = try pack(kind, layout, isa: isa, panel: 32, placement: placement)
        #expect(finding == nil, "\(rows) rows, \(placement)")
      }
      for (rows, panel) in [(1, 2), (3, 4)] {
        for (k, apart) in [(1, 3), (10, 3), (11, 3), (19, 3), (29, 3), (40, 1), (40, 4)] where apart >= rows {
          let layout = MatrixLayout(rows: rows, columns: k, rowStride: 1, columnStride: apart)
          let finding = try pack(kind, layout, isa: isa, panel: panel, placement: placement)
          #expect(finding == nil, "\(k) pixels of \(rows), \(placement)")
        }
      }
    }
  }

  /// Packs and compares with the definition; returns the place of the first difference.
  private func pack(
    _ kind: Kind, _ layout: MatrixLayout, isa: Int32, panel: Int, placement: GuardedBuffer.Placement
  ) throws -> String? {
    let (rows, k) = (layout.rows, layout.columns)
    let source = try GuardedMatrix(layout, type: kind.from, placement: placement)
    source.view.fill(.uniform, seed: 11)
    let panels = (rows + panel - 1) / panel
    let depth = (k + kind.kr - 1) / kind.kr * kind.kr
    // Row after row of groups: all of a panel's groups lie one after another.
    let packed = try GuardedMatrix(
      .rowMajor(rows: panels * depth / kind.kr, columns: panel * kind.kr), type: kind.to, placement: placement)
    var job = ck_pack_job()
    job.source = UnsafeRawPointer(source.view.base)
    job.destination = packed.buffer.start
    (job.rows, job.k) = (Int64(rows), Int64(k))
    (job.rs, job.ks) = (Int64(source.view.layout.rowStride), Int64(source.view.layout.columnStride))
    (job.panel, job.kr) = (Int32(panel), Int32(kind.kr))
    (job.from, job.to) = (kind.from.ck, kind.to.ck)
    job.isa = ck_isa(rawValue: isa)
    ck_pack(&job)
    for group in 0..<packed.view.rows {
      for place in 0..<packed.view.columns {
        let row = group / (depth / kind.kr) * panel + place / kind.kr
        let p = group % (depth / kind.kr) * kind.kr + place % kind.kr
        let expected = row < rows && p < k ? source.view[row, p] : 0
        if packed.view[group, place] != expected {
          return "row \(row), depth \(p): \(packed.view[group, place]), not \(expected)"
        }
      }
    }
    return nil
  }
}

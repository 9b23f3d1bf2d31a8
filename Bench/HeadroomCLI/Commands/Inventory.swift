#if Tools
  import Headroom
  import Reporting
  import Rungs

  /// What `list` prints.
  struct Inventory: Encodable {
    struct VariantRow: Encodable {
      var name, family: String
      var techniques: [String]
      var summary: String
    }

    struct MicrokernelRow: Encodable {
      var name, family, isa, language: String
      /// Element types of A, B, the accumulator and C.
      var types: [String]
      var mr, nr, kr: Int
      var usable: Bool
    }

    struct RungRow: Encodable {
      var name, isa, compiler, flags: String
      var vectorised: Bool
      var techniques: [String]
      var usable: Bool
    }

    /// The highest instruction set that may be used: what the machine has, or less by HEADROOM_MAX_ISA.
    var isa: String
    var variants: [VariantRow]
    var microkernels: [MicrokernelRow]
    var rungs: [RungRow]

    init(isaCap: ISA) {
      isa = isaCap.name
      variants = KernelTable.shared.variants.map { variant in
        VariantRow(
          name: variant.name, family: variant.family.rawValue, techniques: variant.techniques.techniques.map(\.rawValue),
          summary: variant.summary)
      }
      microkernels = KernelTable.shared.microkernels.map { kernel in
        MicrokernelRow(
          name: kernel.name, family: kernel.family.rawValue, isa: kernel.isa.name, language: kernel.language.rawValue,
          types: [kernel.types.a, kernel.types.b, kernel.types.accumulator, kernel.types.c].map(\.rawValue),
          mr: kernel.mr, nr: kernel.nr, kr: kernel.kr, usable: kernel.isa <= isaCap)
      }
      rungs = Rung.all.map { rung in
        RungRow(
          name: rung.name, isa: rung.isa.name, compiler: rung.compiler, flags: rung.flags, vectorised: rung.vectorised,
          techniques: TechniqueSet(rung.techniques).techniques.map(\.rawValue), usable: rung.isa <= isaCap)
      }
    }

    func rendered() -> String {
      """
      Variants
      \(variantTable.text)
      Micro-kernels (usable here: up to \(isa))
      \(microkernelTable.text)
      Rungs (f32)
      \(rungTable.text)
      """
    }

    private var variantTable: TextTable {
      var table = TextTable(columns: [.init("name"), .init("family"), .init("techniques"), .init("summary")])
      for row in variants { table.add([row.name, row.family, row.techniques.joined(separator: ", "), row.summary]) }
      return table
    }

    private var microkernelTable: TextTable {
      var table = TextTable(columns: [
        .init("name"), .init("family"), .init("isa"), .init("language"), .init("A, B, sum, C"), .init("tile", .right),
        .init("usable"),
      ])
      for row in microkernels {
        let tile = "\(row.mr)x\(row.nr)" + (row.kr > 1 ? "x\(row.kr)" : "")
        table.add([
          row.name, row.family, row.isa, row.language, row.types.joined(separator: " "), tile, usability(row.usable, row.isa),
        ])
      }
      return table
    }

    private var rungTable: TextTable {
      var table = TextTable(columns: [
        .init("name"), .init("isa"), .init("compiler"), .init("flags"), .init("vectorised"), .init("usable"),
      ])
      for row in rungs {
        let vectorised = row.vectorised ? "yes" : "no"
        table.add([row.name, row.isa, row.compiler, row.flags, vectorised, usability(row.usable, row.isa)])
      }
      return table
    }

    private func usability(_ usable: Bool, _ needed: String) -> String {
      usable ? "yes" : "no: needs \(needed)"
    }
  }
#endif

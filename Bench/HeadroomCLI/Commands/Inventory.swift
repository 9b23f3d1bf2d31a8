#if Tools
  import Headroom
  import Reporting
  import Rungs
  import Workloads

  /// What `list` prints.
  struct Inventory: Encodable {
    struct VariantRow: Encodable {
      var name, family: String
      var techniques: [String]
      var summary: String
    }

    /// A variant of convolutions.
    struct ConvolutionRow: Encodable {
      var name, summary: String
    }

    struct SuiteRow: Encodable {
      var op, name, title: String
      var shapes: Int
    }

    struct MicrokernelRow: Encodable {
      var name, family, isa, language: String
      /// Element types of A, B, the accumulator and C; of a depthwise or grouped one those of input, weights and accumulator.
      var types: [String]
      /// The tile; a depthwise or grouped one has none.
      var mr, nr, kr: Int?
      var usable: Bool
    }

    struct RungRow: Encodable {
      var op, name, isa, compiler, flags: String
      var vectorised: Bool
      var techniques: [String]
      var usable: Bool
    }

    /// The highest instruction set that may be used: what the machine has, or less by HEADROOM_MAX_ISA.
    var isa: String
    var variants: [VariantRow]
    var convolutions: [ConvolutionRow]
    var microkernels: [MicrokernelRow]
    var rungs: [RungRow]
    var suites: [SuiteRow]

    init(isaCap: ISA) throws(WorkloadError) {
      isa = isaCap.name
      variants = KernelTable.shared.variants.map { variant in
        VariantRow(
          name: variant.name, family: variant.family.rawValue, techniques: variant.techniques.techniques.map(\.rawValue),
          summary: variant.summary)
      }
      convolutions = ConvolutionVariant.all.map { ConvolutionRow(name: $0.name, summary: $0.summary) }
      microkernels = KernelTable.shared.microkernels.map { kernel in
        MicrokernelRow(
          name: kernel.name, family: kernel.family.rawValue, isa: kernel.isa.name, language: kernel.language.rawValue,
          types: [kernel.types.a, kernel.types.b, kernel.types.accumulator, kernel.types.c].map(\.rawValue),
          mr: kernel.mr, nr: kernel.nr, kr: kernel.kr, usable: kernel.isa <= isaCap)
      }
      microkernels += KernelTable.shared.depthwise.map { kernel in
        MicrokernelRow(
          name: kernel.name, family: kernel.group == 1 ? "depthwise" : "grouped", isa: kernel.isa.name,
          language: kernel.language.rawValue,
          types: [kernel.inputType, kernel.inputType, .float32].map(\.rawValue), usable: kernel.isa <= isaCap)
      }
      rungs =
        Rung.all.map { RungRow($0, op: .gemm, isaCap: isaCap) }
        + ConvolutionRung.all.map { RungRow($0, op: .conv, isaCap: isaCap) }
      suites = try Suite.bundled.map { SuiteRow(op: "gemm", name: $0.name, title: $0.title, shapes: $0.entries.count) }
      suites += try ConvolutionSuite.bundled.map {
        SuiteRow(op: "conv", name: $0.name, title: $0.title, shapes: $0.entries.count)
      }
    }

    func rendered() -> String {
      """
      Variants of products
      \(variantTable.text)
      Variants of convolutions
      \(convolutionTable.text)
      Micro-kernels (usable here: up to \(isa))
      \(microkernelTable.text)
      Rungs (f32)
      \(rungTable.text)
      Suites
      \(suiteTable.text)
      """
    }

    private var variantTable: TextTable {
      var table = TextTable(columns: [.init("name"), .init("family"), .init("techniques"), .init("summary")])
      for row in variants { table.add([row.name, row.family, row.techniques.joined(separator: ", "), row.summary]) }
      return table
    }

    private var convolutionTable: TextTable {
      var table = TextTable(columns: [.init("name"), .init("summary")])
      for row in convolutions { table.add([row.name, row.summary]) }
      return table
    }

    private var suiteTable: TextTable {
      var table = TextTable(columns: [.init("op"), .init("name"), .init("shapes", .right), .init("title")])
      for row in suites { table.add([row.op, row.name, "\(row.shapes)", row.title]) }
      return table
    }

    private var microkernelTable: TextTable {
      var table = TextTable(columns: [
        .init("name"), .init("family"), .init("isa"), .init("language"), .init("A, B, sum, C"), .init("tile", .right),
        .init("usable"),
      ])
      for row in microkernels {
        let sizes = [row.mr, row.nr, row.kr == 1 ? nil : row.kr].compactMap { $0 }
        let tile = sizes.map(String.init).joined(separator: "x")
        table.add([
          row.name, row.family, row.isa, row.language, row.types.joined(separator: " "), tile, usability(row.usable, row.isa),
        ])
      }
      return table
    }

    private var rungTable: TextTable {
      var table = TextTable(columns: [
        .init("op"), .init("name"), .init("isa"), .init("compiler"), .init("flags"), .init("vectorised"), .init("usable"),
      ])
      for row in rungs {
        let vectorised = row.vectorised ? "yes" : "no"
        table.add([row.op, row.name, row.isa, row.compiler, row.flags, vectorised, usability(row.usable, row.isa)])
      }
      return table
    }

    private func usability(_ usable: Bool, _ needed: String) -> String {
      usable ? "yes" : "no: needs \(needed)"
    }
  }

  extension Inventory.RungRow {
    fileprivate init<Problem>(_ rung: TextbookRung<Problem>, op: Operation, isaCap: ISA) {
      self.init(
        op: op.rawValue, name: rung.name, isa: rung.isa.name, compiler: rung.compiler, flags: rung.flags,
        vectorised: rung.vectorised, techniques: TechniqueSet(rung.techniques).techniques.map(\.rawValue),
        usable: rung.isa <= isaCap)
    }
  }
#endif

import KernelDispatch
import Tensors
import Testing

@Suite("What follows the processor beside its instruction sets and caches")
struct MicroarchitectureTests {
  private static func dispatch(_ isa: ISA, _ microarchitecture: Microarchitecture) -> Dispatch {
    Dispatch(isa: isa, threads: 1, l2: SyntheticMachine.l2, l3: SyntheticMachine.l3, microarchitecture: microarchitecture)
  }

  @Test("A row meets 8 columns at once where the processor gains by it, several rows never")
  func columnsOfDots() throws {
    func columns(_ line: String, _ microarchitecture: Microarchitecture) throws -> Int32 {
      try Self.dispatch(.avx512bf16, microarchitecture).plan(#require(GEMMDescriptor(line: line))).plan.nr
    }
    for type in ["f32", "bf16"] {
      for size in ["64x64", "768x768", "4096x4096", "1024x4096"] {
        #expect(try columns("1x\(size):nt \(type)", Microarchitecture()) == 8)
        #expect(try columns("1x\(size):nt \(type)", .zen5) == 4)
        #expect(try columns("1x\(size):nt \(type)", .intel) == 4)
        for (rows, machine) in [(2, Microarchitecture()), (3, Microarchitecture()), (4, .zen5), (2, .intel)] {
          #expect(try columns("\(rows)x\(size):nt \(type)", machine) != 8)
        }
      }
    }
  }

  @Test("The smaller of two operands by columns is packed on Intel's processors, if that saves more than C's transposition costs")
  func packedAcross() throws {
    func isTurned(_ line: String, _ isa: ISA, _ machine: Microarchitecture) throws -> Bool {
      try Self.dispatch(isa, machine).select(#require(GEMMDescriptor(line: line))).swapped
    }
    for isa in [ISA.avx2, .avx512, .amx] {
      for line in ["512x128x12544:tn f32", "256x64x50176:tn f32", "512x128x784:tn f32"] {
        #expect(try isTurned(line, isa, .intel))
        #expect(try !isTurned(line, isa, .zen5))
      }
    }
    // The smaller is packed as it is; C takes longer; nothing is packed; A lies by rows; pairs.
    for line in [
      "128x512x12544:tn f32", "1024x256x196:tn f32", "512x32x12544:tn f32", "512x128x12544 f32", "512x128x12544:tn bf16",
    ] {
      #expect(try !isTurned(line, .avx512, .intel))
    }
    // Strassen's algorithm takes no C across.
    var descriptor = try #require(GEMMDescriptor(line: "2048x512x8192:tn f32"))
    #expect(try Self.dispatch(.avx512, .intel).select(descriptor).swapped)
    descriptor.strassenLevels = 1
    #expect(try !Self.dispatch(.avx512, .intel).select(descriptor).swapped)
  }

  @Test("Rows of A that share sets of L1, and large columns that do, are packed where its ways bind")
  func sharedSets() throws {
    func variant(_ line: String, _ machine: Microarchitecture) throws -> String {
      try Self.dispatch(.avx512, machine).select(#require(GEMMDescriptor(line: line))).variant
    }
    for line in ["196x256x1024 f32", "196x256x2048 f32", "1024x1024x1024:tn f32", "512x128x12544:tn f32"] {
      #expect(try variant(line, Microarchitecture()) == "outer.packed")
      #expect(try variant(line, .zen5) != "outer.packed")
    }
    for line in ["196x256x1008 f32", "1008x256x3136:tn f32", "512x256x1568:tn f32"] {
      #expect(try variant(line, Microarchitecture()) != "outer.packed")
    }
  }

  @Test(
    "Shallow products run by tiles of few rows where stores hold tall ones up, and of two panels if there are so many columns")
  func shallowTiles() throws {
    func rows(_ line: String, _ machine: Microarchitecture) throws -> Int64 {
      let plan = try Self.dispatch(.avx512bf16, machine).plan(#require(GEMMDescriptor(line: line))).plan
      return plan.tile_rows + (plan.taller_tiles > 0 ? 1 : 0)
    }
    for (line, low, tall) in [
      ("32x32x32 f32", 8, 11), ("31x31x31 f32", 8, 11), ("512x512x32 f32", 8, 14), ("40x768x64 f32", 6, 14),
      ("20000x512x64 f32", 8, 14), ("20000x64x16 bf16", 6, 14),
      ("48x48x48 bf16f32", 8, 12),
    ] as [(String, Int64, Int64)] {
      #expect(try rows(line, Microarchitecture()) == low)
      #expect(try rows(line, .zen5) == tall)
    }
    for line in ["96x96x96 f32", "512x512x65 f32", "1000x16x32 f32", "48x48x48 bf16", "3000x4096x64 f32"] {
      #expect(try rows(line, Microarchitecture()) == rows(line, .zen5))
    }
  }

  @Test("Small products of bf16 go by pairs where the widening takes cycles of multiply-adds")
  func widening() throws {
    func variant(_ line: String, _ machine: Microarchitecture) throws -> String {
      try Self.dispatch(.avx512bf16, machine).select(#require(GEMMDescriptor(line: line))).variant
    }
    #expect(try variant("16x16x16 bf16", Microarchitecture()) == "pair.packed-b")
    #expect(try variant("16x16x16 bf16", .zen5) == "outer.direct")
    #expect(try variant("8x8x8 bf16", Microarchitecture()) == "outer.direct")
  }
}

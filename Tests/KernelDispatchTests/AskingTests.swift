import KernelDispatch
import Tensors
import Testing

@Suite("What tiles ask for, and what is packed for them")
struct AskingTests {
  private func dispatch(_ isa: ISA, asksWithinL2: Bool = true) -> Dispatch {
    var microarchitecture = Microarchitecture()
    microarchitecture.asksWithinL2 = asksWithinL2
    return Dispatch(
      isa: isa, threads: 1, l2: SyntheticMachine.l2, l3: SyntheticMachine.l3, microarchitecture: microarchitecture)
  }

  @Test("Rows of A a page apart are packed, but not for few columns")
  func rowsInOneSet() throws {
    let few = try #require(GEMMDescriptor(line: "512x32x1024 f32"))
    let many = try #require(GEMMDescriptor(line: "2048x2048x1024 f32"))
    let fast = dispatch(.avx512)
    let intel = Dispatch(isa: .avx512, threads: 1, l2: SyntheticMachine.l2, l3: SyntheticMachine.l3, microarchitecture: .intel)
    #expect(try fast.select(few).variant == "outer.direct")
    #expect(try fast.select(many).variant == "outer.packed")
    #expect(try intel.select(few).variant == "outer.direct")
  }

  @Test("Tiles ask for what comes next beyond L2, and within it where that costs nothing")
  func asking() throws {
    let small = try #require(GEMMDescriptor(line: "128x128x128 f32"))
    let large = try #require(GEMMDescriptor(line: "600x600x600 f32"))
    for (asks, descriptor, expected) in [(true, small, true), (false, small, false), (true, large, true), (false, large, true)] {
      #expect(try dispatch(.avx512, asksWithinL2: asks).plan(descriptor).plan.fetches == expected)
    }
    var batch = small
    batch.batch = Batch(count: 1000, aStride: 16384, bStride: 16384, cStride: 16384)
    #expect(try dispatch(.avx512, asksWithinL2: false).plan(batch).plan.fetches)
    // One A and one B for all.
    batch.batch = Batch(count: 5, aStride: 0, bStride: 0, cStride: 16384)
    #expect(try !dispatch(.avx512, asksWithinL2: false).plan(batch).plan.fetches)
  }

  @Test("Tiles of AVX2 ask for what comes next beyond L2 alone, and where K is deep")
  func askingByAVX2() throws {
    for (line, expected) in [("128x128x128 f32", false), ("600x600x600 f32", true), ("2000x2000x128 f32", false)] {
      let descriptor = try #require(GEMMDescriptor(line: line))
      #expect(try dispatch(.avx2).plan(descriptor).plan.fetches == expected, "\(line)")
    }
  }

  @Test("Tile registers ask beyond L2 alone, and in no batch")
  func askingByTileRegisters() throws {
    for (line, expected) in [("256x256x256 bf16", false), ("600x600x600 bf16", true), ("64x64x100000 bf16", true)] {
      var descriptor = try #require(GEMMDescriptor(line: line))
      #expect(try dispatch(.amx).plan(descriptor).plan.fetches == expected, "\(line)")
      let (m, n, k) = (descriptor.c.rows, descriptor.c.columns, descriptor.a.columns)
      descriptor.batch = Batch(count: 8, aStride: m * k, bStride: k * n, cStride: m * n)
      #expect(try !dispatch(.amx).plan(descriptor).plan.fetches, "\(line), eight of them")
    }
  }
}

import CKernels
import KernelDispatch
import Tensors
import Testing

@Suite("What follows the caches and decides no bits")
struct LoopTests {
  static let huge = Cache(bytes: 64 << 20, ways: 16, lineBytes: 64, sharedBy: 1)
  static let instructionSets = ISA.allCases.filter { isa in
    (try? Dispatch.process.get()).map { isa <= $0.cap } ?? false
  }

  private func dispatch(_ isa: ISA, l2: Cache) -> Dispatch {
    Dispatch(isa: isa, threads: 1, l2: l2, l3: SyntheticMachine.l3, microarchitecture: Microarchitecture())
  }

  /// Elements of `type` between 0.5 and 2, by their exponents.
  private func operand(_ count: Int, _ type: ElementType, seed: UInt32) -> [UInt8] {
    var state = seed
    return (0..<count * type.byteCount).map { byte in
      state = state &* 1_664_525 &+ 1_013_904_223
      return byte % type.byteCount == type.byteCount - 1 ? 0x3F : UInt8(state >> 24)
    }
  }

  /// C begins `offset` bytes into a line.
  private func product(_ plan: ck_gemm_plan, _ descriptor: GEMMDescriptor, offset: Int = 0) -> [UInt8] {
    var plan = plan
    let (m, n, k) = (descriptor.c.rows, descriptor.c.columns, descriptor.a.columns)
    let a = operand(m * k, descriptor.inputType, seed: 1)
    let b = operand(k * n, descriptor.inputType, seed: 2)
    let bias = operand(n, descriptor.accumulatorType, seed: 3)
    // Of whole lines, as what is stored past the caches must be.
    let place = UnsafeMutableRawBufferPointer.allocate(byteCount: offset + m * n * descriptor.outputType.byteCount, alignment: 64)
    defer { place.deallocate() }
    let c = UnsafeMutableRawBufferPointer(rebasing: place[offset...])
    c.initializeMemory(as: UInt8.self, repeating: 0xFF)
    let status = a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        bias.withUnsafeBytes { bias in
          var operands = ck_gemm_operands()
          (operands.a, operands.b, operands.c) = (a.baseAddress, b.baseAddress, c.baseAddress)
          operands.bias = bias.baseAddress
          return ck_gemm_execute(&plan, &operands, nil)
        }
      }
    }
    #expect(status == CK_OK)
    return Array(c)
  }

  @Test(
    "The same bits on any threads, whether tiles copy B or find it packed, ask or not, in slices and blocks of any size",
    arguments: instructionSets)
  func sameBits(isa: ISA) throws {
    // With depths of a block on either side of what asks for C a tile ahead, and one for which tiles ask for nothing.
    let problems = [
      ("131x161x263 f32", 96), ("131x161x263 f32", 160), ("131x161x263:tt f32", 160), ("131x161x390 bf16f32", 288),
      ("131x161x390:tn bf16f32", 160), ("131x161x391 bf16f32", 160), ("131x161x262 bf16", 96), ("130x40x200:nt f32", 160),
      ("150x160x64 f32", 32), ("131x161x263 f64", 160),
    ]
    for (line, kc) in problems {
      for precision in [Precision.full, .bfloat16x2] {
        var descriptor = try #require(GEMMDescriptor(line: line))
        descriptor.precision = precision
        descriptor.epilogue = Epilogue(scale: 2, bias: .perColumn)
        descriptor.options.blocking = Blocking(mc: 1024, nc: 1024, kc: kc)
        var plan = try dispatch(isa, l2: SyntheticMachine.smallL2).plan(descriptor).plan
        #expect(plan.driver == CK_DRIVER_BLOCKED, "\(line)")
        let canCopy = plan.tiles_copy_b
        let joinsPairs = isa == .avx512bf16 && (descriptor.k % 2 == 0 || !plan.pack_a)
        let isAsItLies = (descriptor.inputType != .bfloat16 || joinsPairs) && !line.contains(":") && precision == .full
        #expect(canCopy || !isAsItLies || isa == .scalar, "\(line)")
        (plan.tiles_copy_b, plan.fetches, plan.slice_panels) = (false, true, 3)
        let whole = plan
        let expected = product(plan, descriptor)
        for threads in [1, 2, 16] as [Int32] {
          plan.team.threads = threads
          for (copies, fetches, panels) in [(true, true, 1), (true, false, 4), (false, false, 1 << 40)] as [(Bool, Bool, Int64)] {
            (plan.tiles_copy_b, plan.fetches, plan.slice_panels) = (canCopy && copies, fetches, panels)
            // Several blocks of A and of B, or one of each.
            (plan.mc, plan.nc) = fetches ? (whole.mc, whole.nc) : (3 * Int64(plan.mr), 2 * Int64(plan.nr))
            // Not compared by the expectation, which would look for the least difference of two large arrays.
            let isSame = product(plan, descriptor) == expected
            #expect(
              isSame,
              "\(line), copies: \(copies), asks: \(fetches), slices of \(panels) panels, \(threads) threads")
          }
        }
      }
    }
  }

  @Test("Shallow products: the same bits whether tiles are called one by one or in runs", arguments: instructionSets)
  func runsOfTiles(isa: ISA) throws {
    let lines = [
      "401x257x64 f32", "257x401x90:tt f32", "300x700x33:nt f32", "401x257x64 f64", "2001x70x20 f32", "401x257x64 bf16",
      "2001x70x20 bf16",
      // One panel, to depths that are not shallow.
      "401x16x300 f32", "401x7x200 f64", "401x16x300 bf16",
    ]
    for line in lines {
      let isNarrow = line.hasSuffix("bf16")
      var variants =
        isNarrow ? ["outer.widened", "outer.direct", "pair.packed-b"] : ["outer.packed", "outer.packed-b", "outer.direct"]
      if line.contains(":nt") { variants.append("dot.direct") }
      for variant in variants {
        // Read where it lies: bf16 by AVX2 and AVX-512 alone, no B along K. Multiplied in pairs: by AVX512_BF16.
        if variant == "outer.direct" && (isNarrow && isa < .avx2 || line.contains(":")) { continue }
        if variant == "pair.packed-b" && isa < .avx512bf16 { continue }
        var descriptor = try #require(GEMMDescriptor(line: line))
        descriptor.options.variant = variant
        try compareRuns(descriptor, dispatch(isa, l2: SyntheticMachine.smallL2), "\(line) by \(variant)")
      }
    }
  }

  @Test(
    "Tile registers: the same bits whether tiles are called one by one or in runs, of one block of K or several, more tiles or panels",
    .enabled(if: instructionSets.contains(.amx)))
  func runsByTileRegisters() throws {
    for size in ["401x65x300", "97x257x300", "401x257x64", "401x97x128", "2001x24x20", "66x257x301", "401x16x150", "401x16x300"] {
      for (type, kc) in [("bf16", 512), ("bf16f32", 512), ("bf16f32", 96)] {
        for variant in ["matrix.packed-b", "matrix.packed"] {
          var descriptor = try #require(GEMMDescriptor(line: "\(size) \(type)"))
          descriptor.options.variant = variant
          descriptor.options.blocking = Blocking(mc: 1024, nc: 1024, kc: kc)
          let name = "\(size) \(type) by \(variant), \(kc) depths"
          try compareRuns(descriptor, dispatch(.amx, l2: Self.huge), name)
          try compareSlices(descriptor, dispatch(.amx, l2: Self.huge), name)
        }
      }
    }
  }

  private func compareRuns(_ descriptor: GEMMDescriptor, _ dispatch: Dispatch, _ name: String) throws {
    var plan = try dispatch.plan(descriptor).plan
    #expect(plan.driver == CK_DRIVER_BLOCKED && plan.tiles_repeat, "\(name)")
    var oneByOne = plan
    oneByOne.tiles_repeat = false
    let expected = product(oneByOne, descriptor)
    for (threads, panels) in [(1, plan.slice_panels), (2, 3), (16, 1 << 40)] as [(Int32, Int64)] {
      (plan.team.threads, plan.slice_panels) = (threads, panels)
      let isSame = product(plan, descriptor) == expected
      #expect(isSame, "\(name), slices of \(panels) panels, \(threads) threads")
    }
  }

  /// By the loops that few rows and a packed B from afar go by, here with a B that they pack themselves.
  private func compareSlices(_ descriptor: GEMMDescriptor, _ dispatch: Dispatch, _ name: String) throws {
    var plan = try dispatch.plan(descriptor).plan
    let expected = product(plan, descriptor)
    (plan.driver, plan.tile.streams_b) = (CK_DRIVER_BY_SLICE, false)
    for (threads, panels) in [(1, 1), (1, 3), (3, 1)] as [(Int32, Int64)] {
      (plan.team.threads, plan.slice_panels) = (threads, panels)
      let isSame = product(plan, descriptor) == expected
      #expect(isSame, "\(name), by slices of \(panels) panels, \(threads) threads")
    }
  }

  @Test(
    "The same bits whether tiles of a slice are multiplied one by one or one below the other in one call",
    arguments: instructionSets)
  func tilesOfSlices(isa: ISA) throws {
    for line in [
      "90x257x40 f32", "100x70x90:tn f32", "100x70x90:nt bf16", "120x65x30 bf16f32", "90x257x40 f64", "96x300x700:nt bf16",
    ] {
      let descriptor = try #require(GEMMDescriptor(line: line))
      var plan = try dispatch(isa, l2: SyntheticMachine.smallL2).plan(descriptor).plan
      // Tile registers are compared with the blocked loops, in `runsByTileRegisters`.
      if plan.in_tiles { continue }
      #expect(plan.row_tiles >= 3 && plan.k_parts == 1, "\(line)")
      plan.driver = CK_DRIVER_BY_SLICE
      (plan.fetches, plan.fetches_c, plan.slice_panels) = (false, false, 2)
      var oneByOne = plan
      oneByOne.tiles_repeat = false
      let isSame = product(plan, descriptor) == product(oneByOne, descriptor)
      #expect(isSame, "\(line)")
    }
  }

  @Test("The same bits whether C is stored past the caches or not", arguments: instructionSets)
  func streams(isa: ISA) throws {
    for line in [
      "401x96x64 f32", "401x104x30 f64", "401x16x64 f32", "401x96x64 bf16f32", "40x2096x64 f32", "40x2080x64:nt bf16f32",
      "4x4096x64 f32", "1x8192x64 f32", "401x97x64 f32", "401x97x64 bf16f32", "401x48x64 f32", "401x48x64 bf16f32",
    ] {
      let descriptor = try #require(GEMMDescriptor(line: line))
      var plan = try dispatch(isa, l2: SyntheticMachine.smallL2).plan(descriptor).plan
      #expect(plan.driver == CK_DRIVER_BLOCKED || plan.driver == CK_DRIVER_BY_SLICE)
      for offset in [0, descriptor.outputType.byteCount] {
        plan.streams_c = false
        let expected = product(plan, descriptor, offset: offset)
        plan.streams_c = true
        for threads in [1, 2, 16] as [Int32] {
          plan.team.threads = threads
          let isSame = product(plan, descriptor, offset: offset) == expected
          #expect(isSame, "\(line), \(threads) threads, \(offset) bytes into a line")
        }
      }
    }
  }

  @Test("The same bits whether the blocked loops take panels of B one by one or some at once", arguments: instructionSets)
  func panelsOfShallowTiles(isa: ISA) throws {
    let bytes = Int32(isa.vectorBytes(elementBytes: 4))
    var plans = 0
    for (line, mr) in [
      ("90x300x8 f32", 2), ("90x300x8 f32", 1), ("403x200x16 bf16", 6), ("403x128x33 bf16", 6), ("90x1100x64 bf16f32", 6),
      ("403x200x16 f32", 6), ("90x1100x40 f32", 3),
      ("403x200x31:nt f32", 5), ("7x2100x40 f32", 1),
    ] as [(String, Int64)] {
      let descriptor = try #require(GEMMDescriptor(line: line))
      var plan = try dispatch(isa, l2: SyntheticMachine.smallL2).plan(descriptor).plan
      if plan.in_tiles || ck_panels_at_once(bytes, mr) == 1 || plan.nr * 4 <= bytes { continue }
      plans += 1
      (plan.driver, plan.k_parts, plan.takes_slices) = (CK_DRIVER_BLOCKED, 1, false)
      (plan.tile_rows, plan.row_tiles) = (mr, plan.m / mr)
      (plan.taller_tiles, plan.panels_at_once) = (0, 1)
      plan.m = plan.row_tiles * mr
      let expected = product(plan, descriptor)
      plan.panels_at_once = ck_panels_at_once(bytes, mr)
      for (threads, panels) in [(1, 100), (1, 3), (2, 2), (16, 1)] as [(Int32, Int64)] {
        (plan.team.threads, plan.slice_panels) = (threads, panels)
        let isSame = product(plan, descriptor) == expected
        #expect(isSame, "\(line), \(threads) threads, slices of \(panels) panels")
      }
    }
    #expect(plans > 0 || isa == .scalar)
  }

  @Test("What adds to C does not store past the caches: depths that Strassen's algorithm leaves over", arguments: instructionSets)
  func addsDespiteStreams(isa: ISA) throws {
    var descriptor = try #require(GEMMDescriptor(line: "401x96x65 f32"))
    descriptor.strassenLevels = 1
    descriptor.options.variant = "outer.strassen"
    var plan = try dispatch(isa, l2: SyntheticMachine.smallL2).plan(descriptor).plan
    #expect(plan.driver == CK_DRIVER_STRASSEN)
    plan.streams_c = false
    let expected = product(plan, descriptor)
    plan.streams_c = true
    let isSame = product(plan, descriptor) == expected
    #expect(isSame)
  }

  @Test("A plan's tiles of either height take as many panels at once as it says", arguments: ISA.allCases)
  func panelsAtOnce(isa: ISA) throws {
    var plans = 0
    for m in 1...40 {
      for line in ["\(m)x128x64 f32", "\(m)x4096x64 f32", "\(m)x64x64 bf16", "\(m)x4096x512 bf16f32", "\(m)x256x64 f64"] {
        let plan = try dispatch(isa, l2: SyntheticMachine.l2).plan(try #require(GEMMDescriptor(line: line))).plan
        if plan.panels_at_once == 1 { continue }
        plans += 1
        let bytes = Int32(isa.vectorBytes(elementBytes: 4))
        for rows in [plan.tile_rows, plan.tile_rows + (plan.taller_tiles > 0 ? 1 : 0)] {
          #expect(ck_panels_at_once(bytes, rows) == plan.panels_at_once, "\(line)")
        }
      }
    }
    #expect(plans > 0 || isa == .scalar)
  }

  @Test("Slices of panels follow L2, the blocks of A and B the last level, and neither decides the depth of a block")
  func blocks() throws {
    let descriptor = try #require(GEMMDescriptor(line: "4096x4096x4096 f32"))
    let small = try dispatch(.avx512, l2: SyntheticMachine.l2).plan(descriptor).plan
    let large = try dispatch(.avx512, l2: Self.huge).plan(descriptor).plan
    #expect((small.kc, small.mc, small.nc) == (large.kc, large.mc, large.nc))
    #expect(small.slice_panels * Int64(small.nr) * small.kc * 4 <= SyntheticMachine.l2.bytes / 4)
    #expect(large.slice_panels > small.slice_panels)
    // A single panel is more than the share.
    #expect(try dispatch(.avx512, l2: SyntheticMachine.smallL2).plan(descriptor).plan.slice_panels == 1)
    var unblocked = descriptor
    unblocked.options.without = .cacheBlocking
    #expect(try dispatch(.avx512, l2: Self.huge).plan(unblocked).plan.slice_panels == 1)
  }

  @Test("Parts of K are as deep as the deepest block, or there is one")
  func partsOfK() throws {
    for (line, parts) in [
      ("40x16x2047 f32", 1), ("40x16x2048 f32", 2), ("16x16x100000 f32", 16), ("16x70x9000 f32", 5), ("129x16x9000 f32", 1),
      ("40x16x1024 f64", 2), ("16x16x2048 f32", 1),
    ] as [(String, Int64)] {
      let plan = try dispatch(.avx512, l2: SyntheticMachine.l2).plan(try #require(GEMMDescriptor(line: line))).plan
      #expect(plan.k_parts == parts, "\(line)")
    }
  }

  @Test("B that came packed passes panel by panel, whatever it was packed from, unless A is too much to pass each time")
  func packedAhead() throws {
    for (shape, panels) in [("8x4096x4096", 1), ("64x4096x4096", 1), ("4x4096x4096", 2), ("64x64x100000", 2)] as [(String, Int64)]
    {
      for layout in ["nn", "nt"] {
        let descriptor = try #require(GEMMDescriptor(line: "\(shape):\(layout) f32"))
        let plan = try dispatch(.avx512, l2: SyntheticMachine.l2).plan(descriptor, ahead: Ahead(b: true)).plan
        #expect(plan.driver == CK_DRIVER_BY_SLICE && plan.slice_panels == panels, "\(shape), \(layout)")
      }
    }
  }

  @Test("Tile registers take packed B panel by panel where it comes from afar to few rows of several tiles, in no batch")
  func packedFar() throws {
    for (line, isFar) in [
      ("128x11008x4096 bf16", true), ("33x1050x4100 bf16f32", true), ("33x1050x4100:tn bf16f32", true),
      ("128x3072x768 bf16", false), ("32x4096x4096 bf16", false), ("129x4096x4096 bf16", false),
    ] {
      var descriptor = try #require(GEMMDescriptor(line: line))
      let dispatch = dispatch(.amx, l2: SyntheticMachine.l2)
      let plan = try dispatch.plan(descriptor, ahead: Ahead(b: true)).plan
      #expect((plan.driver == CK_DRIVER_BY_SLICE) == isFar, "\(line)")
      #expect(!isFar || plan.slice_panels == 1, "\(line)")
      descriptor.batch = Batch(count: 2, aStride: 0, bStride: 0, cStride: descriptor.m * descriptor.n)
      let ofBatch = try dispatch.plan(descriptor, ahead: Ahead(b: true)).plan
      #expect(ofBatch.driver == CK_DRIVER_BLOCKED, "\(line), in a batch")
    }
  }
}

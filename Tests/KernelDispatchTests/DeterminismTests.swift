import CKernels
import KernelDispatch
import Tensors
import Testing

@Suite("What decides a result's bits")
struct DeterminismTests {
  static let shapes = [
    "1x1x1", "1x4096x4096", "1x4096x4096:nt", "8x4096x4096:nt", "128x768x3072", "33x65x1031:tn", "512x512x512",
    "2048x2048x2048:tt",
    "4096x64x385", "37x2048x129:nt", "3136x64x576", "6x16x100000", "10000x3x7",
  ]
  static let formats = ["f32", "f64", "bf16", "bf16f32"]

  /// The family, instruction set and KC: they fix the order of sums.
  private func order(_ dispatch: Dispatch, _ descriptor: GEMMDescriptor) throws -> String {
    let selection = try dispatch.select(descriptor)
    let kernel = try #require(KernelTable.shared.microkernels.first { $0.name == selection.microkernel })
    return "\(kernel.family) \(selection.isa.name) \(selection.blocking.kc)"
  }

  @Test("Where bf16 pairs are slow, bf16 is widened and fp32 is not cut")
  func slowPairs() throws {
    let slow = Dispatch(
      isa: .avx512bf16, threads: 1, l2: SyntheticMachine.l2, l3: SyntheticMachine.l3, microarchitecture: .intel)
    let fast = SyntheticMachine.dispatch(.avx512bf16)
    var descriptor = GEMMDescriptor(m: 512, n: 512, k: 512, inputType: .bfloat16, outputType: .float32)
    #expect(try fast.select(descriptor).variant == "pair.packed-b")
    #expect(try slow.select(descriptor).variant == "outer.widened")
    descriptor.inputType = .float32
    descriptor.precision = .bfloat16x1
    #expect(try fast.select(descriptor).variant == "pair.split")
    #expect(try slow.select(descriptor).variant.hasPrefix("outer."))
    for precision in [Precision.bfloat16x2, .bfloat16x3] {
      descriptor.precision = precision
      #expect(try fast.select(descriptor).variant.hasPrefix("outer."))
    }
  }

  @Test("Threads change nothing but their own number and the columns of a block, which decide no bits", arguments: ISA.allCases)
  func threads(isa: ISA) throws {
    for shape in Self.shapes {
      for format in Self.formats {
        var descriptor = try #require(GEMMDescriptor(line: "\(shape) \(format)"))
        var single = try SyntheticMachine.dispatch(isa, threads: 1).select(descriptor)
        #expect(single.threads == 1)
        for threads in [2, 16, 1024] {
          (descriptor.options.threads, descriptor.options.keepsThreads) = (nil, false)
          let dispatch = SyntheticMachine.dispatch(isa, threads: threads)
          let left = try dispatch.select(descriptor)
          (descriptor.options.threads, descriptor.options.keepsThreads) = (threads, true)
          let asked = try dispatch.select(descriptor)
          #expect(asked.threads == threads && (1...threads).contains(left.threads))
          (single.threads, single.blocking.nc) = (asked.threads, asked.blocking.nc)
          #expect(asked == single, "\(shape) \(format)")
          (single.threads, single.blocking.nc) = (left.threads, left.blocking.nc)
          #expect(left == single, "\(shape) \(format)")
        }
      }
    }
  }

  @Test("Nor do caches change the order of sums", arguments: ISA.allCases)
  func caches(isa: ISA) throws {
    for shape in Self.shapes {
      for format in Self.formats {
        let descriptor = try #require(GEMMDescriptor(line: "\(shape) \(format)"))
        let expected = try order(SyntheticMachine.dispatch(isa), descriptor)
        for (l2, l3) in [
          (SyntheticMachine.smallL2, SyntheticMachine.unknown), (SyntheticMachine.unknown, SyntheticMachine.unknown),
          (SyntheticMachine.l2, SyntheticMachine.l2), (SyntheticMachine.l3, SyntheticMachine.unknown),
        ] {
          let dispatch = Dispatch(isa: isa, threads: 1, l2: l2, l3: l3)
          #expect(try order(dispatch, descriptor) == expected, "\(shape) \(format) with \(l2.bytes) and \(l3.bytes) bytes")
        }
      }
    }
  }

  @Test("Small products stay on one thread, large ones take what there is")
  func threadsPay() throws {
    let dispatch = SyntheticMachine.dispatch(.avx512, threads: 2)
    #expect(try dispatch.select(GEMMDescriptor(m: 8, n: 8, k: 8)).threads == 1)
    #expect(try dispatch.select(GEMMDescriptor(m: 1024, n: 1024, k: 1024)).threads == 2)
  }

  @Test("Blocks of columns for tile registers stay in L2, unless cache blocking is switched off")
  func narrowBlocks() throws {
    var descriptor = try #require(GEMMDescriptor(line: "64x3072x768 bf16"))
    let dispatch = SyntheticMachine.dispatch(.amx, threads: 1)
    #expect(try dispatch.select(descriptor).blocking.nc < 3072)
    descriptor.options.without = TechniqueSet(.cacheBlocking)
    #expect(try dispatch.select(descriptor).blocking.nc == 3072)
  }

  @Test("Where C can't hold the sums of several blocks of K, columns have room for those of all rows, or are 512")
  func columnsOfSums() throws {
    func columns(_ line: String, threads: Int) throws -> Int {
      var descriptor = try #require(GEMMDescriptor(line: line))
      descriptor.options.keepsThreads = true
      return try SyntheticMachine.dispatch(.amx, threads: threads).select(descriptor).blocking.nc
    }
    #expect(try columns("2048x4096x4096 bf16", threads: 2) == 1024)
    #expect(try columns("2048x4096x4096 bf16f32", threads: 2) > 1024)
    #expect(try columns("8192x4096x4096 bf16", threads: 2) == 512)
    // Of whole tiles and panels.
    for (rows, line) in [(3008, "3000x4096x4096 bf16"), (2528, "2500x4096x4096 bf16")] {
      #expect(try columns(line, threads: 2) * rows * 4 <= Int(CK_SUMS_BYTES))
    }
    #expect(try columns("128x4096x4096 bf16", threads: 2) > 512)
    #expect(try columns("128x4096x4096 bf16", threads: 1) <= 512)
    // A that is packed is not to be for each of many blocks.
    #expect(try columns("1024x4096x4096:tn bf16", threads: 1) > 512)
  }

  @Test("A technique switched off is off")
  func switches() throws {
    let dispatch = SyntheticMachine.dispatch(.avx512, threads: 2)
    func select(_ without: TechniqueSet) throws -> (Selection, Variant, Microkernel) {
      var descriptor = GEMMDescriptor(m: 1000, n: 1000, k: 2000)
      descriptor.options.without = without
      let selection = try dispatch.select(descriptor)
      return (
        selection, try #require(KernelTable.shared.variants.first { $0.name == selection.variant }),
        try #require(KernelTable.shared.microkernels.first { $0.name == selection.microkernel })
      )
    }
    #expect(try select(.cacheBlocking).0.blocking.kc == 2000)
    #expect(try select([]).0.blocking.kc < 2000)
    let unpacked = try select(.packing).1
    #expect(!unpacked.packsA && !unpacked.packsB)
    #expect(try select(.simd).2.isa == .scalar)
    #expect(try select(.registerTile).2.mr == 1)
    #expect(try select(.threads).0.threads == 1)
    // All at once: the naive product of one element at a time.
    let naive = try select(TechniqueSet(Technique.allCases))
    #expect(naive.2.mr == 1 && naive.2.nr == 1 && naive.2.isa == .scalar && naive.0.threads == 1)
  }

  @Test("Every combination of techniques leaves a candidate, so that all can be measured", arguments: ISA.allCases)
  func combinations(isa: ISA) throws {
    for bits in UInt8(0)..<32 {
      for line in ["100x100x100 f32", "100x100x100:nt f32"] {
        var descriptor = try #require(GEMMDescriptor(line: line))
        descriptor.options.without = TechniqueSet(rawValue: bits)
        // A B stored transposed can't be read along N where it lies; without packing or register tile nothing is left for it.
        let needsPacking = line.hasSuffix(":nt f32") && descriptor.options.without.contains([.packing, .registerTile])
        let selection = try? SyntheticMachine.dispatch(isa).select(descriptor)
        #expect((selection == nil) == needsPacking, "\(line) without \(descriptor.options.without.techniques.map(\.rawValue))")
      }
    }
  }

  @Test("Sets of techniques and lists of them are the same")
  func techniqueSets() {
    for bits in UInt8(0)..<32 {
      let set = TechniqueSet(rawValue: bits)
      #expect(TechniqueSet(set.techniques) == set)
      #expect(set.techniques.count == bits.nonzeroBitCount)
    }
  }

  @Test("The machine at hand is one that dispatch can serve")
  func current() throws {
    let machine = Machine.current
    #expect(machine.threads >= 1 && machine.cpusAllowed >= machine.threads && machine.cpusOnline >= machine.cpusAllowed)
    #expect((machine.cpuQuota ?? 1) > 0)
    let selection = try Dispatch.process.get().select(GEMMDescriptor(m: 100, n: 100, k: 100))
    #expect(selection.isa <= machine.isa)
    if let cap = try Overrides.process.get().maxISA { #expect(selection.isa <= cap) }
  }
}

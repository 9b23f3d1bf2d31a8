import KernelDispatch
import Tensors
import Testing

@Suite("Candidates and rejections")
struct RejectionTests {
  /// What became of the candidates of one variant and, if given, one instruction set.
  private func rejections(_ candidates: [Candidate], _ variant: String, _ isa: ISA? = nil) -> Set<Rejection> {
    Set(
      candidates.filter { $0.variant.name == variant && (isa == nil || $0.microkernel.isa == isa) }.compactMap {
        if case .rejected(let reason) = $0.outcome { reason } else { nil }
      })
  }

  @Test("Every reason can be reached")
  func reasons() throws {
    let machine = SyntheticMachine.dispatch(.avx512)
    func explain(_ line: String, _ change: (inout SelectionOptions) -> Void = { _ in }) throws -> [Candidate] {
      var descriptor = try #require(GEMMDescriptor(line: line))
      change(&descriptor.options)
      return try machine.explain(descriptor)
    }
    let plain = try explain("512x512x512 f32")
    #expect(rejections(plain, "outer.packed", .sse2).contains(.isaSuperseded(by: .avx512)))
    #expect(rejections(plain, "outer.packed", .avx512).contains(.withoutRegisterTile))
    #expect(rejections(plain, "outer.widened") == [.types])
    #expect(rejections(plain, "dot.direct", .avx512).contains(.layout(.unitStridesAlongK)))
    #expect(rejections(try explain("512x512x512:nt f32"), "outer.direct", .avx512).contains(.layout(.unitColumnStrideOfB)))
    #expect(rejections(plain, "outer.packed", .avx512).contains(.sameTileInC))
    let native = try explain("512x512x512 bf16")
    #expect(rejections(native, "pair.packed") == [.isaMissing(needs: .avx512bf16, has: .avx512)])
    let capped = try explain("512x512x512 f32") { $0.maxISA = .avx2 }
    #expect(rejections(capped, "outer.packed", .avx512).subtracting([.types]) == [.isaCapped(needs: .avx512, cap: .avx2)])
    let forced = try explain("512x512x512 f32") { $0.variant = "outer.packed" }
    #expect(rejections(forced, "outer.direct").contains(.variantNotAskedFor))
    let kernel = try explain("512x512x512 f32") { $0.microkernel = "outer_f32_6x16_avx2" }
    #expect(rejections(kernel, "outer.packed", .avx512).subtracting([.types]) == [.microkernelNotAskedFor])
    for (technique, isa) in [(Technique.packing, ISA.avx512), (.simd, .avx512), (.registerTile, .avx512)] {
      let without = try explain("512x512x512 f32") { $0.without = TechniqueSet(technique) }
      #expect(rejections(without, "outer.packed", isa).contains(.techniqueOff(technique)))
    }
    let newest = SyntheticMachine.dispatch(.avx512bf16)
    let columns = try newest.explain(try #require(GEMMDescriptor(line: "64x64x64:tn bf16")))
    #expect(rejections(columns, "pair.packed-b") == [.layout(.unitColumnStrideOfA)])
    let odd = try newest.explain(try #require(GEMMDescriptor(line: "64x64x63 bf16")))
    #expect(rejections(odd, "pair.packed-b") == [])
  }

  @Test("Each reason has words of its own")
  func words() {
    let all: [Rejection] = [
      .isaMissing(needs: .avx512, has: .avx2), .isaCapped(needs: .avx512, cap: .avx2), .isaSuperseded(by: .avx512), .types,
      .layout(.unitColumnStrideOfB), .layout(.unitStridesAlongK), .layout(.unitColumnStrideOfA),
      .variantNotAskedFor,
      .microkernelNotAskedFor,
      .techniqueOff(.packing), .withoutRegisterTile, .sameTileInC,
    ]
    #expect(Set(all.map(\.description)).count == all.count)
    #expect(all[0].description == "needs avx512, this machine has avx2")
  }

  @Test("An explanation has every variant with its micro-kernels once, the chosen one first, and agrees with the selection")
  func complete() throws {
    for isa in ISA.allCases {
      for line in ["512x512x512 f32", "3x70x900:nt bf16", "64x64x64 f64", "1x1x1 bf16f32", "17x1x5:tt f32"] {
        let descriptor = try #require(GEMMDescriptor(line: line))
        let dispatch = SyntheticMachine.dispatch(isa)
        let candidates = try dispatch.explain(descriptor)
        let names = candidates.map { "\($0.variant.name) \($0.microkernel.name)" }
        #expect(Set(names).count == names.count)
        #expect(Set(candidates.map(\.variant.name)) == Set(KernelTable.shared.variants.map(\.name)))
        guard case .chosen(let selection, let best) = candidates[0].outcome else {
          Issue.record("\(line) on \(isa.name): nothing was chosen")
          continue
        }
        #expect(selection == (try dispatch.select(descriptor)))
        #expect(selection.variant == candidates[0].variant.name && selection.microkernel == candidates[0].microkernel.name)
        #expect(selection.isa == candidates[0].microkernel.isa && selection.isa <= isa)
        for candidate in candidates.dropFirst() {
          switch candidate.outcome {
          case .chosen: Issue.record("two were chosen")
          case .slower(let seconds): #expect(seconds >= best)
          case .rejected: continue
          }
        }
      }
    }
  }

  @Test("Unknown names, impossible wishes and threads out of range are typed errors")
  func errors() throws {
    let dispatch = SyntheticMachine.dispatch(.avx2)
    func error(_ options: SelectionOptions) -> HeadroomError? {
      var descriptor = GEMMDescriptor(m: 10, n: 10, k: 10)
      descriptor.options = options
      do throws(HeadroomError) {
        _ = try dispatch.select(descriptor)
        return nil
      } catch {
        return error
      }
    }
    let variants = KernelTable.shared.variants.map(\.name)
    #expect(error(SelectionOptions(variant: "dot")) == .unknownVariant(found: "dot", known: variants))
    guard case .unknownMicrokernel("x", let known) = error(SelectionOptions(microkernel: "x")) else {
      Issue.record("an unknown micro-kernel passed")
      return
    }
    #expect(known.contains("outer_f32_14x32_avx512"))
    for threads in [0, -3, SelectionOptions.mostThreads + 1] {
      #expect(error(SelectionOptions(threads: threads)) == .invalidThreads(found: threads))
    }
    for options in [
      SelectionOptions(microkernel: "outer_f32_14x32_avx512"), SelectionOptions(variant: "pair.packed"),
      SelectionOptions(variant: "outer.packed", without: .packing),
    ] {
      guard case .noCandidate(let reasons) = error(options) else {
        Issue.record("\(options) passed")
        continue
      }
      #expect(!reasons.isEmpty)
    }
  }
}

import CKernels
import KernelDispatch
import Tensors
import Testing

@Suite("What of a convolution follows the caches and the threads, and decides no bits")
struct ConvolutionLoopTests {
  static func dispatch(_ isa: ISA, threads: Int = 1) -> Dispatch { SyntheticMachine.dispatch(isa, threads: threads) }

  /// Elements of `type` between 0.5 and 2, by their exponents.
  private func operand(_ count: Int, _ type: ElementType, seed: UInt32) -> [UInt8] {
    var state = seed
    return (0..<count * type.byteCount).map { byte in
      state = state &* 1_664_525 &+ 1_013_904_223
      return byte % type.byteCount == type.byteCount - 1 ? 0x3F : UInt8(state >> 24)
    }
  }

  /// What the plans write `offset` bytes into a line.
  func result(_ plans: [ck_conv_plan], _ descriptor: ConvolutionDescriptor, offset: Int = 0) -> [UInt8] {
    let tensors = descriptor.tensors
    let input = operand(tensors.0.1, descriptor.inputType, seed: 1)
    let other = operand(tensors.1.1, descriptor.inputType, seed: 2)
    let place = UnsafeMutableRawBufferPointer.allocate(
      byteCount: offset + tensors.result.1 * descriptor.outputType.byteCount, alignment: 64)
    defer { place.deallocate() }
    let output = UnsafeMutableRawBufferPointer(rebasing: place[offset...])
    output.initializeMemory(as: UInt8.self, repeating: 0xFF)
    let status = input.withUnsafeBytes { input in
      other.withUnsafeBytes { other in
        var operands = ck_conv_operands()
        (operands.input, operands.weights, operands.output) = (input.baseAddress, other.baseAddress, output.baseAddress)
        return ck_conv_execute(plans, Int64(plans.count), &operands, nil)
      }
    }
    #expect(status == CK_OK)
    return Array(output)
  }

  /// Whole lines of output, or not, in every pass that has `direct` kernels; a strided gradient has several plans.
  static let direct: [(ConvolutionPass, ConvolutionShape)] = [
    (
      .forward,
      .init(batch: 2, inputChannels: 3, height: 9, width: 17, outputChannels: 64, kernel: Extent(3), padding: Padding(1))
    ),
    (.forward, .init(inputChannels: 6, height: 9, width: 17, outputChannels: 96, kernel: Extent(3), groups: 2)),
    (.forward, .init(inputChannels: 6, height: 9, width: 17, outputChannels: 80, kernel: Extent(3), groups: 2)),
    (.forward, .init(inputChannels: 5, height: 9, width: 17, outputChannels: 67, kernel: Extent(3))),
    (
      .backwardData,
      .init(
        inputChannels: 64, height: 8, width: 14, outputChannels: 7, kernel: Extent(3), stride: Extent(2), padding: Padding(1))
    ),
  ]

  @Test("The same bits whether the output is stored past the caches or not", arguments: LoopTests.instructionSets, direct.indices)
  func streams(isa: ISA, index: Int) throws {
    let (pass, shape) = Self.direct[index]
    var streaming = 0
    for type in [ElementType.float32, .bfloat16] {
      var descriptor = ConvolutionDescriptor(shape, layout: .nhwc, inputType: type, outputType: .float32)
      descriptor.pass = pass
      for variant in ["direct", "direct.packed", "direct.widened"] {
        descriptor.options.variant = variant
        guard var plans = try? Self.dispatch(isa).plans(descriptor, weightsAhead: false).plans else { continue }
        for offset in [0, 4] {
          for index in plans.indices { plans[index].gemm.streams_c = false }
          let expected = result(plans, descriptor, offset: offset)
          for index in plans.indices where plans[index].gemm.nr % 16 == 0 {
            plans[index].gemm.streams_c = true
            streaming += 1
          }
          for threads in [1, 3] as [Int32] {
            for index in plans.indices { plans[index].gemm.team.threads = threads }
            let isSame = result(plans, descriptor, offset: offset) == expected
            #expect(isSame, "\(variant), \(threads) threads, \(offset) bytes into a line")
          }
        }
      }
    }
    #expect(streaming > 0 || isa < .avx2)
  }

  @Test("The same bits however many panels are kept, of one group or of several", arguments: LoopTests.instructionSets)
  func keptPanels(isa: ISA) throws {
    // Of one image each panel meets all pixels in one task.
    for batch in [1, 3] { try keptPanels(isa, batch) }
  }

  private func keptPanels(_ isa: ISA, _ batch: Int) throws {
    let shape = ConvolutionShape(
      batch: batch, inputChannels: 15, height: 9, width: 17, outputChannels: 5 * 70, kernel: Extent(3), padding: Padding(1),
      groups: 5
    )
    for layout in ImageLayout.allCases {
      var descriptor = ConvolutionDescriptor(shape, layout: layout, inputType: .bfloat16, outputType: .bfloat16)
      for variant in ["direct.packed", "direct.widened"] {
        descriptor.options.variant = variant
        guard var plans = try? Self.dispatch(isa).plans(descriptor, weightsAhead: false).plans else { continue }
        let panels = (70 - 1) / Int64(plans[0].gemm.nr) + 1
        plans[0].kept_panels = panels
        let expected = result(plans, descriptor)
        for kept in [1, panels - 1, panels, panels + 1, 2 * panels + 1, 5 * panels] where kept > 0 {
          plans[0].kept_panels = kept
          for threads in [1, 3] as [Int32] {
            plans[0].gemm.team.threads = threads
            #expect(result(plans, descriptor) == expected, "\(variant), \(layout), \(kept) panels, \(threads) threads")
          }
        }
      }
    }
  }

  @Test("Outputs are stored past the caches where these would not keep them")
  func streamed() throws {
    func gemm(_ batch: Int, _ change: (inout ConvolutionDescriptor) -> Void = { _ in }) throws -> ck_gemm_plan {
      let shape = ConvolutionShape(
        batch: batch, inputChannels: 3, height: 32, width: 32, outputChannels: 64, kernel: Extent(3), padding: Padding(1))
      var descriptor = ConvolutionDescriptor(shape, layout: .nhwc)
      change(&descriptor)
      descriptor.options.allowsWinograd = false
      let plan = try #require(try Self.dispatch(.avx512).plans(descriptor, weightsAhead: false).plans.first)
      #expect(plan.driver == CK_CONV_DIRECT)
      return plan.gemm
    }
    #expect(try gemm(128).streams_c)
    #expect(try !gemm(16).streams_c)
    #expect(try !gemm(128) { $0.epilogue.hasBias = true }.streams_c)
    // bf16 isn't, but neither is it asked for before it is stored.
    for (batch, isFar) in [(256, true), (64, false)] {
      let narrow = try gemm(batch) { ($0.inputType, $0.outputType) = (.bfloat16, .bfloat16) }
      #expect(!narrow.streams_c && narrow.fetches_c != isFar)
    }
  }

  @Test("A tile takes no more pixels whose lines share a set than L1 has ways, where that binds")
  func sharedSets() throws {
    func rows(_ channels: Int, stride: Int, width: Int, _ machine: Microarchitecture) throws -> Int64 {
      let shape = ConvolutionShape(
        inputChannels: channels, height: width, width: width, outputChannels: 64, kernel: Extent(1), stride: Extent(stride))
      var descriptor = ConvolutionDescriptor(shape, layout: .nhwc)
      descriptor.options.variant = "direct.packed"
      let dispatch = Dispatch(
        isa: .avx512, threads: 1, l2: SyntheticMachine.l2, l3: SyntheticMachine.l3, microarchitecture: machine)
      let gemm = try #require(try dispatch.plans(descriptor, weightsAhead: false).plans.first).gemm
      return gemm.tile_rows + (gemm.taller_tiles > 0 ? 1 : 0)
    }
    let bound = Microarchitecture()
    // 4 KiB and more apart in one set, 2 KiB in two, others in many.
    for (channels, stride) in [(1024, 1), (512, 2), (2048, 1), (3072, 1)] {
      #expect(try rows(channels, stride: stride, width: 14 * stride, bound) == 7)
      for free in [Microarchitecture.zen5, .intel] { #expect(try rows(channels, stride: stride, width: 14 * stride, free) == 14) }
    }
    for (channels, stride) in [(512, 1), (1536, 1), (1008, 1), (256, 2)] {
      #expect(try rows(channels, stride: stride, width: 14 * stride, bound) == 14)
    }
    #expect(try rows(1024, stride: 1, width: 17, bound) == 6)
    // Of 16 depths a line is used up at once.
    #expect(try rows(16, stride: 64, width: 14 * 64, bound) == 14)
  }

  @Test("Columns of a kernel as large as its stride are channels, where they lie together")
  func folds() throws {
    func image(_ layout: ImageLayout, channels: Int, kernel: Extent, pass: ConvolutionPass, width: Int = 24) throws -> [ck_image]
    {
      let shape = ConvolutionShape(
        inputChannels: channels, height: 24, width: width, outputChannels: 32, kernel: kernel, stride: kernel)
      var descriptor = ConvolutionDescriptor(shape, layout: layout)
      descriptor.pass = pass
      return try Self.dispatch(.avx512).plans(descriptor, weightsAhead: false).plans.map(\.image)
    }
    for pass in [ConvolutionPass.forward, .backwardWeights] {
      let last = try image(.nhwc, channels: 3, kernel: Extent(4), pass: pass)
      #expect(last.map(\.channels) == [12] && last.map(\.kernel_columns) == [1] && last.map(\.kernel_rows) == [4])
      let first = try image(.nchw, channels: 3, kernel: Extent(4), pass: pass)
      #expect(first.allSatisfy { $0.channels == 4 && $0.kernel_columns == 1 })
      #expect(first.reduce(0) { $0 + $1.kernel_slices } == 3)
      // More channels than columns; columns beyond the last patch.
      #expect(try image(.nchw, channels: 4, kernel: Extent(4), pass: pass).map(\.channels) == [4])
      #expect(try image(.nhwc, channels: 3, kernel: Extent(4), pass: pass, width: 25).map(\.channels) == [3])
    }
    // One row of patches after another: a product.
    #expect(try image(.nhwc, channels: 3, kernel: Extent(height: 1, width: 4), pass: .forward).map(\.kernel_rows) == [1])
  }

  @Test("Threads take whole products where there are enough, with the same bits", arguments: LoopTests.instructionSets)
  func apart(isa: ISA) throws {
    for (shape, variant) in [
      (
        ConvolutionShape(batch: 6, inputChannels: 3, height: 9, width: 11, outputChannels: 33, kernel: Extent(3)),
        "implicit-gemm.packed"
      ),
      (
        .init(batch: 6, inputChannels: 5, height: 9, width: 11, outputChannels: 17, kernel: Extent(3), stride: Extent(2)),
        "implicit-gemm.packed"
      ),
      (.init(batch: 4, inputChannels: 40, height: 9, width: 11, outputChannels: 36, kernel: Extent(1), groups: 2), "pointwise"),
    ] {
      var descriptor = ConvolutionDescriptor(shape, layout: .nchw)
      (descriptor.options.variant, descriptor.options.keepsThreads) = (variant, true)
      let alone = try Self.dispatch(isa).plans(descriptor, weightsAhead: false).plans
      let expected = result(alone, descriptor)
      let shared = try Self.dispatch(isa, threads: 2).plans(descriptor, weightsAhead: false).plans
      #expect(shared.allSatisfy { $0.products_team.threads == 2 && $0.gemm.team.threads == 1 })
      #expect(alone.allSatisfy { $0.products_team.threads == 1 })
      let isSame = result(shared, descriptor) == expected
      #expect(isSame, "\(variant)")
      // Four threads have not enough of one image's.
      descriptor.shape.batch = 1
      let few = try Self.dispatch(isa, threads: 4).plans(descriptor, weightsAhead: false).plans
      #expect(few.allSatisfy { $0.products_team.threads == 1 && $0.gemm.team.threads == 4 })
    }
  }

  @Test("Threads take whole groups of Winograd's gradient where they come out even", arguments: LoopTests.instructionSets)
  func groups(isa: ISA) throws {
    let shape = ConvolutionShape(
      batch: 2, inputChannels: 96, height: 13, width: 17, outputChannels: 66, kernel: Extent(3), padding: Padding(1), groups: 6)
    for type in [ElementType.float32, .bfloat16] {
      var descriptor = ConvolutionDescriptor(shape, layout: .nhwc, inputType: type, outputType: type)
      descriptor.pass = .backwardWeights
      (descriptor.options.variant, descriptor.options.keepsThreads) = ("weights.winograd.2x2", true)
      let expected = result(try Self.dispatch(isa).plans(descriptor, weightsAhead: false).plans, descriptor)
      for (threads, isApart) in [(2, true), (3, true), (4, false), (16, false)] {
        let plans = try Self.dispatch(isa, threads: threads).plans(descriptor, weightsAhead: false).plans
        #expect(plans.allSatisfy { $0.groups_apart == isApart })
        let isSame = result(plans, descriptor) == expected
        #expect(isSame, "\(threads) threads")
      }
    }
  }

  @Test("Few weights are summed in parts of the bands, the same for any number of threads", arguments: LoopTests.instructionSets)
  func bandParts(isa: ISA) throws {
    for (shape, isParted) in [
      (ConvolutionShape(inputChannels: 3, height: 66, width: 67, outputChannels: 32, kernel: Extent(3), stride: Extent(2)), true),
      (
        .init(batch: 9, inputChannels: 1, height: 28, width: 28, outputChannels: 33, kernel: Extent(3), padding: Padding(1)), true
      ),
      (.init(inputChannels: 24, height: 28, width: 28, outputChannels: 50, kernel: Extent(1)), true),
      (.init(batch: 3, inputChannels: 20, height: 14, width: 14, outputChannels: 24, kernel: Extent(3), groups: 2), true),
      (.init(batch: 2, inputChannels: 256, height: 7, width: 7, outputChannels: 320, kernel: Extent(1)), false),
    ] {
      for layout in ImageLayout.allCases {
        for type in [ElementType.float32, .bfloat16] {
          var descriptor = ConvolutionDescriptor(shape, layout: layout, inputType: type, outputType: type)
          descriptor.pass = .backwardWeights
          (descriptor.options.allowsWinograd, descriptor.options.keepsThreads) = (false, true)
          let plans = try Self.dispatch(isa).plans(descriptor, weightsAhead: false).plans
          #expect(plans.allSatisfy { ($0.band_parts > 1) == isParted })
          let expected = result(plans, descriptor)
          for threads in [2, 3, 7, 16] {
            let shared = try Self.dispatch(isa, threads: threads).plans(descriptor, weightsAhead: false).plans
            #expect(zip(shared, plans).allSatisfy { $0.band_parts == $1.band_parts })
            let isSame = result(shared, descriptor) == expected
            #expect(isSame, "\(shape), \(threads) threads")
          }
        }
      }
    }
  }
}

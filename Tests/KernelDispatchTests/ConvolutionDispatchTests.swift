import KernelDispatch
import Tensors
import Testing

@Suite("Dispatch of convolutions")
struct ConvolutionDispatchTests {
  static let threeByThree = ConvolutionShape(
    inputChannels: 64, height: 56, width: 56, outputChannels: 64, kernel: Extent(3), padding: Padding(1))
  static let oneByOne = ConvolutionShape(inputChannels: 64, height: 56, width: 56, outputChannels: 256, kernel: Extent(1))
  static let depthwise = ConvolutionShape(
    inputChannels: 96, height: 56, width: 56, outputChannels: 96, kernel: Extent(3), padding: Padding(1), groups: 96)

  static func descriptor(
    _ shape: ConvolutionShape, _ layout: ImageLayout = .nhwc, _ change: (inout ConvolutionDescriptor) -> Void = { _ in }
  ) -> ConvolutionDescriptor {
    var descriptor = ConvolutionDescriptor(shape, layout: layout)
    change(&descriptor)
    return descriptor
  }

  @Test("What has one best algorithm gets it", arguments: ISA.allCases, ImageLayout.allCases)
  func algorithms(isa: ISA, layout: ImageLayout) throws {
    let dispatch = SyntheticMachine.dispatch(isa)
    #expect(try dispatch.select(Self.descriptor(Self.depthwise, layout)).variant == "depthwise")
    #expect(try dispatch.select(Self.descriptor(Self.oneByOne, layout)).isa <= isa)
    let variant = try dispatch.select(Self.descriptor(Self.threeByThree, layout)).variant
    #expect(variant.hasPrefix("winograd"))
    let plain = try dispatch.select(Self.descriptor(Self.threeByThree, layout) { $0.options.allowsWinograd = false }).variant
    #expect(plain.hasPrefix("direct") || plain.hasPrefix("implicit-gemm"))
  }

  @Test("The choice and its micro-kernel do not depend on threads or caches", arguments: ISA.allCases)
  func independence(isa: ISA) throws {
    for shape in [Self.threeByThree, Self.oneByOne, Self.depthwise] {
      for layout in ImageLayout.allCases {
        var expected = try SyntheticMachine.dispatch(isa).select(Self.descriptor(shape, layout))
        for threads in [2, 16] {
          let small = Dispatch(isa: isa, threads: threads, l2: SyntheticMachine.smallL2, l3: SyntheticMachine.unknown)
          let found = try small.select(Self.descriptor(shape, layout))
          expected.threads = found.threads
          #expect(found == expected)
        }
      }
    }
  }

  @Test("By tile registers 1x1 layers are a product of all pixels", arguments: [1, 16])
  func productOfPixels(batch: Int) throws {
    let dispatch = Dispatch(
      isa: .amx, threads: 1, l2: SyntheticMachine.l2, l3: SyntheticMachine.l3, microarchitecture: .intel)
    for (input, size, output) in [(32, 112, 16), (64, 56, 256), (512, 28, 128), (256, 14, 1024), (2048, 7, 512)] {
      let shape = ConvolutionShape(
        batch: batch, inputChannels: input, height: size, width: size, outputChannels: output, kernel: Extent(1))
      for pass in [ConvolutionPass.forward, .backwardData] {
        var descriptor = ConvolutionDescriptor(shape, layout: .nhwc, inputType: .bfloat16, outputType: .bfloat16)
        descriptor.pass = pass
        #expect(try dispatch.select(descriptor).variant == "pointwise", "\(input) into \(output) at \(size)")
      }
    }
  }

  @Test("The gradient of 1x1 weights is a product over all pixels where they are many for Intel's processors, else by name")
  func gradientOfPixels() throws {
    func variant(_ input: Int, _ size: Int, _ output: Int, _ layout: ImageLayout, _ machine: Microarchitecture) throws -> String {
      let shape = ConvolutionShape(
        batch: layout == .nhwc ? 16 : 1, inputChannels: input, height: size, width: size, outputChannels: output,
        kernel: Extent(1))
      var descriptor = ConvolutionDescriptor(shape, layout: layout)
      descriptor.pass = .backwardWeights
      return try Dispatch(
        isa: .avx512, threads: 1, l2: SyntheticMachine.l2, l3: SyntheticMachine.l3, microarchitecture: machine
      ).select(descriptor).variant
    }
    for (input, size, output, layout) in [
      (512, 28, 128, ImageLayout.nhwc), (64, 56, 256, .nhwc), (2048, 7, 512, .nhwc), (64, 56, 256, .nchw), (1024, 14, 256, .nchw),
    ] {
      #expect(try variant(input, size, output, layout, .intel) == "weights.pointwise")
      #expect(try variant(input, size, output, layout, .zen5) != "weights.pointwise")
    }
    // Of more input than output channels the gradient is written across.
    for (input, output, isTurned) in [(256, 64, true), (64, 256, false)] {
      let shape = ConvolutionShape(inputChannels: input, height: 56, width: 56, outputChannels: output, kernel: Extent(1))
      var descriptor = ConvolutionDescriptor(shape, layout: .nhwc)
      (descriptor.pass, descriptor.options.variant) = (.backwardWeights, "weights.pointwise")
      let dispatch = Dispatch(
        isa: .avx512, threads: 1, l2: SyntheticMachine.l2, l3: SyntheticMachine.l3, microarchitecture: .intel)
      let plan = try #require(try dispatch.plans(descriptor, weightsAhead: false).plans.first)
      #expect(plan.gemm.swapped == isTurned)
    }
    #expect(try variant(32, 112, 16, .nhwc, .intel) != "weights.pointwise")
    #expect(try variant(256, 56, 64, .nchw, .intel) != "weights.pointwise")
  }

  @Test(
    "Patches are written out for tile registers where pixels are apart, or few rows pack weights, of fp32 for such gradients of weights"
  )
  func writtenPatches() throws {
    func writes(
      _ batch: Int, _ input: Int, _ size: Int, _ output: Int, kernel: Int = 3, stride: Int = 1, type: ElementType = .bfloat16,
      pass: ConvolutionPass = .forward, isa: ISA = .amx, layout: ImageLayout = .nhwc, by machine: Microarchitecture = .intel
    ) throws -> Bool {
      let shape = ConvolutionShape(
        batch: batch, inputChannels: input, height: size, width: size, outputChannels: output, kernel: Extent(kernel),
        stride: Extent(stride), padding: Padding(kernel / 2))
      var descriptor = ConvolutionDescriptor(shape, layout: layout, inputType: type, outputType: type)
      descriptor.pass = pass
      let dispatch = Dispatch(
        isa: isa, threads: 1, l2: SyntheticMachine.l2, l3: SyntheticMachine.l3, microarchitecture: machine)
      return try dispatch.select(descriptor).variant.contains("im2col")
    }
    for (batch, size, kernel, stride) in [(16, 14, 3, 2), (1, 14, 1, 2), (16, 28, 1, 2)] {
      #expect(try writes(batch, 512, size, 512, kernel: kernel, stride: stride))
    }
    // Of several images short rows are joined.
    #expect(try writes(1, 512, 7, 512) && !writes(16, 512, 7, 512))
    #expect(try !writes(1, 256, 14, 256) && !writes(1, 128, 28, 128) && !writes(1, 512, 7, 512, layout: .nchw))
    // A 1x1 kernel over all pixels is a product of the image.
    #expect(try !writes(1, 512, 7, 512, kernel: 1))
    let pass = ConvolutionPass.backwardWeights
    #expect(try writes(1, 512, 14, 512, pass: pass) && writes(1, 512, 28, 512, pass: pass))
    #expect(try writes(16, 1024, 14, 2048, kernel: 1, stride: 2, pass: pass))
    #expect(try !writes(1, 128, 28, 128, pass: pass) && !writes(1, 64, 56, 64, pass: pass))
    for machine in [Microarchitecture.intel, .zen5] {
      let isIntel = machine == .intel
      #expect(
        try writes(1, 512, 28, 1024, kernel: 1, stride: 2, type: .float32, pass: pass, isa: .avx512, by: machine) == isIntel)
      #expect(try writes(1, 512, 14, 512, stride: 2, type: .float32, pass: pass, isa: .avx512, by: machine) == isIntel)
    }
    #expect(try !writes(1, 192, 17, 192, type: .float32, pass: pass, isa: .avx512))
  }

  @Test("Explain has every candidate once, the chosen one first and alone, and a reason for each that can't serve")
  func explained() throws {
    let dispatch = SyntheticMachine.dispatch(.avx512)
    for shape in [Self.threeByThree, Self.oneByOne, Self.depthwise] {
      let descriptor = Self.descriptor(shape)
      let candidates = try dispatch.explain(descriptor)
      let names = candidates.map { "\($0.variant.name) \($0.product ?? "") \($0.microkernel)" }
      #expect(Set(names).count == names.count)
      guard case .chosen(let selection, _) = candidates.first?.outcome else {
        Issue.record("nothing chosen")
        continue
      }
      #expect(try selection == dispatch.select(descriptor))
      let chosen = candidates.filter { if case .chosen = $0.outcome { true } else { false } }
      #expect(chosen.count == 1, "\(names)")
      #expect(Set(candidates.map(\.variant.name)).count == ConvolutionVariant.all.count)
    }
  }

  private func rejections(_ descriptor: ConvolutionDescriptor, of variant: String, _ isa: ISA = .avx512) throws -> Set<Rejection>
  {
    let candidates = try SyntheticMachine.dispatch(isa).explain(descriptor)
    return Set(
      candidates.filter { $0.variant.name == variant }.compactMap {
        if case .rejected(let reason) = $0.outcome { reason } else { nil }
      })
  }

  @Test("Rejections name the reason")
  func rejections() throws {
    #expect(try rejections(Self.descriptor(Self.threeByThree), of: "pointwise").contains(.layout(.pointwise)))
    #expect(try rejections(Self.descriptor(Self.threeByThree), of: "depthwise").contains(.layout(.depthwise)))
    let nchw = Self.descriptor(Self.threeByThree, .nchw)
    #expect(try rejections(nchw, of: "direct").contains(.layout(.unitChannelStrideOfWeights)))
    #expect(try rejections(Self.descriptor(Self.threeByThree), of: "implicit-gemm.packed").contains(.layout(.imagePacked)))
    #expect(try rejections(Self.descriptor(Self.threeByThree), of: "direct.widened").contains(.types))
    #expect(
      try rejections(Self.descriptor(Self.threeByThree), of: "direct", .avx2).contains(.isaMissing(needs: .avx512, has: .avx2)))
    let capped = Self.descriptor(Self.threeByThree) { $0.options.maxISA = .sse2 }
    #expect(try rejections(capped, of: "direct").contains(.isaCapped(needs: .avx512, cap: .sse2)))
    let unpacked = Self.descriptor(Self.threeByThree) { $0.options.without = .packing }
    #expect(try rejections(unpacked, of: "direct.packed").contains(.techniqueOff(.packing)))
    #expect(try SyntheticMachine.dispatch(.avx512).select(unpacked).variant == "direct")
  }

  @Test("The environment's variant is forced where it names one of convolution, and left alone where it does not")
  func overrides() throws {
    var overrides = try Overrides(environment: ["HEADROOM_VARIANT": "implicit-gemm.packed"])
    let forced = SyntheticMachine.dispatch(.avx512, overrides: overrides)
    #expect(try forced.select(Self.descriptor(Self.threeByThree)).variant == "implicit-gemm.packed")
    #expect(try forced.select(GEMMDescriptor(m: 8, n: 8, k: 8)).variant == "outer.direct")
    overrides = try Overrides(environment: ["HEADROOM_VARIANT": "outer.packed"])
    let product = SyntheticMachine.dispatch(.avx512, overrides: overrides)
    #expect(try product.select(Self.descriptor(Self.threeByThree) { $0.options.allowsWinograd = false }).variant == "direct")
  }

  @Test("Without Winograd's algorithm, by the environment: only when it is asked for by name")
  func withoutWinograd() throws {
    let dispatch = SyntheticMachine.dispatch(.avx512, overrides: try Overrides(environment: ["HEADROOM_WINOGRAD": "0"]))
    for pass in ConvolutionPass.allCases {
      var descriptor = Self.descriptor(Self.threeByThree) { $0.pass = pass }
      #expect(try SyntheticMachine.dispatch(.avx512).select(descriptor).variant.contains("winograd"))
      #expect(try !dispatch.select(descriptor).variant.contains("winograd"))
      descriptor.options.variant = pass == .backwardWeights ? "weights.winograd.4x4" : "winograd.4x4"
      #expect(try dispatch.select(descriptor).variant == descriptor.options.variant)
    }
  }

  @Test("Techniques that are off are not used")
  func techniques() throws {
    let dispatch = SyntheticMachine.dispatch(.avx512, threads: 2)
    let scalar = try dispatch.select(Self.descriptor(Self.threeByThree) { $0.options.without = .simd })
    #expect(scalar.isa == .scalar)
    let narrow = try dispatch.select(Self.descriptor(Self.threeByThree) { $0.options.without = .registerTile })
    #expect(narrow.microkernel == "outer_f32_1x16_avx512")
    let single = try dispatch.select(Self.descriptor(Self.threeByThree) { $0.options.without = .threads })
    #expect(single.threads == 1)
    #expect(try dispatch.select(Self.descriptor(Self.threeByThree)).threads == 2)
  }
}

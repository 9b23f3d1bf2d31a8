import CKernels
import KernelDispatch
import Tensors
import Testing

@Suite("Which vectors of channels of a depthwise convolution go abreast, and what their tiles ask for")
struct DepthwiseAbreastTests {
  @Test(
    "Tiles ask for the rows below where vectors share a line, out of memory; of whole lines on Intel's processors for outputs, beyond L2"
  )
  func asks() throws {
    func plan(_ batch: Int, _ type: ElementType, _ isa: ISA, kernel: Int = 3, by dispatch: Dispatch? = nil) throws -> ck_conv_plan
    {
      let shape = ConvolutionShape(
        batch: batch, inputChannels: 144, height: 56, width: 56, outputChannels: 144, kernel: Extent(kernel),
        padding: Padding(kernel / 2), groups: 144)
      var descriptor = ConvolutionDescriptor(shape, layout: .nhwc, inputType: type, outputType: type)
      descriptor.options.keepsThreads = true
      return try #require(
        try (dispatch ?? SyntheticMachine.dispatch(isa, threads: 1)).plans(descriptor, weightsAhead: false).plans.first)
    }
    for (type, isa) in [(ElementType.bfloat16, ISA.avx512), (.float32, .avx2), (.bfloat16, .avx2)] {
      let (far, near) = (try plan(16, type, isa), try plan(1, type, isa))
      #expect(far.driver == CK_CONV_DEPTHWISE && far.gemm.fetches && far.gemm.fetches_c && far.band_rows == 2)
      #expect(!near.gemm.fetches)
      // Of rows of 7 taps tiles don't ask.
      #expect(try !plan(16, type, isa, kernel: 7).gemm.fetches)
    }
    // Whole lines hardware asks for, but for those that are stored.
    let whole = try plan(16, .float32, .avx512)
    #expect(!whole.gemm.fetches && !whole.gemm.fetches_c && whole.vectors_abreast == 1)
    for (threads, beyondL2) in [(1, true), (4, false)] {
      let intel = Dispatch(
        isa: .avx512, threads: threads, l2: SyntheticMachine.l2, l3: SyntheticMachine.l3, microarchitecture: .intel)
      let plan = try plan(1, .float32, .avx512, by: intel)
      #expect(!plan.gemm.fetches && plan.gemm.fetches_c == beyondL2 && plan.vectors_abreast > 1)
      #expect(beyondL2 == (plan.band_rows == 2))
    }
  }

  @Test("Vectors of channels go abreast where bytes decide, those of gradients of weights alike on any number of threads")
  func abreast() throws {
    func plan(
      _ channels: Int, _ height: Int, stride: Int = 1, kernel: Int = 3, type: ElementType = .float32,
      pass: ConvolutionPass = .forward, isa: ISA = .avx512, threads: Int = 1, by microarchitecture: Microarchitecture = .intel
    ) throws -> ck_conv_plan {
      let shape = ConvolutionShape(
        inputChannels: channels, height: height, width: height, outputChannels: channels, kernel: Extent(kernel),
        stride: Extent(stride), padding: Padding(kernel / 2), groups: channels)
      var descriptor = ConvolutionDescriptor(shape, layout: .nhwc, inputType: type, outputType: type)
      descriptor.pass = pass
      descriptor.options.keepsThreads = true
      let dispatch = Dispatch(
        isa: isa, threads: threads, l2: SyntheticMachine.l2, l3: SyntheticMachine.l3, microarchitecture: microarchitecture)
      return try #require(try dispatch.plans(descriptor, weightsAhead: false).plans.first)
    }
    #expect(try plan(384, 14).vectors_abreast > 1)
    #expect(try plan(384, 14, by: .zen5).vectors_abreast == 1)
    #expect(try plan(384, 14, isa: .avx2, by: .zen5).vectors_abreast > 1)
    #expect(try plan(384, 14, type: .bfloat16).vectors_abreast == 1)
    // More taps, whose multiply-adds decide, and a vector of them that takes more of L1.
    #expect(try plan(96, 28, kernel: 5).vectors_abreast == 1)
    #expect(try plan(240, 112, kernel: 5).vectors_abreast < plan(240, 112).vectors_abreast)
    // One vector, or less.
    #expect(try plan(16, 112).vectors_abreast == 1)
    for threads in [1, 2, 4] {
      let gradients = try [(32, 112, 1), (576, 14, 2), (384, 14, 1), (144, 56, 1)].map { channels, height, stride in
        try plan(channels, height, stride: stride, pass: .backwardWeights, threads: threads).vectors_abreast > 1
      }
      #expect(gradients == [true, true, false, false])
    }
  }
}

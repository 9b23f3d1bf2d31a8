import CKernels
import KernelDispatch
import Tensors
import Testing

@Suite("What is stored past the caches")
struct StoresPastCachesTests {
  /// Emerald Rapids as a virtual machine sees it.
  private func server(_ isa: ISA, threads: Int = 1, l3: Int = 300 << 20) -> Dispatch {
    Dispatch(
      isa: isa, threads: threads, l2: SyntheticMachine.l2, l3: Cache(bytes: l3, ways: 15, lineBytes: 64, sharedBy: 64),
      microarchitecture: .intel)
  }

  @Test("C is stored past the caches where they would not keep it, and it is written once")
  func streamed() throws {
    func streams(_ line: String, by isa: ISA = .avx512, _ change: (inout GEMMDescriptor) -> Void = { _ in }) throws -> Bool {
      var descriptor = try #require(GEMMDescriptor(line: line))
      change(&descriptor)
      return try SyntheticMachine.dispatch(isa).plan(descriptor).plan.streams_c
    }
    #expect(try streams("100000x32x32 f32"))
    #expect(try streams("100000x32x16 f32"))
    #expect(try !streams("100000x32x8 f32"))
    #expect(try !streams("50000x32x32 f32"))
    #expect(try streams("64x100000x64 f32"))
    #expect(try !streams("2048x2048x2048 f32"))
    #expect(try !streams("100000x32x32 f32") { $0.beta = 1 })
    #expect(try !streams("100000x32x32 f32") { $0.epilogue.activation = .relu })
    #expect(try !streams("100000x64x16 bf16"))
    // Tiles of a half line, and kernels that can't.
    #expect(try !streams("100000x32x32 f32", by: .sse2))
    #expect(try !streams("100000x32x32:nt f32") { $0.options.variant = "dot.direct" })
  }

  @Test("Intel's servers are counted on for 32 MiB, past which go short rows of C, and of long ones few")
  func sharedLastLevel() throws {
    func plan(_ line: String, by isa: ISA = .avx512, threads: Int = 1, l3: Int = 300 << 20) throws -> ck_gemm_plan {
      var descriptor = try #require(GEMMDescriptor(line: line))
      descriptor.options.keepsThreads = true
      return try server(isa, threads: threads, l3: l3).plan(descriptor).plan
    }
    #expect(try plan("44000x64x32 f32").streams_c)
    #expect(try !plan("43000x64x32 f32").streams_c)
    #expect(try !plan("44000x64x32 f32", threads: 2).streams_c)
    #expect(try plan("44000x64x64 f32", threads: 2).streams_c)
    #expect(try plan("8192x512x16 f32").streams_c)
    #expect(try !plan("8192x528x16 f32").streams_c)
    #expect(try plan("64x100000x64 f32").streams_c)
    #expect(try !plan("64x32768x64 f32").streams_c)
    #expect(try !plan("65x100000x64 f32").streams_c)
    #expect(try plan("64x64x64 f32").far_bytes == 16 << 20)
    // By tile registers too, but not rounded.
    let matrix = try plan("100000x64x64 bf16f32", by: .amx)
    #expect(matrix.in_tiles && matrix.streams_c)
    #expect(try !plan("100000x64x64 bf16", by: .amx).streams_c)
    // A last level of one's own keeps long rows no better than short ones.
    #expect(try plan("8192x528x16 f32", l3: 32 << 20).streams_c)
  }

  @Test("Images beyond 32 MiB are too, and asked for up to the whole last level; patches, which are read at once, are not")
  func images() throws {
    func gemm(
      _ width: Int, _ pass: ConvolutionPass, from input: ElementType = .float32, to output: ElementType = .float32
    ) throws -> ck_gemm_plan {
      let isForward = pass == .forward
      let shape = ConvolutionShape(
        inputChannels: 64, height: width, width: width, outputChannels: 64, kernel: Extent(isForward ? 3 : 2),
        stride: Extent(isForward ? 1 : 2), padding: Padding(isForward ? 1 : 0))
      var descriptor = ConvolutionDescriptor(shape, layout: .nhwc, inputType: input, outputType: output)
      descriptor.pass = pass
      descriptor.options.variant = isForward ? "direct.packed" : "patches"
      return try #require(try server(.amx).plans(descriptor, weightsAhead: false).plans.first).gemm
    }
    #expect(try gemm(224, .forward).streams_c)
    #expect(try gemm(224, .forward).fetches_c)
    #expect(try !gemm(192, .forward).streams_c)
    // By tile registers, which are over too soon, not within half of L2.
    #expect(try !gemm(24, .forward, from: .bfloat16, to: .bfloat16).fetches_c)
    #expect(try gemm(64, .forward, from: .bfloat16, to: .bfloat16).fetches_c)
    #expect(try gemm(24, .forward).fetches_c)
    #expect(try !gemm(224, .forward, from: .bfloat16, to: .bfloat16).streams_c)
    let matrix = try gemm(256, .forward, from: .bfloat16)
    #expect(matrix.in_tiles && matrix.streams_c)
    #expect(try !gemm(224, .backwardData).streams_c)
  }

  @Test("Of a C without elements the strides say nothing, whatever they are")
  func noElements() throws {
    for dispatch in [SyntheticMachine.dispatch(.avx512), server(.avx512)] {
      for (m, n, k) in [(0, 5, 3), (5, 0, 3), (0, 1 << 24, 8)] {
        let c = MatrixLayout(rows: m, columns: n, rowStride: .max, columnStride: 1)
        let descriptor = GEMMDescriptor(a: .rowMajor(rows: m, columns: k), b: .rowMajor(rows: k, columns: n), c: c)
        #expect(try dispatch.plan(descriptor).plan.driver == CK_DRIVER_EMPTY)
      }
    }
  }
}

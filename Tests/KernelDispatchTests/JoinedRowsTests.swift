import CKernels
import KernelDispatch
import Tensors
import Testing

extension ConvolutionLoopTests {
  private func square(
    _ channels: Int, _ size: Int, batch: Int = 1, kernel: Extent = Extent(3), padding: Padding = Padding(1), stride: Int = 1
  ) -> ConvolutionShape {
    ConvolutionShape(
      batch: batch, inputChannels: channels, height: size, width: size, outputChannels: channels, kernel: kernel,
      stride: Extent(stride), padding: padding)
  }

  private func plan(_ shape: ConvolutionShape, _ isa: ISA, threads: Int = 1) throws -> ck_conv_plan {
    var descriptor = ConvolutionDescriptor(shape, layout: .nhwc, inputType: .bfloat16, outputType: .bfloat16)
    (descriptor.options.variant, descriptor.options.keepsThreads) = ("direct.packed", true)
    return try #require(try Self.dispatch(isa, threads: threads).plans(descriptor, weightsAhead: false).plans.first)
  }

  @Test(
    "Rows of pixels are joined where they fill tile registers badly",
    .enabled(if: LoopTests.instructionSets.contains(.amx)))
  func joined() throws {
    let seven = Padding(top: 0, bottom: 0, left: 3, right: 3)
    for (shape, isJoined) in [
      (square(512, 7), true), (square(256, 8), true), (square(256, 33), true), (square(160, 17), true),
      (square(192, 17, kernel: Extent(height: 1, width: 7), padding: seven), true),
      // Registers are full, or nearly; sums are soon at their end; nothing is padded; pixels are not adjacent.
      (square(256, 14), false), (square(256, 28), false), (square(256, 32), false), (square(256, 12), false),
      (square(16, 7), false), (square(256, 9, padding: Padding(0)), false), (square(256, 15, stride: 2), false),
    ] {
      let plan = try plan(shape, .amx)
      #expect(plan.joins_rows == isJoined && (!isJoined || !plan.pairs_rows), "\(shape)")
      let vectors = try self.plan(shape, .avx512bf16)
      #expect(!vectors.joins_rows)
    }
  }

  @Test(
    "A panel that leaves L2 between two images meets several, so many that every thread has some",
    .enabled(if: LoopTests.instructionSets.contains(.amx)))
  func imagesAtOnce() throws {
    // Weights of 4.5 MiB, beside an L2 of 1 MiB, a quarter of which has room for 3 images.
    for (batch, threads, images) in [(16, 1, 3), (16, 8, 2), (16, 16, 1), (2, 1, 2), (1, 1, 1)] {
      #expect(try plan(square(512, 7, batch: batch), .amx, threads: threads).band_images == Int64(images))
    }
    #expect(try plan(square(128, 7, batch: 16), .amx).band_images == 1)
    #expect(try plan(square(512, 7, batch: 16), .avx512bf16).band_images == 1)
  }

  @Test("The same bits however many rows and images are a band, joined or not", arguments: LoopTests.instructionSets)
  func bands(isa: ISA) throws {
    for (size, channels) in [(7, 64), (9, 72), (33, 40)] {
      let shape = square(channels, size, batch: 5)
      let descriptor = ConvolutionDescriptor(shape, layout: .nhwc, inputType: .bfloat16, outputType: .bfloat16)
      guard var plan = try? plan(shape, isa) else { continue }
      let expected = result([plan], descriptor)
      for (rows, images) in [(size, 2), (size, 3), (size, 5), (size, 7), (1, 1), (2, 1), (size - 1, 1)] {
        (plan.band_rows, plan.band_images) = (Int64(rows), Int64(images))
        for threads in [1, 3] as [Int32] {
          plan.gemm.team.threads = threads
          let isSame = result([plan], descriptor) == expected
          #expect(isSame, "\(size), \(rows) rows, \(images) images, \(threads) threads")
        }
      }
    }
  }
}

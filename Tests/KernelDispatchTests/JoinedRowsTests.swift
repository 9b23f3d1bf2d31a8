import CKernels
import KernelDispatch
import Tensors
import TestSupport
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

  @Test("Rows of pixels are joined where they fill tile registers badly")
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

  @Test("A panel that leaves L2 between two images meets several, so many that every thread has some")
  func imagesAtOnce() throws {
    // Weights of 4.5 MiB, beside an L2 of 1 MiB, a quarter of which has room for 3 images.
    for (batch, threads, images) in [(16, 1, 3), (16, 8, 2), (16, 16, 1), (2, 1, 2), (1, 1, 1)] {
      #expect(try plan(square(512, 7, batch: batch), .amx, threads: threads).band_images == Int64(images))
    }
    #expect(try plan(square(128, 7, batch: 16), .amx).band_images == 1)
    #expect(try plan(square(512, 7, batch: 16), .avx512bf16).band_images == 1)
  }

  @Test("Shapes that tests of joined rows run are joined")
  func joinedShapes() throws {
    for shape in ConvolutionShape.joined {
      for layout in ImageLayout.allCases {
        for output in [ElementType.float32, .bfloat16] {
          var descriptor = ConvolutionDescriptor(shape, layout: layout, inputType: .bfloat16, outputType: output)
          (descriptor.options.variant, descriptor.options.keepsThreads) = ("direct.packed", true)
          // Whatever the threads and the caches are.
          for (threads, l2) in [(1, SyntheticMachine.l2), (5, SyntheticMachine.l2), (16, SyntheticMachine.smallL2)] {
            let dispatch = Dispatch(isa: .amx, threads: threads, l2: l2, l3: SyntheticMachine.l3)
            let plans = try dispatch.plans(descriptor, weightsAhead: false).plans
            let areJoined = !plans.isEmpty && plans.allSatisfy { $0.joins_rows }
            #expect(areJoined, "\(shape), \(threads) threads")
          }
        }
      }
    }
  }

  @Test("Bands of joined rows are even, many enough for the threads, and of several rows")
  func joinedBands() throws {
    // 5 panels; images that are more than L2 wants of them; panels enough for all threads.
    for (channels, size, threads, rows) in [
      (160, 17, 1, 17), (160, 17, 8, 5), (256, 33, 1, 11), (512, 7, 2, 7), (512, 7, 8, 7), (96, 7, 16, 4),
    ] {
      let plan = try plan(square(channels, size), .amx, threads: threads)
      #expect(plan.joins_rows && plan.band_rows == Int64(rows), "\(channels) at \(size), \(threads) threads: \(plan.band_rows)")
    }
  }

  /// Which tile registers don't join unasked: dilated and of groups, of volumes, of an odd number of channels; with crops for padding, of a gradient
  /// whose outputs lie beyond the image.
  static let shapes: [(ConvolutionPass, ConvolutionShape)] = [
    (
      .forward,
      .init(batch: 2, inputChannels: 3, height: 5, width: 9, outputChannels: 7, kernel: Extent(3), padding: Padding(1))
    ),
    (
      .forward,
      .init(
        inputChannels: 72, height: 12, width: 12, outputChannels: 34, kernel: Extent(3), padding: Padding(2), dilation: Extent(2),
        groups: 2)
    ),
    (
      .forward,
      .init(
        inputChannels: 33, depth: 2, height: 6, width: 12, outputChannels: 35, kernel: Extent(depth: 2, height: 3, width: 3),
        padding: Padding(1))
    ),
    (
      .backwardData,
      .init(batch: 2, inputChannels: 48, height: 9, width: 12, outputChannels: 36, kernel: Extent(3), padding: Padding(1))
    ),
    (.backwardData, .init(inputChannels: 20, height: 6, width: 7, outputChannels: 33, kernel: Extent(3), padding: Padding(3))),
    (
      .backwardData,
      .init(
        inputChannels: 9, height: 9, width: 7, outputChannels: 40, kernel: Extent(2),
        padding: Padding(top: 2, bottom: 0, left: 0, right: 2))
    ),
  ]

  /// Joined as dispatch does, by any kernels; `nil` where rows are not copied, or are joined already.
  private func joined(_ plan: ck_conv_plan) -> ck_conv_plan? {
    guard plan.copy_input, !plan.joins_rows, plan.image.stride_h == 1, plan.image.stride_w == 1 else { return nil }
    var plan = plan
    (plan.joins_rows, plan.pairs_rows, plan.gemm.accumulate) = (true, false, true)
    (plan.gemm.tile.narrow, plan.gemm.tile.stores_late, plan.gemm.streams_c) = (
      plan.turns_sums && plan.gemm.tile.narrow, false, false
    )
    return plan
  }

  @Test("The same bits of joined rows as of rows apart, by all kernels", arguments: LoopTests.instructionSets)
  func joinedByHand(isa: ISA) throws {
    var compared = 0
    var inTiles = 0
    for (pass, shape) in Self.shapes {
      for layout in ImageLayout.allCases {
        for output in [ElementType.float32, .bfloat16] {
          var descriptor = ConvolutionDescriptor(shape, layout: layout, inputType: .bfloat16, outputType: output)
          descriptor.pass = pass
          for variant in ["direct.packed", "direct.widened"] {
            descriptor.options.variant = variant
            guard let plans = try? Self.dispatch(isa).plans(descriptor, weightsAhead: false).plans else { continue }
            let joined = plans.compactMap(joined)
            guard joined.count == plans.count else { continue }
            let isSame = result(joined, descriptor) == result(plans, descriptor)
            #expect(isSame, "\(variant), \(shape), \(layout), \(output)")
            compared += 1
            if plans[0].gemm.in_tiles { inTiles += 1 }
          }
        }
      }
    }
    #expect(compared > 8 && (isa < .amx || inTiles > 8))
  }

  @Test(
    "The same bits of joined rows however many rows, images and panels are taken at once", arguments: LoopTests.instructionSets)
  func bands(isa: ISA) throws {
    // Several panels, of groups, one that is not full.
    for (index, layout) in [(0, ImageLayout.nhwc), (2, .nhwc), (6, .nhwc), (6, .nchw)] {
      let shape = ConvolutionShape.joined[index].with(batch: 3)
      var descriptor = ConvolutionDescriptor(shape, layout: layout, inputType: .bfloat16, outputType: .bfloat16)
      descriptor.options.variant = isa < .avx512bf16 ? "direct.widened" : "direct.packed"
      let chosen = try #require(try Self.dispatch(isa).plans(descriptor, weightsAhead: false).plans.first)
      var plan = try #require(chosen.joins_rows ? chosen : joined(chosen))
      let expected = result([plan], descriptor)
      let size = Int64(shape.height)
      for (rows, images, kept) in [(size, 2, 1), (size, 7, 2), (1, 1, 4), (size - 1, 1, 4)] as [(Int64, Int64, Int64)] {
        (plan.band_rows, plan.band_images, plan.kept_panels) = (rows, images, kept)
        plan.gemm.team.threads = kept == 1 ? 1 : 3
        let isSame = result([plan], descriptor) == expected
        #expect(isSame, "\(shape), \(layout), \(rows) rows, \(images) images, \(kept) panels")
      }
    }
  }
}

extension ConvolutionShape {
  fileprivate func with(batch: Int) -> ConvolutionShape {
    var shape = self
    shape.batch = batch
    return shape
  }
}

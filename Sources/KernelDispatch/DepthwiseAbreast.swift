import CKernels
import Tensors

/// Which of a convolution's vectors of channels go abreast, and what their tiles ask for.
extension Dispatch {
  /// Vectors of channels whose tiles follow each other at one place, so that whole pixels pass by, which hardware fetches ahead, and no page is left for
  /// another soon; 1: each vector's image alone, whose weights then stay in registers. They are as many as L1 has room for: fp32 by AVX-512 on Emerald
  /// Rapids, 3x3 of 32 channels at 112 48 to 75 GFLOP/s, of 192 at 28 /2 64 to 88, of 384 at 14 134 to 190, 16 images of them 44 to 62, 7x7 of 96 at 56
  /// 150 to 162; by AVX2, to which alone each line comes once for each of its halves, 20 to 72, 33 to 62, 66 to 106. On AMD's processors whole lines are as
  /// fast alone. Where L2 holds the images, bf16, whose weights are widened for each tile, loses 3 to 13 % abreast, and more taps 3 to 5 %.
  func vectorsAbreast(_ kernel: DepthwiseMicrokernel, _ problem: ConvolutionProblem, threads: Int) -> Int {
    let shape = problem.shape
    let isAlongChannels = kernel.channelsLast && kernel.group == 1 && kernel.language == .c && shape.outputChannels > kernel.lanes
    let bytesDecide = problem.inputType == .float32 && shape.kernel.height * shape.kernel.width <= Self.fewTaps
    guard isAlongChannels, shape.goesAbreast, problem.outputWidth >= Self.tileColumns,
      bytesDecide || isBeyondL2(problem, threads: threads),
      !kernel.takesLines(problem) || microarchitecture.takesLinesAbreast
    else { return 1 }
    let (taps, stride) = (shape.kernel, shape.stride)
    let inputs = (stride.height * (Self.tileRows - 1) + taps.height) * (stride.width * (Self.tileColumns - 1) + taps.width)
    let vectorBytes = kernel.lanes * ElementType.float32.byteCount
    return min(Self.mostAbreast, max(1, Self.abreastBytes / ((inputs + taps.height * taps.width) * vectorBytes)))
  }

  /// Whether tiles are to ask for what the tile below meets: out of memory, where several vectors of channels lie in one line of the caches (16 images of
  /// 144 channels at 56 in bf16 on Zen 4: 28 to 42 GFLOP/s, on two cores 66 to 100).
  func asks(_ plan: ck_conv_plan, _ kernel: DepthwiseMicrokernel, _ problem: ConvolutionProblem) -> Bool {
    let isFar = problem.imageBytes > BlockSizes.memoryBytes
    return plan.vectors_abreast > 1 && problem.shape.isKnownSquare && !kernel.takesLines(problem) && isFar
  }

  /// The same of its outputs; of whole lines, which hardware fetches ahead, of them alone: 32 channels at 112 in fp32 68 to 76 GFLOP/s.
  func asksForOutputs(_ plan: ck_conv_plan, _ kernel: DepthwiseMicrokernel, _ problem: ConvolutionProblem) -> Bool {
    let areLines = kernel.takesLines(problem) && isBeyondL2(problem, threads: Int(plan.gemm.team.threads))
    return plan.gemm.fetches || plan.vectors_abreast > 1 && problem.shape.isKnownSquare && areLines
  }

  func isBeyondL2(_ problem: ConvolutionProblem, threads: Int) -> Bool {
    problem.imageBytes > Double(threads * blocks.l2Bytes)
  }

  /// The same of a gradient of weights, whose sums then go to memory and back with each tile, where images of one vector of channels don't stay in L1 from
  /// row to row, or where their pixels share sets of it and no row is met a third time, or L2 can't hold them: 32 channels at 112 42 to 70 GFLOP/s,
  /// 96 at 112 /2 13 to 30, 576 at 14 /2 49 to 68, 16 images of 384 at 14 39 to 62; but one of them 147 to 124. Sums are then taken in another order, so
  /// that neither this machine's caches nor threads decide it: two of them lose up to 18 % (192 at 28 /2 100 to 82).
  func gradientsAbreast(_ kernel: DepthwiseMicrokernel, _ problem: ConvolutionProblem, turned: Bool) -> Int {
    let (shape, sharing) = (problem.shape, problem.sharingOfSets)
    guard kernel.takesSeveralRows(of: shape), kernel.language == .c, !turned, microarchitecture.takesLinesAbreast,
      shape.kernel.width == 3, shape.kernel.height == 3
    else { return 1 }
    let lines = sharing * (shape.kernel.height * shape.width + problem.outputWidth)
    let isStrewn = sharing >= Self.manySharing && (shape.stride.height > 1 || problem.imageBytes > Self.nearBytes)
    return lines > Self.bandLines || isStrewn ? Self.mostAbreast : 1
  }

  /// Nine are slower (3x3, 384 channels at 14 192 to 174 GFLOP/s).
  private static let mostAbreast = 8
  /// What L2 holds of Intel's processors for servers.
  private static let nearBytes = Double(2 << 20)
  private static let manySharing = 4

  private static let tileColumns = 7
  /// Of L1, for the inputs and weights of one place.
  private static let abreastBytes = 28 << 10
  /// Up to so many the bytes of the images decide, not the multiply-adds.
  private static let fewTaps = 9
}

extension DepthwiseMicrokernel {
  /// Whether a vector of input is a whole line of the caches.
  fileprivate func takesLines(_ problem: ConvolutionProblem) -> Bool {
    lanes * problem.inputType.byteCount >= Int(CK_LINE)
  }
}

extension ConvolutionShape {
  /// Whether the kernels of square tiles take it.
  fileprivate var isKnownSquare: Bool {
    let isSquare = kernel.height == kernel.width && stride.height == stride.width && dilation == Extent(1)
    return isSquare && [3, 5].contains(kernel.width) && stride.width <= 2
  }

  /// Whether there are kernels that take several vectors of channels abreast: those of square tiles, and of rows of taps.
  fileprivate var goesAbreast: Bool {
    isKnownSquare || [1, 2, 3, 7].contains(kernel.width) && stride.width == 1 && dilation.width == 1
  }
}

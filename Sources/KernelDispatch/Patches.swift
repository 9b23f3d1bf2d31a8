import CKernels
import Tensors

extension ConvolutionProblem {
  /// The gradient of an input that the kernel cuts into patches, as a 1x1 convolution of the output's gradient whose channels are those of a patch in
  /// the order of the weights; `nil` where patches overlap or leave something out, or where a patch's rows are not adjacent.
  static func patches(of descriptor: ConvolutionDescriptor) -> ConvolutionProblem? {
    let shape = normalized(descriptor.shape)
    let kernel = shape.kernel
    func isCovered(_ size: Int, _ kernel: Int, _ stride: Int, _ outputs: Int) -> Bool {
      outputs > 0 && size == outputs * kernel && (stride == kernel || outputs == 1)
    }
    let isCut =
      kernel.depth == 1 && shape.depth == 1 && shape.padding == Padding(0) && shape.dilation == Extent(1)
      && kernel.height * kernel.width > 1 && isCovered(shape.height, kernel.height, shape.stride.height, shape.outputHeight)
      && isCovered(shape.width, kernel.width, shape.stride.width, shape.outputWidth)
    let layout = descriptor.inputLayout
    guard descriptor.pass == .backwardData, isCut, shape.groups == 1, !descriptor.epilogue.hasResidual,
      (layout == .nchw) == (descriptor.weightLayout == .oihw)
    else { return nil }
    let gradient = ImageStrides.input(shape, layout)
    let weights = WeightStrides(descriptor.weightLayout, shape)
    let (channels, places) = (Int64(shape.inputChannels), Int64(kernel.height * kernel.width))
    let run = Int64(kernel.width) * (layout == .nchw ? 1 : channels)
    let size = channels * places
    let product = ConvolutionShape(
      batch: shape.batch, inputChannels: shape.outputChannels, height: shape.outputHeight, width: shape.outputWidth,
      outputChannels: Int(size), kernel: Extent(1))
    var turned = weights
    (turned.output, turned.input) = (layout == .nchw ? weights.column : weights.input, weights.output)
    var patch = gradient
    (patch.channel, patch.column, patch.row) = (1, size, Int64(kernel.height) * gradient.row)
    let whole = SlicedConvolution(
      shape: product, outputs: Extent(height: shape.outputHeight, width: shape.outputWidth),
      axis: DepthAxis(size: 1, kernel: 1, stride: 1, dilation: 1, padding: 0, outputs: 1),
      input: .output(shape, descriptor.outputLayout), weights: turned, output: patch)
    var problem = ConvolutionProblem(whole, whole.axis.run(tap: 0), descriptor)
    problem.patches = ck_patches(
      run: run, rows: Int64(kernel.height), hs: gradient.row, cs: gradient.channel,
      of_channel: layout == .nchw ? places : 1, channels: channels)
    return problem
  }

  /// The product of one image's patches; `pair` finds the weights packed.
  func patchProduct(for pair: CandidatePair) -> OrientedProblem {
    var product = OrientedProblem(patchDescriptor, turns: false)
    product.readyB = pair.packsB
    return product
  }

  var patchDescriptor: GEMMDescriptor {
    let pixels = outputHeight * outputWidth
    let weights = MatrixLayout(rows: depth, columns: channels, rowStride: Int(layout.w_cs), columnStride: Int(layout.w_os))
    var descriptor = GEMMDescriptor(
      a: MatrixLayout(rows: pixels, columns: depth, rowStride: Int(image.ws), columnStride: Int(image.cs)), b: weights,
      c: .rowMajor(rows: pixels, columns: channels), inputType: inputType, outputType: outputType)
    descriptor.epilogue = epilogue.ofProduct(channels: .perColumn)
    return descriptor
  }
}

extension Dispatch {
  func fillPatches(
    _ plan: inout ck_conv_plan, _ problem: ConvolutionProblem, _ pair: CandidatePair, threads: Int, _ options: SelectionOptions
  ) {
    guard let patches = problem.patches else { return }
    let rowBytes = problem.outputWidth * problem.channels * problem.outputType.byteCount
    let bands = threads / greatestCommonDivisor(threads, problem.shape.batch)
    let most = min(max(1, blocks.l2Bytes / 2 / max(rowBytes, 1)), (problem.outputHeight - 1) / bands + 1)
    let rows = (problem.outputHeight - 1) / ((problem.outputHeight - 1) / most + 1) + 1
    // Of the whole image, so that threads, for which bands are shorter, don't show in the bits.
    let product = problem.patchProduct(for: pair)
    let selection = Selection(
      pairIndex: pair.index, blocking: blocking(of: product, for: pair, options), threads: 1, swapped: false)
    plan.driver = CK_CONV_PATCHES
    plan.patches = patches
    plan.gemm = written(product, problem.patchDescriptor, selection)
    // Its C is a band that is read from L2 at once.
    plan.gemm.streams_c = false
    plan.products_team = ck_team(threads: Int32(threads), spin_milliseconds: spinMilliseconds)
    plan.band_rows = Int64(rows)
    plan.image_is_a = true
  }
}

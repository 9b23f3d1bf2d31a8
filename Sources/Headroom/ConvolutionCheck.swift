import KernelDispatch
import Tensors

extension ConvolutionDescriptor {
  /// Whether sizes, layouts and types make a convolution. Cost: some twenty multiplications.
  func check() throws(HeadroomError) {
    try checkRanges()
    try checkGroups()
    try checkOutput()
    try checkCounts()
    if let limit = options.workspaceLimit, limit < 0 { throw .negativeSize(name: "workspace limit", found: limit) }
    if pass == .backwardWeights && epilogue != ConvolutionEpilogue() { throw .epilogueOfWeights(found: epilogue) }
    switch (inputType, outputType) {
    case (.float32, .float32), (.bfloat16, .float32), (.bfloat16, .bfloat16): return
    default: throw .unsupportedConvolutionTypes(input: inputType, output: outputType)
    }
  }

  private func checkRanges() throws(HeadroomError) {
    let s = shape
    let sizes = [
      ("batch", s.batch), ("input channels", s.inputChannels), ("depth", s.depth), ("height", s.height), ("width", s.width),
      ("output channels", s.outputChannels), ("padding in front", s.padding.front), ("padding at the back", s.padding.back),
      ("padding at the top", s.padding.top), ("padding at the bottom", s.padding.bottom),
      ("padding on the left", s.padding.left), ("padding on the right", s.padding.right),
    ]
    for (name, size) in sizes where size < 0 { throw .negativeSize(name: name, found: size) }
    let steps = [
      ("kernel depth", s.kernel.depth), ("kernel height", s.kernel.height), ("kernel width", s.kernel.width),
      ("stride along the depth", s.stride.depth), ("vertical stride", s.stride.height), ("horizontal stride", s.stride.width),
      ("dilation along the depth", s.dilation.depth), ("vertical dilation", s.dilation.height),
      ("horizontal dilation", s.dilation.width), ("groups", s.groups),
    ]
    for (name, step) in steps where step < 1 { throw .sizeTooSmall(name: name, found: step, expected: 1) }
  }

  private func checkGroups() throws(HeadroomError) {
    for (name, channels) in [("input channels", shape.inputChannels), ("output channels", shape.outputChannels)]
    where !channels.isMultiple(of: shape.groups) {
      throw .groupsDontDivide(what: name, found: channels, groups: shape.groups)
    }
  }

  /// A batch without images is empty and no error; a kernel larger than the padded image is one.
  private func checkOutput() throws(HeadroomError) {
    let s = shape
    try checkAxis("depth", s.depth, s.padding.front, s.padding.back, s.kernel.depth, s.dilation.depth)
    try checkAxis("height", s.height, s.padding.top, s.padding.bottom, s.kernel.height, s.dilation.height)
    try checkAxis("width", s.width, s.padding.left, s.padding.right, s.kernel.width, s.dilation.width)
  }

  private func checkAxis(
    _ axis: String, _ size: Int, _ before: Int, _ after: Int, _ kernel: Int, _ dilation: Int
  ) throws(HeadroomError) {
    guard let padded = sum(size, sum(before, after)), let reach = sum(product(kernel - 1, dilation), 1) else {
      throw .convolutionOverflow(what: "the padded \(axis)", limit: 1 << 43)
    }
    if padded < reach { throw .kernelBeyondImage(axis: axis, found: reach, padded: padded) }
  }

  /// What can be counted: elements up to 2^43, so that no workspace made of them overflows, channels and columns below 2^31, multiplications up to
  /// 2^59. Slices of the kernel, each of which may be a plan of its own, below 2^12.
  private func checkCounts() throws(HeadroomError) {
    let s = shape
    let taps = product(s.kernel.depth, product(s.kernel.height, s.kernel.width))
    let depth = product(taps, s.channelsPerGroup)
    let pixels = product(s.outputDepth, product(s.outputHeight, s.outputWidth))
    // A batch without images bounds nothing, but strides from image to image are computed for it too.
    let images = max(s.batch, 1)
    let paddedDepth = sum(s.depth, sum(s.padding.front, s.padding.back))
    let paddedHeight = sum(s.height, sum(s.padding.top, s.padding.bottom))
    let paddedWidth = sum(s.width, sum(s.padding.left, s.padding.right))
    let padded = product(paddedDepth, product(paddedHeight, paddedWidth))
    let counts: [(String, Int?, Int)] = [
      ("the padded input", product(product(images, s.inputChannels), padded), 1 << 43),
      ("an image", padded, 1 << 43),
      ("the kernel", taps, 1 << 43), ("the slices of the kernel", s.kernel.depth, 1 << 12),
      ("the weights", product(s.outputChannels, depth), 1 << 43),
      ("the output", product(product(images, s.outputChannels), pixels), 1 << 43),
      ("the multiplications", product(product(s.batch, pixels), product(s.outputChannels, depth)), 1 << 59),
      ("the input channels", s.inputChannels, Int(Int32.max)), ("the output channels", s.outputChannels, Int(Int32.max)),
      ("the padded width", paddedWidth, Int(Int32.max)),
    ]
    // The output's gradient is read as far as the kernel reaches round all inputs.
    let reached = product(
      sum(s.outputDepth, sum(s.depth, product(s.kernel.depth - 1, s.dilation.depth))),
      product(
        sum(s.outputHeight, sum(s.height, product(s.kernel.height - 1, s.dilation.height))),
        sum(s.outputWidth, sum(s.width, product(s.kernel.width - 1, s.dilation.width)))))
    let gradient = ("the padded output gradient", product(product(images, s.outputChannels), reached), 1 << 43)
    for (what, count, limit) in counts + (pass == .backwardData ? [gradient] : []) {
      guard let count, count < limit else { throw .convolutionOverflow(what: what, limit: limit) }
    }
  }

  private func product(_ a: Int?, _ b: Int?) -> Int? {
    guard let a, let b else { return nil }
    let (value, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : value
  }

  private func sum(_ a: Int?, _ b: Int?) -> Int? {
    guard let a, let b else { return nil }
    let (value, overflow) = a.addingReportingOverflow(b)
    return overflow ? nil : value
  }
}

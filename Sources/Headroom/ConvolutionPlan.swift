public import KernelDispatch
public import Tensors

/// A convolution, or one of its gradients, whose dispatch is done: run it as often as you like, from as many threads as you like.
///
///     let shape = ConvolutionShape(inputChannels: 64, height: 56, width: 56, outputChannels: 64, kernel: Extent(3), padding: Padding(1))
///     let plan = try ConvolutionPlan(ConvolutionDescriptor(shape, layout: .nhwc))
///     try plan.execute(input: input.span, weights: weights.span, output: &output)
///
/// A plan is an immutable value and owns no image memory. Executing it allocates nothing: packed weights and bands of the input lie in a workspace of
/// yours, or up to 64 MiB of them in an arena of the calling thread; more is had for the call.
public struct ConvolutionPlan: Sendable {
  public let descriptor: ConvolutionDescriptor
  let kernels: ConvolutionKernelPlan

  /// Checks `descriptor` and selects what will run.
  ///
  /// - Throws: `HeadroomError` when sizes, groups, types or options make no convolution, or no variant can serve it.
  public init(_ descriptor: ConvolutionDescriptor) throws(HeadroomError) {
    try descriptor.check()
    self.descriptor = descriptor
    kernels = try ConvolutionKernelPlan(descriptor)
  }

  /// The same with the weights of all calls, at least `descriptor.shape.weightCount` elements, which are laid out now as the kernels read them: for
  /// layers that run often. Calls then bring none. Cost: one pass over them, and as much memory again; of Winograd's
  /// algorithm up to 7 times as much, of volumes as much for each run of slices that meet the same slices of the kernel.
  ///
  /// - Throws: `bufferTooShort`, `typeMismatch`, `outOfMemory`, and `wrongPass` of the backward pass of weights, which reads none.
  public init<Element: KernelElement>(_ descriptor: ConvolutionDescriptor, weights: Span<Element>) throws(HeadroomError) {
    self = try weights.withUnsafeBufferPointer { weights throws(HeadroomError) in
      try ConvolutionPlan(descriptor, weights: BufferNeeds.Buffer(weights))
    }
  }

  package init(_ descriptor: ConvolutionDescriptor, weights: BufferNeeds.Buffer) throws(HeadroomError) {
    try descriptor.check()
    if descriptor.pass == .backwardWeights { throw .wrongPass(found: .backwardWeights, expected: .forward) }
    let count = descriptor.shape.weightCount
    try BufferNeeds.check("the weights", weights, descriptor.inputType, count)
    self.descriptor = descriptor
    kernels = try ConvolutionKernelPlan(
      descriptor, weights: UnsafeRawBufferPointer(start: weights.base, count: count * descriptor.inputType.byteCount))
  }

  /// The variant, micro-kernel and threads that were chosen.
  public var selection: ConvolutionSelection { kernels.selection }

  /// Whether the plan has the weights; calls then bring none.
  public var hasWeights: Bool { kernels.hasWeights }

  /// Bytes of the workspace that `execute` takes; 0 when it needs none.
  public var workspaceByteCount: Int { kernels.workspaceByteCount }
}

/// Convolves once: plan and run in one call.
///
/// - Throws: what `ConvolutionPlan.init` and `ConvolutionPlan.execute` throw; nothing was written.
public func conv2d<Input: KernelElement, Output: KernelElement>(
  _ descriptor: ConvolutionDescriptor, input: Span<Input>, weights: Span<Input>, output: inout MutableSpan<Output>
) throws(HeadroomError) {
  try ConvolutionPlan(descriptor).execute(input: input, weights: weights, output: &output)
}

/// The same with a bias for the descriptor's epilogue: one entry for each output channel.
public func conv2d<Input: KernelElement, Output: KernelElement>(
  _ descriptor: ConvolutionDescriptor, input: Span<Input>, weights: Span<Input>, output: inout MutableSpan<Output>,
  bias: Span<Float>
) throws(HeadroomError) {
  try ConvolutionPlan(descriptor).execute(input: input, weights: weights, output: &output, bias: bias)
}

/// The same with a residual, laid out as the output, and with a bias where the epilogue has one.
public func conv2d<Input: KernelElement, Output: KernelElement>(
  _ descriptor: ConvolutionDescriptor, input: Span<Input>, weights: Span<Input>, output: inout MutableSpan<Output>,
  bias: Span<Float>? = nil, residual: Span<Output>
) throws(HeadroomError) {
  try ConvolutionPlan(descriptor).execute(input: input, weights: weights, output: &output, bias: bias, residual: residual)
}

/// The same on memory that is not checked.
public func conv2d(
  _ descriptor: ConvolutionDescriptor, input: UnsafeRawPointer, weights: UnsafeRawPointer, output: UnsafeMutableRawPointer,
  bias: UnsafePointer<Float>? = nil, residual: UnsafeRawPointer? = nil
) throws(HeadroomError) {
  try ConvolutionPlan(descriptor).execute(input: input, weights: weights, output: output, bias: bias, residual: residual)
}

/// Every variant and micro-kernel that could serve `descriptor`, and what became of each: the one chosen first, the slower ones by predicted
/// time, then the rejected ones with their reasons.
public func explain(_ descriptor: ConvolutionDescriptor) throws(HeadroomError) -> [ConvolutionCandidate] {
  try descriptor.check()
  return try Dispatch.process.get().explain(descriptor)
}

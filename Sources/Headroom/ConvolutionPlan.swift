public import KernelDispatch
public import Tensors

/// A 2-D convolution whose dispatch is done: run it as often as you like, from as many threads as you like.
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

  /// The variant, micro-kernel and threads that were chosen.
  public var selection: ConvolutionSelection { kernels.selection }

  /// Bytes of the workspace that `execute` takes; 0 when it needs none.
  public var workspaceByteCount: Int { kernels.workspaceByteCount }

  /// Runs the plan.
  ///
  /// - Parameters:
  ///   - input: at least `descriptor.shape.inputCount` elements.
  ///   - weights: at least `descriptor.shape.weightCount` elements.
  ///   - output: at least `descriptor.shape.outputCount` elements; only those are written.
  /// - Throws: `bufferTooShort`, `typeMismatch`, `sizeMismatch` (a bias where the epilogue has one), `outOfMemory`; nothing was written.
  public func execute<Input: KernelElement, Output: KernelElement>(
    input: Span<Input>, weights: Span<Input>, output: inout MutableSpan<Output>
  ) throws(HeadroomError) {
    try withBuffers(a: input, b: weights, c: &output) { buffers throws(HeadroomError) in try run(buffers, workspace: nil) }
  }

  /// The same with a bias: one entry for each output channel.
  public func execute<Input: KernelElement, Output: KernelElement>(
    input: Span<Input>, weights: Span<Input>, output: inout MutableSpan<Output>, bias: Span<Float>
  ) throws(HeadroomError) {
    try bias.withUnsafeBufferPointer { bias throws(HeadroomError) in
      try withBuffers(a: input, b: weights, c: &output, bias: .init(bias)) { buffers throws(HeadroomError) in
        try run(buffers, workspace: nil)
      }
    }
  }

  /// Runs the plan on memory that is not checked.
  ///
  /// - Parameters:
  ///   - input: its first element.
  ///   - weights: their first element.
  ///   - output: its first element.
  ///   - bias: one entry for each output channel where the epilogue has a bias.
  ///   - workspace: `workspaceByteCount` bytes, aligned to 64, used by nobody else during the call; `nil` for this thread's arena.
  /// - Throws: `sizeMismatch` (no bias where the epilogue has one), `outOfMemory`; nothing was written.
  public func execute(
    input: UnsafeRawPointer, weights: UnsafeRawPointer, output: UnsafeMutableRawPointer, bias: UnsafePointer<Float>? = nil,
    workspace: UnsafeMutableRawPointer? = nil
  ) throws(HeadroomError) {
    if bias == nil && descriptor.epilogue.hasBias && descriptor.shape.outputChannels > 0 {
      throw .missingBias(descriptor.shape.outputChannels)
    }
    try kernels.run(OperandPointers(a: input, b: weights, c: output, bias: bias), workspace: workspace)
  }

  /// Runs on buffers whose types and counts are told; `workspace` as for pointers.
  package func run(_ buffers: CallBuffers, workspace: UnsafeMutableRawPointer?) throws(HeadroomError) {
    let shape = descriptor.shape
    try BufferNeeds.check("the input", buffers.a, descriptor.inputType, shape.inputCount)
    try BufferNeeds.check("the weights", buffers.b, descriptor.inputType, shape.weightCount)
    try BufferNeeds.check("the output", buffers.c, descriptor.outputType, shape.outputCount)
    if descriptor.epilogue.hasBias && buffers.bias.count != shape.outputChannels {
      throw .sizeMismatch(what: "entries of the bias", found: buffers.bias.count, expected: shape.outputChannels)
    }
    guard let output = buffers.c.base else { return }
    let operands = OperandPointers(
      a: buffers.a.base, b: buffers.b.base, c: UnsafeMutableRawPointer(mutating: output), bias: buffers.bias.base)
    try kernels.run(operands, workspace: workspace)
  }
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

/// The same on memory that is not checked.
public func conv2d(
  _ descriptor: ConvolutionDescriptor, input: UnsafeRawPointer, weights: UnsafeRawPointer, output: UnsafeMutableRawPointer,
  bias: UnsafePointer<Float>? = nil
) throws(HeadroomError) {
  try ConvolutionPlan(descriptor).execute(input: input, weights: weights, output: output, bias: bias)
}

/// Every variant and micro-kernel that could serve `descriptor`, and what became of each: the one chosen first, the slower ones by predicted
/// time, then the rejected ones with their reasons.
public func explain(_ descriptor: ConvolutionDescriptor) throws(HeadroomError) -> [ConvolutionCandidate] {
  try descriptor.check()
  return try Dispatch.process.get().explain(descriptor)
}

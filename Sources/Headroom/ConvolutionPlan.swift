public import KernelDispatch
public import Tensors

/// A 2-D convolution, or one of its gradients, whose dispatch is done: run it as often as you like, from as many threads as you like.
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

  /// Runs a plan of the forward pass.
  ///
  /// - Parameters:
  ///   - input: at least `descriptor.shape.inputCount` elements.
  ///   - weights: at least `descriptor.shape.weightCount` elements.
  ///   - output: at least `descriptor.shape.outputCount` elements; only those are written.
  /// - Throws: `wrongPass`, `bufferTooShort`, `typeMismatch`, `sizeMismatch` (a bias where the epilogue has one), `outOfMemory`; nothing was written.
  public func execute<Input: KernelElement, Output: KernelElement>(
    input: Span<Input>, weights: Span<Input>, output: inout MutableSpan<Output>
  ) throws(HeadroomError) {
    try run(.forward, input, weights, &output, nil)
  }

  /// The same with a bias: one entry for each output channel.
  public func execute<Input: KernelElement, Output: KernelElement>(
    input: Span<Input>, weights: Span<Input>, output: inout MutableSpan<Output>, bias: Span<Float>
  ) throws(HeadroomError) {
    try run(.forward, input, weights, &output, bias)
  }

  /// Runs a plan of the backward pass of data, the transposed convolution, as the forward pass; a bias has one entry for each input channel.
  public func execute<Input: KernelElement, Output: KernelElement>(
    outputGradient: Span<Input>, weights: Span<Input>, inputGradient: inout MutableSpan<Output>, bias: Span<Float>? = nil
  ) throws(HeadroomError) {
    try run(.backwardData, outputGradient, weights, &inputGradient, bias)
  }

  /// Runs a plan of the backward pass of weights.
  public func execute<Input: KernelElement, Output: KernelElement>(
    input: Span<Input>, outputGradient: Span<Input>, weightGradient: inout MutableSpan<Output>
  ) throws(HeadroomError) {
    try run(.backwardWeights, input, outputGradient, &weightGradient, nil)
  }

  /// Runs a plan of the forward pass on memory that is not checked.
  ///
  /// - Parameters:
  ///   - input: its first element.
  ///   - weights: their first element.
  ///   - output: its first element.
  ///   - bias: one entry for each output channel where the epilogue has a bias.
  ///   - workspace: `workspaceByteCount` bytes, aligned to 64, used by nobody else during the call; `nil` for this thread's arena.
  /// - Throws: `wrongPass`, `sizeMismatch` (no bias where the epilogue has one), `outOfMemory`; nothing was written.
  public func execute(
    input: UnsafeRawPointer, weights: UnsafeRawPointer, output: UnsafeMutableRawPointer, bias: UnsafePointer<Float>? = nil,
    workspace: UnsafeMutableRawPointer? = nil
  ) throws(HeadroomError) {
    try run(.forward, OperandPointers(a: input, b: weights, c: output, bias: bias), workspace)
  }

  /// The same of the backward pass of data.
  public func execute(
    outputGradient: UnsafeRawPointer, weights: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer,
    bias: UnsafePointer<Float>? = nil, workspace: UnsafeMutableRawPointer? = nil
  ) throws(HeadroomError) {
    try run(.backwardData, OperandPointers(a: outputGradient, b: weights, c: inputGradient, bias: bias), workspace)
  }

  /// The same of the backward pass of weights.
  public func execute(
    input: UnsafeRawPointer, outputGradient: UnsafeRawPointer, weightGradient: UnsafeMutableRawPointer,
    workspace: UnsafeMutableRawPointer? = nil
  ) throws(HeadroomError) {
    try run(.backwardWeights, OperandPointers(a: input, b: outputGradient, c: weightGradient), workspace)
  }

  private func run(_ pass: ConvolutionPass, _ operands: OperandPointers, _ workspace: UnsafeMutableRawPointer?)
    throws(HeadroomError)
  {
    try check(pass)
    if operands.bias == nil && descriptor.epilogue.hasBias && descriptor.biasCount > 0 {
      throw .missingBias(descriptor.biasCount)
    }
    try kernels.run(operands, workspace: workspace)
  }

  private func run<Input: KernelElement, Output: KernelElement>(
    _ pass: ConvolutionPass, _ first: Span<Input>, _ second: Span<Input>, _ result: inout MutableSpan<Output>,
    _ bias: Span<Float>?
  ) throws(HeadroomError) {
    try check(pass)
    guard let bias else {
      return try withBuffers(a: first, b: second, c: &result) { buffers throws(HeadroomError) in try run(buffers, workspace: nil)
      }
    }
    try bias.withUnsafeBufferPointer { bias throws(HeadroomError) in
      try withBuffers(a: first, b: second, c: &result, bias: .init(bias)) { buffers throws(HeadroomError) in
        try run(buffers, workspace: nil)
      }
    }
  }

  private func check(_ pass: ConvolutionPass) throws(HeadroomError) {
    if pass != descriptor.pass { throw .wrongPass(found: pass, expected: descriptor.pass) }
  }

  /// Runs on buffers whose types and counts are told, in the order of `ConvolutionDescriptor.tensors`; `workspace` as for pointers.
  package func run(_ buffers: CallBuffers, workspace: UnsafeMutableRawPointer?) throws(HeadroomError) {
    let tensors = descriptor.tensors
    try BufferNeeds.check(tensors.0.name, buffers.a, descriptor.inputType, tensors.0.count)
    try BufferNeeds.check(tensors.1.name, buffers.b, descriptor.inputType, tensors.1.count)
    try BufferNeeds.check(tensors.result.name, buffers.c, descriptor.outputType, tensors.result.count)
    if descriptor.epilogue.hasBias && buffers.bias.count != descriptor.biasCount {
      throw .sizeMismatch(what: "entries of the bias", found: buffers.bias.count, expected: descriptor.biasCount)
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

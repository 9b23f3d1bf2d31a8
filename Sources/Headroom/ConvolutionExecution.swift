public import KernelDispatch
public import Tensors

extension ConvolutionPlan {
  /// Runs a plan of the forward pass.
  ///
  /// - Parameters:
  ///   - input: at least `descriptor.shape.inputCount` elements.
  ///   - weights: at least `descriptor.shape.weightCount` elements; `nil` where the plan has them.
  ///   - output: at least `descriptor.shape.outputCount` elements; only those are written.
  ///   - bias: one entry for each output channel where the epilogue has a bias.
  ///   - residual: laid out as the output, where the epilogue has a residual.
  /// - Throws: `wrongPass`, `packedMismatch` (weights where the plan has them, or none where it has not), `bufferTooShort`, `typeMismatch`,
  ///   `sizeMismatch` (of the bias), `outOfMemory`; nothing was written.
  public func execute<Input: KernelElement, Output: KernelElement>(
    input: Span<Input>, weights: Span<Input>? = nil, output: inout MutableSpan<Output>, bias: Span<Float>? = nil,
    residual: Span<Output>? = nil
  ) throws(HeadroomError) {
    try run(.forward, input, weights, &output, bias, residual)
  }

  /// Runs a plan of the backward pass of data, the transposed convolution, as the forward pass; a bias has one entry for each input channel.
  public func execute<Input: KernelElement, Output: KernelElement>(
    outputGradient: Span<Input>, weights: Span<Input>? = nil, inputGradient: inout MutableSpan<Output>, bias: Span<Float>? = nil,
    residual: Span<Output>? = nil
  ) throws(HeadroomError) {
    try run(.backwardData, outputGradient, weights, &inputGradient, bias, residual)
  }

  /// Runs a plan of the backward pass of weights.
  public func execute<Input: KernelElement, Output: KernelElement>(
    input: Span<Input>, outputGradient: Span<Input>, weightGradient: inout MutableSpan<Output>
  ) throws(HeadroomError) {
    try run(.backwardWeights, input, outputGradient, &weightGradient, nil, nil)
  }

  private func run<Input: KernelElement, Output: KernelElement>(
    _ pass: ConvolutionPass, _ first: Span<Input>, _ second: Span<Input>?, _ result: inout MutableSpan<Output>,
    _ bias: Span<Float>?, _ residual: Span<Output>?
  ) throws(HeadroomError) {
    try check(pass, hasSecond: second != nil)
    try withBuffer(bias) { bias throws(HeadroomError) in
      try withBuffer(residual) { residual throws(HeadroomError) in try run(first, second, &result, bias, residual) }
    }
  }

  private func withBuffer<Element: KernelElement>(
    _ span: Span<Element>?, _ body: (BufferNeeds.Buffer) throws(HeadroomError) -> Void
  ) throws(HeadroomError) {
    guard let span else { return try body(.none) }
    try span.withUnsafeBufferPointer { buffer throws(HeadroomError) in try body(.init(buffer)) }
  }

  private func run<Input: KernelElement, Output: KernelElement>(
    _ first: Span<Input>, _ second: Span<Input>?, _ result: inout MutableSpan<Output>, _ bias: BufferNeeds.Buffer,
    _ residual: BufferNeeds.Buffer
  ) throws(HeadroomError) {
    if let second {
      try withBuffers(a: first, b: second, c: &result, bias: bias, residual: residual) { buffers throws(HeadroomError) in
        try run(buffers, workspace: nil)
      }
    } else {
      // The plan has the weights, and what stands for them is not looked at.
      try withBuffers(a: first, b: first, c: &result, bias: bias, residual: residual) { buffers throws(HeadroomError) in
        try run(buffers, workspace: nil)
      }
    }
  }

  /// Runs a plan of the forward pass on memory that is not checked.
  ///
  /// - Parameters:
  ///   - input: its first element.
  ///   - weights: their first element; `nil` where the plan has them.
  ///   - output: its first element.
  ///   - bias: one entry for each output channel where the epilogue has a bias.
  ///   - residual: its first element, where the epilogue has a residual.
  ///   - workspace: `workspaceByteCount` bytes, aligned to 64, used by nobody else during the call; `nil` for this thread's arena.
  /// - Throws: `wrongPass`, `packedMismatch`, `sizeMismatch` (no bias where the epilogue has one), `bufferTooShort` (no residual), `outOfMemory`; nothing
  ///   was written.
  public func execute(
    input: UnsafeRawPointer, weights: UnsafeRawPointer? = nil, output: UnsafeMutableRawPointer, bias: UnsafePointer<Float>? = nil,
    residual: UnsafeRawPointer? = nil, workspace: UnsafeMutableRawPointer? = nil
  ) throws(HeadroomError) {
    try run(.forward, OperandPointers(a: input, b: weights, c: output, bias: bias, residual: residual), workspace)
  }

  /// The same of the backward pass of data.
  public func execute(
    outputGradient: UnsafeRawPointer, weights: UnsafeRawPointer? = nil, inputGradient: UnsafeMutableRawPointer,
    bias: UnsafePointer<Float>? = nil, residual: UnsafeRawPointer? = nil, workspace: UnsafeMutableRawPointer? = nil
  ) throws(HeadroomError) {
    let operands = OperandPointers(a: outputGradient, b: weights, c: inputGradient, bias: bias, residual: residual)
    try run(.backwardData, operands, workspace)
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
    try check(pass, hasSecond: operands.b != nil)
    if operands.bias == nil && descriptor.epilogue.hasBias && descriptor.biasCount > 0 {
      throw .missingBias(descriptor.biasCount)
    }
    let resultCount = descriptor.tensors.result.count
    if operands.residual == nil && descriptor.epilogue.hasResidual && resultCount > 0 { throw .missingResidual(resultCount) }
    try kernels.run(operands, workspace: workspace)
  }

  private func check(_ pass: ConvolutionPass, hasSecond: Bool) throws(HeadroomError) {
    if pass != descriptor.pass { throw .wrongPass(found: pass, expected: descriptor.pass) }
    if hasSecond == kernels.hasWeights {
      throw .packedMismatch(
        operand: "weights", found: hasSecond ? "weights with the call" : "none with the call",
        expected: hasSecond ? "those of the plan alone" : "weights with each call of a plan that has none")
    }
  }

  /// Runs on buffers whose types and counts are told, in the order of `ConvolutionDescriptor.tensors`; the weights of a plan that has them are not
  /// looked at. `workspace` as for pointers.
  package func run(_ buffers: CallBuffers, workspace: UnsafeMutableRawPointer?) throws(HeadroomError) {
    let tensors = descriptor.tensors
    try BufferNeeds.check(tensors.0.name, buffers.a, descriptor.inputType, tensors.0.count)
    if !kernels.hasWeights { try BufferNeeds.check(tensors.1.name, buffers.b, descriptor.inputType, tensors.1.count) }
    try BufferNeeds.check(tensors.result.name, buffers.c, descriptor.outputType, tensors.result.count)
    if descriptor.epilogue.hasBias && buffers.bias.count != descriptor.biasCount {
      throw .sizeMismatch(what: "entries of the bias", found: buffers.bias.count, expected: descriptor.biasCount)
    }
    if descriptor.epilogue.hasResidual && tensors.result.count > 0 {
      // Counted first: where there is none, its type means nothing.
      if buffers.residual.count < tensors.result.count {
        throw .bufferTooShort(operand: "the residual", found: buffers.residual.count, expected: tensors.result.count)
      }
      try BufferNeeds.check("the residual", buffers.residual, descriptor.outputType, tensors.result.count)
    }
    guard let output = buffers.c.base else { return }
    let operands = OperandPointers(
      a: buffers.a.base, b: buffers.b.base, c: UnsafeMutableRawPointer(mutating: output), bias: buffers.bias.base,
      residual: buffers.residual.base)
    try kernels.run(operands, workspace: workspace)
  }
}

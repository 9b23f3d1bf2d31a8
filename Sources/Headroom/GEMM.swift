public import KernelDispatch
public import Tensors

/// Multiplies once: plan and run in one call, without an allocation (workspaces beyond 64 MiB, and what options or
/// environment force, apart).
///
///     var c = [Float](repeating: 0, count: 128 * 768)
///     var span = c.mutableSpan
///     try gemm(GEMMDescriptor(m: 128, n: 768, k: 3072), a: a.span, b: b.span, c: &span)
///
/// - Throws: what `GEMMPlan.init` and `GEMMPlan.execute` throw; nothing was written.
@inlinable
public func gemm<Input: KernelElement, Output: KernelElement>(
  _ descriptor: GEMMDescriptor, a: Span<Input>, b: Span<Input>, c: inout MutableSpan<Output>
) throws(HeadroomError) {
  try withBuffers(a: a, b: b, c: &c) { buffers throws(HeadroomError) in try multiply(descriptor, buffers) }
}

/// The same with a bias for the descriptor's epilogue: m or n entries in the accumulator's type.
@inlinable
public func gemm<Input: KernelElement, Output: KernelElement, Accumulator: KernelElement>(
  _ descriptor: GEMMDescriptor, a: Span<Input>, b: Span<Input>, c: inout MutableSpan<Output>, bias: Span<Accumulator>
) throws(HeadroomError) {
  try bias.withUnsafeBufferPointer { bias throws(HeadroomError) in
    try withBuffers(a: a, b: b, c: &c, bias: .init(bias)) { buffers throws(HeadroomError) in try multiply(descriptor, buffers) }
  }
}

/// The same with a residual for the descriptor's epilogue, laid out as C is.
@inlinable
public func gemm<Input: KernelElement, Output: KernelElement>(
  _ descriptor: GEMMDescriptor, a: Span<Input>, b: Span<Input>, c: inout MutableSpan<Output>, residual: Span<Output>
) throws(HeadroomError) {
  try residual.withUnsafeBufferPointer { residual throws(HeadroomError) in
    try withBuffers(a: a, b: b, c: &c, residual: .init(residual)) { buffers throws(HeadroomError) in
      try multiply(descriptor, buffers)
    }
  }
}

/// The same with a bias and a residual.
@inlinable
public func gemm<Input: KernelElement, Output: KernelElement, Accumulator: KernelElement>(
  _ descriptor: GEMMDescriptor, a: Span<Input>, b: Span<Input>, c: inout MutableSpan<Output>, bias: Span<Accumulator>,
  residual: Span<Output>
) throws(HeadroomError) {
  try bias.withUnsafeBufferPointer { bias throws(HeadroomError) in
    try residual.withUnsafeBufferPointer { residual throws(HeadroomError) in
      try withBuffers(a: a, b: b, c: &c, bias: .init(bias), residual: .init(residual)) { buffers throws(HeadroomError) in
        try multiply(descriptor, buffers)
      }
    }
  }
}

/// Plan and run on buffers whose types and counts are told.
@usableFromInline
package func multiply(_ descriptor: GEMMDescriptor, _ buffers: CallBuffers) throws(HeadroomError) {
  try descriptor.check()
  if let operands = try BufferNeeds(descriptor).pointers(buffers) {
    try KernelPlan.run(descriptor, operands)
  }
}

/// The same on memory that is not checked, by pointers to elements (0, 0); see the pointer form of `GEMMPlan.execute`.
public func gemm(
  _ descriptor: GEMMDescriptor, a: UnsafeRawPointer, b: UnsafeRawPointer, c: UnsafeMutableRawPointer,
  bias: UnsafeRawPointer? = nil, residual: UnsafeRawPointer? = nil
) throws(HeadroomError) {
  try descriptor.check()
  if bias == nil, let expected = descriptor.biasCount, expected > 0 { throw .missingBias(expected) }
  if residual == nil && descriptor.epilogue.hasResidual && !descriptor.c.isEmpty {
    throw .missingResidual(descriptor.c.requiredCount ?? .max)
  }
  try KernelPlan.run(descriptor, OperandPointers(a: a, b: b, c: c, bias: bias, residual: residual))
}

/// Every variant and micro-kernel that could serve `descriptor`, and what became of each: the one chosen first, the slower ones by predicted
/// time, then the rejected ones with their reasons.
public func explain(_ descriptor: GEMMDescriptor) throws(HeadroomError) -> [Candidate] {
  try descriptor.check()
  return try Dispatch.process.get().explain(descriptor)
}

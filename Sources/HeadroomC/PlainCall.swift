import CHeadroom
import Headroom

/// A one-shot product that says no more than sizes, layouts, types, factors, a batch and threads, and that this thread has multiplied before: it
/// needs neither a descriptor in Swift's types nor its checks. They take ten times the code, which small products out of far caches wait for.
enum PlainCall {
  /// Whether it was one, and was run. False: nothing was written, and the long way knows why.
  @inline(__always)
  static func run(_ desc: UnsafePointer<hr_gemm_desc>, _ operands: UnsafePointer<hr_gemm_operands>) -> Bool {
    guard desc.pointee.size == MemoryLayout<hr_gemm_desc>.size, operands.pointee.size == MemoryLayout<hr_gemm_operands>.size,
      isPlain(desc), isModest(desc), suffices(desc, operands), var key = key(of: desc),
      let a = operands.pointee.a.data, let b = operands.pointee.b.data, let c = operands.pointee.c.data
    else { return false }
    return KernelPlan.runKept(&key, a, b, c)
  }

  /// No epilogue, full precision, no option but threads.
  @inline(__always)
  private static func isPlain(_ desc: UnsafePointer<hr_gemm_desc>) -> Bool {
    let options = desc.pointee.options
    let isIdentity =
      desc.pointee.epilogue.scale == 1 && desc.pointee.epilogue.bias == HR_BIAS_NONE
      && desc.pointee.epilogue.activation == HR_ACTIVATION_NONE && !desc.pointee.epilogue.clamp.applies
      && !desc.pointee.adds_residual
    let isOpen =
      options.max_isa == nil && options.variant == nil && options.microkernel == nil
      && options.blocking.mc | options.blocking.nc | options.blocking.kc == 0
    return isIdentity && isOpen && desc.pointee.precision == HR_PRECISION_FULL && desc.pointee.strassen_levels == 0
      && 0...Int64(SelectionOptions.mostThreads) ~= options.threads
  }

  /// All sizes above 0, and with the strides and what a batch spans so small that no count overflows.
  @inline(__always)
  private static func isModest(_ desc: UnsafePointer<hr_gemm_desc>) -> Bool {
    let (a, b, c, batch) = (desc.pointee.a, desc.pointee.b, desc.pointee.c, desc.pointee.batch)
    let sizes = desc.pointee.m | desc.pointee.n | desc.pointee.k | batch.count
    let steps = a.row | a.column | b.row | b.column | c.row | c.column
    let products = batch.a | batch.b | batch.c
    return desc.pointee.m > 0 && desc.pointee.n > 0 && desc.pointee.k > 0 && batch.count > 0
      && UInt64(bitPattern: sizes | steps) < 1 << 20 && UInt64(bitPattern: products) < 1 << 40
  }

  /// Whether the buffers hold all that the strides reach.
  @inline(__always)
  private static func suffices(_ desc: UnsafePointer<hr_gemm_desc>, _ operands: UnsafePointer<hr_gemm_operands>) -> Bool {
    let (m, n, k) = (desc.pointee.m &- 1, desc.pointee.n &- 1, desc.pointee.k &- 1)
    let (batch, more) = (desc.pointee.batch, desc.pointee.batch.count &- 1)
    let a = m &* desc.pointee.a.row &+ k &* desc.pointee.a.column &+ more &* batch.a
    let b = k &* desc.pointee.b.row &+ n &* desc.pointee.b.column &+ more &* batch.b
    let c = m &* desc.pointee.c.row &+ n &* desc.pointee.c.column &+ more &* batch.c
    return a < operands.pointee.a.count && b < operands.pointee.b.count && c < operands.pointee.c.count
  }

  @inline(__always)
  private static func key(of desc: UnsafePointer<hr_gemm_desc>) -> PlanKey? {
    guard let input = ElementType(desc.pointee.input_type), let output = ElementType(desc.pointee.output_type) else { return nil }
    let (a, b, c) = (desc.pointee.a, desc.pointee.b, desc.pointee.c)
    return PlanKey(
      m: Int(desc.pointee.m), n: Int(desc.pointee.n), k: Int(desc.pointee.k), a: (Int(a.row), Int(a.column)),
      b: (Int(b.row), Int(b.column)), c: (Int(c.row), Int(c.column)),
      batch: Batch(desc.pointee.batch), alpha: desc.pointee.alpha, beta: desc.pointee.beta, inputType: input, outputType: output,
      threads: Int(desc.pointee.options.threads))
  }
}

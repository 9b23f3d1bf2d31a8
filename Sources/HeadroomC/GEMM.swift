// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Functions bear the header's names.

public import CHeadroom
import Headroom

extension GEMMDescriptor {
  /// Member by member from where they lie: a copy of the whole would wait for the caller's stores.
  @inline(__always)
  init(_ desc: UnsafePointer<hr_gemm_desc>) throws(CallError) {
    let (m, n, k) = (Int(desc.pointee.m), Int(desc.pointee.n), Int(desc.pointee.k))
    self.init(
      a: MatrixLayout(rows: m, columns: k, rowStride: Int(desc.pointee.a.row), columnStride: Int(desc.pointee.a.column)),
      b: MatrixLayout(rows: k, columns: n, rowStride: Int(desc.pointee.b.row), columnStride: Int(desc.pointee.b.column)),
      c: MatrixLayout(rows: m, columns: n, rowStride: Int(desc.pointee.c.row), columnStride: Int(desc.pointee.c.column)),
      inputType: try ElementType(desc.pointee.input_type, "input_type"),
      outputType: try ElementType(desc.pointee.output_type, "output_type"))
    alpha = desc.pointee.alpha
    beta = desc.pointee.beta
    epilogue = try Epilogue(desc.pointee.epilogue)
    epilogue.hasResidual = desc.pointee.adds_residual
    batch = Batch(desc.pointee.batch)
    precision = try Precision(desc.pointee.precision)
    strassenLevels = Int(desc.pointee.strassen_levels)
    try options.set(desc.pointee.options)
  }
}

extension GEMMPlan: HandledPlan {
  init(_ desc: UnsafePointer<hr_gemm_desc>) throws(CallError) {
    let descriptor = try GEMMDescriptor(desc)
    self = try headroom { () throws(HeadroomError) in try GEMMPlan(descriptor) }
  }

  func describe(_ selection: inout hr_selection) {
    let chosen = self.selection
    selection.name(variant: chosen.variant, microkernel: chosen.microkernel, isa: chosen.isa)
    selection.threads = Int64(chosen.threads)
    let (mc, nc, kc) = (Int64(chosen.blocking.mc), Int64(chosen.blocking.nc), Int64(chosen.blocking.kc))
    selection.blocking = hr_blocking(mc: mc, nc: nc, kc: kc)
    selection.strassen_levels = Int32(chosen.strassenLevels)
    selection.swapped = chosen.swapped ? 1 : 0
  }
}

extension GEMMDescriptor {
  /// What C hands over, in the types of this descriptor.
  @inline(__always)
  func buffers(_ operands: UnsafePointer<hr_gemm_operands>) throws(CallError) -> CallBuffers {
    CallBuffers(
      a: try .init(operands.pointee.a, inputType, "A"), b: try .init(operands.pointee.b, inputType, "B"),
      c: try .init(operands.pointee.c, outputType, "C"),
      bias: epilogue.bias == .none ? .none : try .init(operands.pointee.bias, accumulatorType, "the bias"),
      residual: epilogue.hasResidual ? try .init(operands.pointee.residual, outputType, "the residual") : .none)
  }
}

@c @implementation
public func hr_gemm_desc_init(
  _ desc: UnsafeMutablePointer<hr_gemm_desc>?, _ size: Int, _ m: Int64, _ n: Int64, _ k: Int64
) -> hr_status {
  status { () throws(CallError) in
    let destination = try needed(desc, "hr_gemm_desc")
    destination.initialize(to: try cleared(size))
    (destination.pointee.m, destination.pointee.n, destination.pointee.k) = (m, n, k)
    destination.pointee.a = hr_strides(row: k, column: 1)
    destination.pointee.b = hr_strides(row: n, column: 1)
    destination.pointee.c = hr_strides(row: n, column: 1)
    destination.pointee.alpha = 1
    destination.pointee.epilogue.scale = 1
    destination.pointee.batch.count = 1
  }
}

@c @implementation
public func hr_gemm_plan_create(
  _ desc: UnsafePointer<hr_gemm_desc>?, _ plan: UnsafeMutablePointer<OpaquePointer?>?
) -> hr_status { GEMMPlan.create(desc, plan) }

@c @implementation
public func hr_gemm_plan_execute(
  _ plan: OpaquePointer?, _ operands: UnsafePointer<hr_gemm_operands>?, _ workspace: UnsafeMutableRawPointer?,
  _ workspaceBytes: Int
) -> hr_status {
  status { () throws(CallError) in
    try GEMMPlan.borrowing(plan) { handle throws(CallError) in
      let buffers = try handle.plan.descriptor.buffers(sized(operands))
      if let workspace { try handle.plan.check(workspace, workspaceBytes) }
      try headroom { () throws(HeadroomError) in try handle.plan.run(buffers, workspace: workspace) }
    }
  }
}

@c @implementation
public func hr_gemm_plan_execute_list(
  _ plan: OpaquePointer?, _ list: UnsafePointer<hr_gemm_list>?, _ workspace: UnsafeMutableRawPointer?, _ workspaceBytes: Int
) -> hr_status {
  status { () throws(CallError) in
    try GEMMPlan.borrowing(plan) { handle throws(CallError) in
      let list = try sized(list).pointee
      let count = Int(list.count)
      if count < 0 { throw .headroom(.negativeSize(name: "the count of the list", found: count)) }
      if let workspace { try handle.plan.check(workspace, workspaceBytes) }
      if count == 0 { return }
      let pointers = OperandLists(
        count: count, a: try needed(list.a, "the list of A"), b: try needed(list.b, "the list of B"),
        c: try needed(list.c, "the list of C"), bias: list.bias.data, residual: list.residual)
      let bias = Int(list.bias.count)
      try headroom { () throws(HeadroomError) in try handle.plan.run(pointers, biasCount: bias, workspace: workspace) }
    }
  }
}

@c @implementation
public func hr_gemm_plan_workspace(_ plan: OpaquePointer?, _ bytes: UnsafeMutablePointer<Int>?) -> hr_status {
  GEMMPlan.workspace(plan, bytes)
}

@c @implementation
public func hr_gemm_plan_selection(_ plan: OpaquePointer?, _ selection: UnsafeMutablePointer<hr_selection>?) -> hr_status {
  GEMMPlan.selection(plan, selection)
}

@c @implementation
public func hr_gemm_plan_destroy(_ plan: OpaquePointer?) { GEMMPlan.destroy(plan) }

@c @implementation
public func hr_gemm(_ desc: UnsafePointer<hr_gemm_desc>?, _ operands: UnsafePointer<hr_gemm_operands>?) -> hr_status {
  if let desc, let operands, PlainCall.run(desc, operands) { return HR_OK }
  return status { () throws(CallError) in
    let descriptor = try GEMMDescriptor(sized(desc))
    let buffers = try descriptor.buffers(sized(operands))
    try headroom { () throws(HeadroomError) in try multiply(descriptor, buffers) }
  }
}

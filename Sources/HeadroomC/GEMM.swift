// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Functions bear the header's names.

public import CHeadroom
import Headroom

extension GEMMDescriptor {
  init(_ desc: hr_gemm_desc) throws(CallError) {
    let (m, n, k) = (Int(desc.m), Int(desc.n), Int(desc.k))
    self.init(
      a: MatrixLayout(rows: m, columns: k, rowStride: Int(desc.a.row), columnStride: Int(desc.a.column)),
      b: MatrixLayout(rows: k, columns: n, rowStride: Int(desc.b.row), columnStride: Int(desc.b.column)),
      c: MatrixLayout(rows: m, columns: n, rowStride: Int(desc.c.row), columnStride: Int(desc.c.column)),
      inputType: try ElementType(desc.input_type, "input_type"), outputType: try ElementType(desc.output_type, "output_type"))
    alpha = desc.alpha
    beta = desc.beta
    epilogue = try Epilogue(desc.epilogue)
    epilogue.hasResidual = desc.adds_residual
    if desc.batch.count != 1 {
      batch = Batch(
        count: Int(desc.batch.count), aStride: Int(desc.batch.a), bStride: Int(desc.batch.b), cStride: Int(desc.batch.c))
    }
    precision = try Precision(desc.precision)
    strassenLevels = Int(desc.strassen_levels)
    try options.set(desc.options)
  }
}

extension GEMMPlan: HandledPlan {
  init(_ desc: UnsafePointer<hr_gemm_desc>) throws(CallError) {
    let descriptor = try GEMMDescriptor(desc.pointee)
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
    var fresh: hr_gemm_desc = try cleared(size)
    (fresh.m, fresh.n, fresh.k) = (m, n, k)
    fresh.a = hr_strides(row: k, column: 1)
    fresh.b = hr_strides(row: n, column: 1)
    fresh.c = hr_strides(row: n, column: 1)
    fresh.alpha = 1
    fresh.epilogue.scale = 1
    fresh.batch.count = 1
    destination.pointee = fresh
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
  status { () throws(CallError) in
    let descriptor = try GEMMDescriptor(sized(desc).pointee)
    let buffers = try descriptor.buffers(sized(operands))
    try headroom { () throws(HeadroomError) in try multiply(descriptor, buffers) }
  }
}

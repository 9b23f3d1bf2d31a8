// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Functions bear the header's names.

public import CHeadroom
import Headroom

extension ConvolutionDescriptor {
  init(_ desc: hr_conv_desc) throws(CallError) {
    let shape = ConvolutionShape(
      batch: Int(desc.batch), inputChannels: Int(desc.input_channels), depth: desc.depth == 0 ? 1 : Int(desc.depth),
      height: Int(desc.height), width: Int(desc.width), outputChannels: Int(desc.output_channels), kernel: Extent(desc.kernel),
      stride: Extent(desc.stride),
      padding: Padding(desc.padding), dilation: Extent(desc.dilation), groups: Int(desc.groups))
    self.init(
      shape, pass: try ConvolutionPass(desc.pass), layout: try ImageLayout(desc.input_layout, "input_layout"),
      weightLayout: try WeightLayout(desc.weight_layout),
      inputType: try ElementType(desc.input_type, "input_type"), outputType: try ElementType(desc.output_type, "output_type"))
    outputLayout = try ImageLayout(desc.output_layout, "output_layout")
    epilogue = try ConvolutionEpilogue(desc.epilogue)
    epilogue.hasResidual = desc.adds_residual
    try options.set(desc.options)
  }
}

extension ConvolutionPlan: HandledPlan {
  init(_ desc: UnsafePointer<hr_conv_desc>) throws(CallError) {
    let descriptor = try ConvolutionDescriptor(desc.pointee)
    self = try headroom { () throws(HeadroomError) in try ConvolutionPlan(descriptor) }
  }

  init(_ desc: UnsafePointer<hr_conv_desc>, weights: hr_buffer) throws(CallError) {
    let descriptor = try ConvolutionDescriptor(desc.pointee)
    let weights = try BufferNeeds.Buffer(weights, descriptor.inputType, "the weights")
    self = try headroom { () throws(HeadroomError) in try ConvolutionPlan(descriptor, weights: weights) }
  }

  func describe(_ selection: inout hr_selection) {
    let chosen = self.selection
    selection.name(variant: chosen.variant, microkernel: chosen.microkernel, isa: chosen.isa)
    selection.name(product: chosen.product ?? "")
    selection.threads = Int64(chosen.threads)
  }

  /// Runs on buffers whose counts are told.
  func run(_ operands: hr_conv_operands, workspace: UnsafeMutableRawPointer?) throws(CallError) {
    let type = descriptor.inputType
    let input = { () throws(CallError) in try BufferNeeds.Buffer(operands.input, type, "the input") }
    let weights = { () throws(CallError) in
      hasWeights ? .none : try BufferNeeds.Buffer(operands.weights, type, "the weights")
    }
    let gradient = { () throws(CallError) in try BufferNeeds.Buffer(operands.output_gradient, type, "the output gradient") }
    let read =
      switch descriptor.pass {
      case .forward: (try input(), try weights())
      case .backwardData: (try gradient(), try weights())
      case .backwardWeights: (try input(), try gradient())
      }
    let buffers = CallBuffers(
      a: read.0, b: read.1, c: try BufferNeeds.Buffer(operands.output, descriptor.outputType, "what is written"),
      bias: descriptor.epilogue.hasBias ? try BufferNeeds.Buffer(operands.bias, .float32, "the bias") : .none,
      residual: descriptor.epilogue.hasResidual
        ? try BufferNeeds.Buffer(operands.residual, descriptor.outputType, "the residual") : .none)
    try headroom { () throws(HeadroomError) in try run(buffers, workspace: workspace) }
  }
}

@c @implementation
public func hr_conv_desc_init(_ desc: UnsafeMutablePointer<hr_conv_desc>?, _ size: Int) -> hr_status {
  status { () throws(CallError) in
    let destination = try needed(desc, "hr_conv_desc")
    var fresh: hr_conv_desc = try cleared(size)
    fresh.batch = 1
    fresh.stride = hr_extent(height: 1, width: 1, depth: 1)
    fresh.dilation = hr_extent(height: 1, width: 1, depth: 1)
    fresh.groups = 1
    fresh.epilogue.scale = 1
    destination.pointee = fresh
  }
}

@c @implementation
public func hr_conv_plan_create(
  _ desc: UnsafePointer<hr_conv_desc>?, _ plan: UnsafeMutablePointer<OpaquePointer?>?
) -> hr_status { ConvolutionPlan.create(desc, plan) }

@c @implementation
public func hr_conv_plan_create_packed(
  _ desc: UnsafePointer<hr_conv_desc>?, _ weights: UnsafePointer<hr_buffer>?, _ plan: UnsafeMutablePointer<OpaquePointer?>?
) -> hr_status {
  ConvolutionPlan.create(plan) { () throws(CallError) in
    try ConvolutionPlan(sized(desc), weights: needed(weights, "the weights").pointee)
  }
}

@c @implementation
public func hr_conv_plan_execute(
  _ plan: OpaquePointer?, _ operands: UnsafePointer<hr_conv_operands>?, _ workspace: UnsafeMutableRawPointer?,
  _ workspaceBytes: Int
) -> hr_status {
  status { () throws(CallError) in
    try ConvolutionPlan.borrowing(plan) { handle throws(CallError) in
      let operands = try sized(operands)
      if let workspace { try handle.plan.check(workspace, workspaceBytes) }
      try handle.plan.run(operands.pointee, workspace: workspace)
    }
  }
}

@c @implementation
public func hr_conv_plan_workspace(_ plan: OpaquePointer?, _ bytes: UnsafeMutablePointer<Int>?) -> hr_status {
  ConvolutionPlan.workspace(plan, bytes)
}

@c @implementation
public func hr_conv_plan_selection(_ plan: OpaquePointer?, _ selection: UnsafeMutablePointer<hr_selection>?) -> hr_status {
  ConvolutionPlan.selection(plan, selection)
}

@c @implementation
public func hr_conv_plan_destroy(_ plan: OpaquePointer?) { ConvolutionPlan.destroy(plan) }

@c @implementation
public func hr_conv2d(_ desc: UnsafePointer<hr_conv_desc>?, _ operands: UnsafePointer<hr_conv_operands>?) -> hr_status {
  status { () throws(CallError) in
    let desc = try sized(desc)
    let operands = try sized(operands)
    try ConvolutionPlan(desc).run(operands.pointee, workspace: nil)
  }
}

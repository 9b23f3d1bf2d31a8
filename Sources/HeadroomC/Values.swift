import CHeadroom
import Headroom

extension ElementType {
  @inline(__always)
  init?(_ type: hr_dtype) {
    switch type {
    case HR_F32: self = .float32
    case HR_BF16: self = .bfloat16
    case HR_F64: self = .float64
    default: return nil
    }
  }

  init(_ type: hr_dtype, _ name: String) throws(CallError) {
    guard let known = ElementType(type) else {
      throw .unknownValue(name: name, found: Int(type.rawValue), expected: "HR_F32, HR_BF16 or HR_F64")
    }
    self = known
  }
}

extension Epilogue.Activation {
  init(_ activation: hr_activation) throws(CallError) {
    switch activation {
    case HR_ACTIVATION_NONE: self = .none
    case HR_ACTIVATION_RELU: self = .relu
    case HR_ACTIVATION_GELU_TANH: self = .geluTanh
    case HR_ACTIVATION_GELU_ERF: self = .geluErf
    case HR_ACTIVATION_SILU: self = .silu
    default:
      let expected = "one of HR_ACTIVATION_NONE to HR_ACTIVATION_SILU"
      throw .unknownValue(name: "activation", found: Int(activation.rawValue), expected: expected)
    }
  }
}

extension Precision {
  init(_ precision: hr_precision) throws(CallError) {
    guard let known = Precision(rawValue: Int(precision.rawValue)) else {
      let expected = "one of HR_PRECISION_FULL to HR_PRECISION_BF16X3"
      throw .unknownValue(name: "precision", found: Int(precision.rawValue), expected: expected)
    }
    self = known
  }
}

extension hr_clamp {
  fileprivate func range() throws(CallError) -> ClosedRange<Double>? {
    if !applies { return nil }
    // False for NaN.
    if !(lower <= upper) { throw .invalidClamp(lower: lower, upper: upper) }
    return lower...upper
  }
}

extension Epilogue {
  @inline(__always)
  init(_ epilogue: hr_epilogue) throws(CallError) {
    let bias: Bias
    switch epilogue.bias {
    case HR_BIAS_NONE: bias = .none
    case HR_BIAS_PER_ROW: bias = .perRow
    case HR_BIAS_PER_COLUMN: bias = .perColumn
    default:
      let expected = "HR_BIAS_NONE, HR_BIAS_PER_ROW or HR_BIAS_PER_COLUMN for a product"
      throw .unknownValue(name: "bias", found: Int(epilogue.bias.rawValue), expected: expected)
    }
    self.init(
      scale: epilogue.scale, bias: bias, activation: try Activation(epilogue.activation), clamp: try epilogue.clamp.range())
  }
}

extension ConvolutionEpilogue {
  init(_ epilogue: hr_epilogue) throws(CallError) {
    guard epilogue.bias == HR_BIAS_NONE || epilogue.bias == HR_BIAS_PER_CHANNEL else {
      let expected = "HR_BIAS_NONE or HR_BIAS_PER_CHANNEL for a convolution"
      throw .unknownValue(name: "bias", found: Int(epilogue.bias.rawValue), expected: expected)
    }
    self.init(
      scale: epilogue.scale, hasBias: epilogue.bias == HR_BIAS_PER_CHANNEL,
      activation: try Epilogue.Activation(epilogue.activation), clamp: try epilogue.clamp.range())
  }
}

extension ImageLayout {
  init(_ layout: hr_image_layout, _ name: String) throws(CallError) {
    switch layout {
    case HR_NHWC: self = .nhwc
    case HR_NCHW: self = .nchw
    default: throw .unknownValue(name: name, found: Int(layout.rawValue), expected: "HR_NHWC or HR_NCHW")
    }
  }
}

extension WeightLayout {
  init(_ layout: hr_weight_layout) throws(CallError) {
    switch layout {
    case HR_HWIO: self = .hwio
    case HR_OIHW: self = .oihw
    case HR_OHWI: self = .ohwi
    default:
      throw .unknownValue(name: "weight_layout", found: Int(layout.rawValue), expected: "HR_HWIO, HR_OIHW or HR_OHWI")
    }
  }
}

extension ConvolutionPass {
  init(_ pass: hr_conv_pass) throws(CallError) {
    switch pass {
    case HR_CONV_FORWARD: self = .forward
    case HR_CONV_BACKWARD_DATA: self = .backwardData
    case HR_CONV_BACKWARD_WEIGHTS: self = .backwardWeights
    default:
      throw .unknownValue(
        name: "pass", found: Int(pass.rawValue),
        expected: "HR_CONV_FORWARD, HR_CONV_BACKWARD_DATA or HR_CONV_BACKWARD_WEIGHTS")
    }
  }
}

extension SelectionOptions {
  /// Takes over what C sets. Inlined whole, names as plain values: the options then never lie in memory, and a one-shot call need not wait for
  /// a copy of them.
  @inline(__always)
  mutating func set(_ options: hr_options) throws(CallError) {
    if let name = options.max_isa {
      maxISA = try headroom { () throws(HeadroomError) in try ISA(parsing: String(cString: name)) }
    }
    if let name = options.variant { variantName = ShortName(String(cString: name)) }
    if let name = options.microkernel { microkernelName = ShortName(String(cString: name)) }
    if options.threads != 0 { threads = Int(options.threads) }
    let (mc, nc, kc) = (Int(options.blocking.mc), Int(options.blocking.nc), Int(options.blocking.kc))
    if (mc, nc, kc) != (0, 0, 0) { blocking = Blocking(mc: mc, nc: nc, kc: kc) }
    if options.without_winograd { allowsWinograd = false }
    if options.workspace_limit != 0 { workspaceLimit = Int(options.workspace_limit) }
  }
}

extension Batch {
  /// The strides of a single product mean nothing.
  @inline(__always)
  init(_ batch: hr_batch) {
    self =
      batch.count == 1
      ? Batch() : Batch(count: Int(batch.count), aStride: Int(batch.a), bStride: Int(batch.b), cStride: Int(batch.c))
  }
}

extension Extent {
  init(_ extent: hr_extent) {
    self.init(depth: extent.depth == 0 ? 1 : Int(extent.depth), height: Int(extent.height), width: Int(extent.width))
  }
}

extension Padding {
  init(_ padding: hr_padding) {
    self.init(
      front: Int(padding.front), back: Int(padding.back), top: Int(padding.top), bottom: Int(padding.bottom),
      left: Int(padding.left), right: Int(padding.right))
  }
}

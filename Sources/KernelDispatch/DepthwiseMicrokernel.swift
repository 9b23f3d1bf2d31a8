import CKernels
public import Tensors

/// A row of the table of depthwise micro-kernels.
public struct DepthwiseMicrokernel: Sendable {
  public let name: String
  public let isa: ISA
  public let language: Language
  /// Of input and weights; sums are fp32.
  public let inputType: ElementType
  /// Whether vectors run along the channels (NHWC), or along a row of one channel's image (NCHW).
  public let channelsLast: Bool
  /// Input and output channels of a group.
  public let group: Int
  /// Outputs in a vector.
  public let lanes: Int
  let run: ck_depthwise_fn
  /// Of the gradient of the weights; `nil`: it has none.
  let runGradient: ck_depthwise_fn?

  /// Whose outputs are bf16; `nil`: it has none.
  let runNarrow: ck_depthwise_narrow_fn?

  /// Whether the gradient of the weights takes several rows of taps in one pass (CK_TAP_ROWS), for which there must be 32 registers, by the kernels that
  /// know how many taps a row has.
  func takesSeveralRows(of shape: ConvolutionShape) -> Bool {
    let isKnown = [3, 5, 7].contains(shape.kernel.width) && shape.dilation.width == 1 && shape.stride.width <= 2
    return channelsLast && group == 1 && isa >= .avx512 && isKnown && shape.outputChannels.isMultiple(of: lanes)
  }

  init(_ row: ck_depthwise, in language: Language) {
    name = String(cString: row.name)
    isa = ISA(row.isa)
    self.language = language
    inputType = ElementType(row.in)
    channelsLast = row.channels == CK_CHANNELS_LAST
    group = Int(row.group)
    lanes = Int(row.lanes)
    run = row.run
    runGradient = row.run_gradient
    runNarrow = row.run_narrow
  }
}

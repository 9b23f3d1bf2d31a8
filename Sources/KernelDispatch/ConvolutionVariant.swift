/// A way to run a convolution: an algorithm, and the variants of matrix multiply whose micro-kernels and packing serve it.
public struct ConvolutionVariant: Sendable, Hashable {
  enum Algorithm: Sendable, Hashable {
    /// Matrix products of the operands where they lie.
    case pointwise
    /// Matrix products whose panels are packed out of the image.
    case implicitGEMM
    /// Of the matrix of patches of the image, written out whole.
    case im2col
    /// A matrix product whose rows are patches of what is written.
    case patches
    case direct
    /// `turned`: with vectors along the channels of images that lie channels first.
    case depthwise(turned: Bool)
    /// Tiles of so many outputs along each axis by fewer multiplications.
    case winograd(outputs: Int)
    /// The gradient of the weights: a product for each place of the kernel.
    case weights
    /// That of a 1x1 kernel, as a matrix product over all pixels.
    case pointwiseWeights
    /// The same of any kernel, over the patches of all pixels, written out whole.
    case im2colWeights
    /// The same by tiles of so many outputs along each axis.
    case winogradWeights(outputs: Int)
    /// That of a filter for each channel.
    case depthwiseWeights(turned: Bool)
    /// As `depthwise`, of groups of 4 or 8 channels.
    case grouped(turned: Bool)
    case groupedWeights(turned: Bool)

    /// Whether its micro-kernels are those of depthwise convolution, not those of matrix multiply.
    var isDepthwise: Bool {
      switch self {
      case .depthwise, .depthwiseWeights, .grouped, .groupedWeights: true
      case .pointwise, .implicitGEMM, .im2col, .patches, .direct, .winograd, .weights, .winogradWeights, .pointwiseWeights,
        .im2colWeights:
        false
      }
    }
    /// Whether channels are turned round before vectors run along them.
    var turnsChannels: Bool {
      switch self {
      case .depthwise(let turned), .depthwiseWeights(let turned), .grouped(let turned), .groupedWeights(let turned): turned
      case .pointwise, .implicitGEMM, .im2col, .patches, .direct, .winograd, .weights, .winogradWeights, .pointwiseWeights,
        .im2colWeights:
        false
      }
    }
    /// Whether a group of its kernels has more than one channel.
    var isGrouped: Bool {
      switch self {
      case .grouped, .groupedWeights: true
      case .pointwise, .implicitGEMM, .im2col, .patches, .direct, .winograd, .depthwise, .weights, .winogradWeights,
        .depthwiseWeights,
        .pointwiseWeights, .im2colWeights:
        false
      }
    }
    /// Whether the matrix of patches is written out.
    var writesPatches: Bool { self == .im2col || self == .im2colWeights }
    var isOfWeights: Bool {
      switch self {
      case .weights, .winogradWeights, .depthwiseWeights, .groupedWeights, .pointwiseWeights, .im2colWeights: true
      case .pointwise, .implicitGEMM, .im2col, .patches, .direct, .winograd, .depthwise, .grouped: false
      }
    }
  }

  public let name: String
  let algorithm: Algorithm
  /// By name; each with its micro-kernels is a candidate. Depthwise ones have micro-kernels of their own.
  let products: [String]
  public let summary: String

  /// Of Winograd's algorithm, outputs along each axis of a tile; `nil` of any other.
  package var winogradOutputs: Int? {
    switch algorithm {
    case .winograd(let outputs), .winogradWeights(let outputs): outputs
    default: nil
    }
  }

  /// Every variant. A row here is all that dispatch needs to consider one.
  public static let all = [
    ConvolutionVariant(
      name: "pointwise", algorithm: .pointwise, products: Variant.all.map(\.name), summary: "a 1x1 kernel as a matrix product"),
    ConvolutionVariant(
      name: "direct", algorithm: .direct, products: ["outer.direct"],
      summary: "tiles of an output row, summed over the kernel; weights where they lie"),
    ConvolutionVariant(
      name: "direct.packed", algorithm: .direct, products: ["outer.packed-b", "pair.packed-b", "matrix.packed-b"],
      summary: "the same with panels of weights"),
    ConvolutionVariant(
      name: "direct.widened", algorithm: .direct, products: ["outer.widened"],
      summary: "the same with bf16 widened to fp32: exact products, fp32 sums, one rounding on store"),
    ConvolutionVariant(
      name: "implicit-gemm.packed", algorithm: .implicitGEMM, products: ["outer.packed-b", "outer.packed"],
      summary: "a matrix product whose panels are packed out of the image"),
    ConvolutionVariant(
      name: "implicit-gemm.widened", algorithm: .implicitGEMM, products: ["outer.widened"],
      summary: "the same with bf16 widened to fp32"),
    ConvolutionVariant(
      name: "im2col", algorithm: .im2col, products: ["outer.packed-b", "outer.widened", "pair.packed-b", "matrix.packed-b"],
      summary: "a matrix product of the image's patches, which are written out first"),
    ConvolutionVariant(
      name: "patches", algorithm: .patches, products: Variant.all.map(\.name),
      summary:
        "the input's gradient of a kernel as large as its stride, as a matrix product whose rows are copied to their patches"),
    winograd(2), winograd(4), winograd(6),
    ConvolutionVariant(
      name: "depthwise", algorithm: .depthwise(turned: false), products: [],
      summary: "a filter for each channel, the input where it lies, padding skipped"),
    ConvolutionVariant(
      name: "depthwise.turned", algorithm: .depthwise(turned: true), products: [],
      summary: "the same with bands of NCHW turned round for vectors along channels"),
    ConvolutionVariant(
      name: "grouped", algorithm: .grouped(turned: false), products: [],
      summary: "groups of 4 or 8 channels by vectors of whole groups, the input where it lies, padding skipped"),
    ConvolutionVariant(
      name: "grouped.turned", algorithm: .grouped(turned: true), products: [],
      summary: "the same with bands of NCHW turned round for vectors along channels"),
    ConvolutionVariant(
      name: "weights.direct", algorithm: .weights, products: ["outer.direct"],
      summary: "a product for each place of the kernel, summed over bands of rows; the output's gradient where it lies"),
    ConvolutionVariant(
      name: "weights.packed", algorithm: .weights, products: ["outer.packed", "pair.packed", "matrix.packed-b"],
      summary: "the same with panels of the gradient"),
    ConvolutionVariant(
      name: "weights.widened", algorithm: .weights, products: ["outer.widened"],
      summary: "the same with bf16 widened to fp32"),
    ConvolutionVariant(
      name: "weights.pointwise", algorithm: .pointwiseWeights, products: Variant.all.map(\.name),
      summary: "that of a 1x1 kernel as a matrix product over all pixels"),
    ConvolutionVariant(
      name: "weights.im2col", algorithm: .im2colWeights,
      products: ["outer.packed", "outer.widened", "pair.packed", "matrix.packed"],
      summary: "that of any kernel as a matrix product over all pixels, of the image's patches, which are written out first"),
    winogradWeights(2), winogradWeights(4), winogradWeights(6),
    ConvolutionVariant(
      name: "weights.depthwise", algorithm: .depthwiseWeights(turned: false), products: [],
      summary: "the gradient of a filter for each channel, input and gradient where they lie"),
    ConvolutionVariant(
      name: "weights.depthwise.turned", algorithm: .depthwiseWeights(turned: true), products: [],
      summary: "the same with bands of NCHW turned round for vectors along channels"),
    ConvolutionVariant(
      name: "weights.grouped", algorithm: .groupedWeights(turned: false), products: [],
      summary: "the gradient of groups of 4 or 8 channels by vectors of whole groups"),
    ConvolutionVariant(
      name: "weights.grouped.turned", algorithm: .groupedWeights(turned: true), products: [],
      summary: "the same with bands of NCHW turned round for vectors along channels"),
  ]

  private static func winograd(_ outputs: Int) -> ConvolutionVariant {
    let points = (outputs + 2) * (outputs + 2)
    return ConvolutionVariant(
      name: "winograd.\(outputs)x\(outputs)", algorithm: .winograd(outputs: outputs),
      products: ["outer.packed-b", "outer.widened"],
      summary:
        "3x3 by \(points) multiplications for \(outputs * outputs) outputs instead of \(9 * outputs * outputs), in fp32; another error bound"
    )
  }

  private static func winogradWeights(_ outputs: Int) -> ConvolutionVariant {
    ConvolutionVariant(
      name: "weights.winograd.\(outputs)x\(outputs)", algorithm: .winogradWeights(outputs: outputs),
      products: ["outer.packed", "outer.widened"],
      summary:
        "the gradient of 3x3 by tiles of \(outputs * outputs) outputs, whose points are summed over all tiles, in fp32; another error bound"
    )
  }
}

import CKernels
public import Tensors

/// A row of the table of depthwise micro-kernels.
public struct DepthwiseMicrokernel: Sendable {
  /// What its vectors run along.
  public enum Channels: String, Sendable, Hashable {
    case last
    case first
  }

  public let name: String
  public let channels: Channels
  public let isa: ISA
  /// Of input and weights.
  public let inputType: ElementType
  /// Outputs in a vector.
  public let lanes: Int
  let run: ck_depthwise_fn?
}
enum XLang { case c, swift }
extension DepthwiseMicrokernel { var language: XLang { .c } }
extension KernelTable { public var depthwise: [DepthwiseMicrokernel] { [] } }

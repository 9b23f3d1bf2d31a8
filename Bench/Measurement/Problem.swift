import Tensors
import Workloads

/// What contestants compute.
public enum Problem: Sendable, Hashable {
  case product(GEMMShape)
  /// Input and output lie alike; weights as is usual beside them: `oihw` beside `nchw`, `hwio` beside `nhwc`.
  case convolution(ConvolutionShape, ImageLayout, ConvolutionPass = .forward)

  /// `gemm`, `conv`, and of its gradients `conv backward-data`, `conv backward-weights`.
  public var op: String {
    switch self {
    case .product: "gemm"
    case .convolution(_, _, let pass): pass == .forward ? "conv" : "conv \(pass.rawValue)"
    }
  }

  /// Which of a convolution's tensors is computed; `nil` of products.
  public var pass: ConvolutionPass? {
    switch self {
    case .product: nil
    case .convolution(_, _, let pass): pass
    }
  }

  /// How a convolution's images lie in memory.
  public var layout: ImageLayout? {
    switch self {
    case .product: nil
    case .convolution(_, let layout, _): layout
    }
  }

  /// The operations of the textbook algorithm; those of a convolution with its padding are not counted.
  public var operations: Double {
    switch self {
    case .product(let shape): shape.operations
    case .convolution(let shape, _, _): shape.operations
    }
  }

  /// The bytes of the operands and the result together.
  public func footprintBytes(_ format: NumericFormat) -> Int {
    switch self {
    case .product(let shape): shape.footprintBytes(format)
    case .convolution(let shape, _, let pass): shape.footprintBytes(format, pass)
    }
  }

  /// Operations per byte when each operand and the result is touched once.
  public func intensity(_ format: NumericFormat) -> Double {
    operations / Double(max(footprintBytes(format), 1))
  }
}

/// A problem and the name that a suite gives it.
public struct NamedProblem: Sendable, Hashable {
  /// Such as `bert-base.ffn-up.tok8`.
  public var name: String?
  public var problem: Problem

  public init(name: String? = nil, _ problem: Problem) {
    self.name = name
    self.problem = problem
  }

  public init(_ entry: Suite.Entry) { self.init(name: entry.name, .product(entry.shape)) }

  /// For messages: the name, or else the problem.
  public var title: String { name ?? problem.description }
}

extension Problem: CustomStringConvertible {
  /// As the command line takes it.
  public var description: String {
    switch self {
    case .product(let shape): shape.description
    case .convolution(let shape, _, _): shape.description
    }
  }
}

extension Problem {
  /// Operands of their own, filled from `seed`.
  ///
  /// - Parameter leadingPadding: elements between the end of a matrix's stored row and the start of the next; images and weights have no gaps.
  /// - Throws: `BenchError.outOfMemory`, also for more than the machine has.
  public func operands(format: NumericFormat, seed: UInt64, leadingPadding: Int = 0) throws(BenchError) -> any Operands {
    switch self {
    case .product(let shape):
      try GEMMOperands(shape: shape, format: format, seed: seed, leadingPadding: leadingPadding)
    case .convolution(let shape, let layout, let pass):
      try ConvolutionOperands(shape: shape, layout: layout, pass: pass, format: format, seed: seed)
    }
  }
}

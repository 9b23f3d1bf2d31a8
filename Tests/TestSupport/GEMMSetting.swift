import Oracle
import Tensors

/// One matrix product as a test sees it: sizes, types, layouts, factors and how the operands are filled.
public struct GEMMSetting: Sendable, Hashable, CustomStringConvertible {
  public enum Bias: Sendable, Hashable, CaseIterable {
    case none, perRow, perColumn
  }

  /// How operands are filled, and with it how exactly the result is known.
  public enum Data: Sendable, Hashable {
    /// Small integers: the result must be the exact value, rounded once.
    case integers
    /// Random numbers: the result must lie within the bound.
    case uniform
  }

  public var m: Int
  public var n: Int
  public var k: Int
  public var a = Arrangement.rowMajor
  public var b = Arrangement.rowMajor
  public var c = Arrangement.rowMajor
  public var inputType = ElementType.float32
  public var outputType = ElementType.float32
  public var alpha = 1.0
  public var beta = 0.0
  public var scale = 1.0
  public var bias = Bias.none
  public var activation = ReferenceActivation.none
  public var hasResidual = false
  public var precision = ReferencePrecision.full
  public var data = Data.integers
  public var placement = GuardedBuffer.Placement.flushWithEnd

  public init(_ m: Int, _ n: Int, _ k: Int, with change: (inout GEMMSetting) -> Void = { _ in }) {
    self.m = m
    self.n = n
    self.k = k
    change(&self)
  }

  public func with(_ change: (inout GEMMSetting) -> Void) -> GEMMSetting {
    var copy = self
    change(&copy)
    return copy
  }

  public var accumulator: ElementType { inputType.accumulator }
  public var layoutA: MatrixLayout { a.layout(rows: m, columns: k) }
  public var layoutB: MatrixLayout { b.layout(rows: k, columns: n) }
  public var layoutC: MatrixLayout { c.layout(rows: m, columns: n) }

  /// How near the result must be to the exact value.
  public var tolerance: Tolerance { data == .integers && activation.isExact ? .exact : .statistical }

  public var description: String {
    var words = ["\(m)x\(n)x\(k)", "\(inputType.rawValue)->\(outputType.rawValue)", "A \(a), B \(b), C \(c)"]
    if alpha != 1 { words.append("alpha \(alpha)") }
    if beta != 0 { words.append("beta \(beta)") }
    if scale != 1 { words.append("scale \(scale)") }
    if bias != .none { words.append("bias \(bias)") }
    if activation != .none { words.append("\(activation)") }
    if precision != .full { words.append("\(precision)") }
    if hasResidual { words.append("residual") }
    words.append("\(data), \(placement)")
    return words.joined(separator: ", ")
  }
}

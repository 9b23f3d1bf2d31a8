import Glibc

/// What follows the linear part of an epilogue, by its definition in Double: clamp(act(x)). NaN stays.
public struct ReferenceActivation: Sendable, Hashable {
  public enum Function: Sendable, CaseIterable {
    case none, relu, geluTanh, geluErf, silu
  }

  public static let none = ReferenceActivation()
  public static let relu = ReferenceActivation(.relu)

  public var function: Function
  public var clamp: ClosedRange<Double>?

  public init(_ function: Function = .none, clamp: ClosedRange<Double>? = nil) {
    self.function = function
    self.clamp = clamp
  }

  /// Whether sums of results are results of sums.
  var isLinear: Bool { self == .none }

  /// Whether exact numbers have exact results.
  public var isExact: Bool { function == .none || function == .relu }

  /// How much an error of x may grow: at least the function's steepest slope, which is below 1.13 for each.
  var growth: Double { isExact ? 1 : 1.13 }

  public func callAsFunction(_ x: Double) -> Double {
    let value = activated(x)
    guard let clamp, !value.isNaN else { return value }
    return min(max(value, clamp.lowerBound), clamp.upperBound)
  }

  private func activated(_ x: Double) -> Double {
    // The limit, where the formulas have infinity times 0.
    if x == -.infinity && function != .none { return 0 }
    switch function {
    case .none: return x
    case .relu: return x < 0 ? 0 : x
    case .geluTanh: return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .geluErf: return 0.5 * x * erfc(-x / 2.0.squareRoot())
    case .silu: return x / (1 + exp(-x))
    }
  }
}

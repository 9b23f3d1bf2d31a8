import Headroom
import Oracle
import TestSupport

extension GEMMSetting {
  func descriptor(_ options: SelectionOptions = SelectionOptions()) -> GEMMDescriptor {
    var descriptor = GEMMDescriptor(a: layoutA, b: layoutB, c: layoutC, inputType: inputType, outputType: outputType)
    descriptor.alpha = alpha
    descriptor.beta = beta
    let bias: Epilogue.Bias =
      switch bias {
      case .none: .none
      case .perRow: .perRow
      case .perColumn: .perColumn
      }
    descriptor.epilogue = Epilogue(
      scale: scale, bias: bias, activation: .init(activation.function), clamp: activation.clamp, hasResidual: hasResidual)
    descriptor.precision = Precision(rawValue: precision.rawValue) ?? .full
    descriptor.options = options
    return descriptor
  }
}

extension Epilogue.Activation {
  init(_ function: ReferenceActivation.Function) {
    self =
      switch function {
      case .none: .none
      case .relu: .relu
      case .geluTanh: .geluTanh
      case .geluErf: .geluErf
      case .silu: .silu
      }
  }
}

extension ReferenceActivation {
  /// One of each kind, and clamps after them.
  static let kinds =
    Function.allCases.map { ReferenceActivation($0) } + [
      ReferenceActivation(.none, clamp: -3...2), ReferenceActivation(.relu, clamp: 0...6),
      ReferenceActivation(.relu, clamp: -5 ... -1),
      ReferenceActivation(.silu, clamp: -0.1...1),
    ]
}

extension GEMMPlan {
  /// Runs on a trial's memory.
  func run(_ trial: GEMMTrial, workspace: UnsafeMutableRawPointer? = nil) throws(HeadroomError) {
    try execute(
      a: trial.a.view.base, b: trial.b.view.base, c: trial.c.view.base, bias: trial.bias.map { UnsafeRawPointer($0.view.base) },
      residual: trial.residual.map { UnsafeRawPointer($0.view.base) },
      workspace: workspace)
  }
}

/// Runs a setting as dispatch chooses and says what is wrong with the result; `nil` if nothing is.
func finding(_ setting: GEMMSetting, _ options: SelectionOptions = SelectionOptions(), seed: UInt64 = 1) throws -> String? {
  let trial = try GEMMTrial(setting, seed: seed)
  let plan = try GEMMPlan(setting.descriptor(options))
  try plan.run(trial)
  return trial.finding().map { "\(plan.selection): \($0)" }
}

/// A value that cycles with an index, at its own period.
func choice<Value>(_ index: Int, _ values: [Value]) -> Value { values[index % values.count] }

import Oracle
import Tensors

/// The memory of one product and the check of what an implementation leaves in it.
public final class GEMMTrial {
  public let setting: GEMMSetting
  public let a: GuardedMatrix
  public let b: GuardedMatrix
  public let c: GuardedMatrix
  /// The bias in the accumulator's type; no matrix if there is none.
  public let bias: GuardedMatrix?
  /// Laid out as C; no matrix if there is none.
  public let residual: GuardedMatrix?
  public let reference: GEMMReference
  private let inputs: [(name: String, matrix: GuardedMatrix, bytes: [UInt8])]

  public init(_ setting: GEMMSetting, seed: UInt64 = 1) throws {
    self.setting = setting
    let fill = setting.data == .integers ? Fill.integers(depth: setting.k) : .uniform
    func matrix(_ layout: MatrixLayout, _ type: ElementType, _ seed: UInt64) throws -> GuardedMatrix {
      let matrix = try GuardedMatrix(layout, type: type, placement: setting.placement)
      matrix.view.fill(fill, seed: seed)
      return matrix
    }
    a = try matrix(setting.layoutA, setting.inputType, seed)
    b = try matrix(setting.layoutB, setting.inputType, seed + 1)
    c = try GuardedMatrix(setting.layoutC, type: setting.outputType, placement: setting.placement)
    bias =
      switch setting.bias {
      case .none: nil
      case .perRow: try matrix(.rowMajor(rows: 1, columns: setting.m), setting.accumulator, seed + 3)
      case .perColumn: try matrix(.rowMajor(rows: 1, columns: setting.n), setting.accumulator, seed + 3)
      }
    residual = setting.hasResidual ? try matrix(setting.layoutC, setting.outputType, seed + 4) : nil
    if setting.beta != 0 { c.view.fill(fill, seed: seed + 2) }
    reference = Self.reference(setting, a: a, b: b, c: c, bias: bias, residual: residual)
    inputs = [("A", a), ("B", b), ("bias", bias), ("residual", residual)].compactMap { name, matrix in
      matrix.map { (name, $0, $0.bytes) }
    }
  }

  private static func reference(
    _ setting: GEMMSetting, a: GuardedMatrix, b: GuardedMatrix, c: GuardedMatrix, bias: GuardedMatrix?, residual: GuardedMatrix?
  ) -> GEMMReference {
    let values = bias?.view.readOnly.values() ?? []
    let axis: ReferenceEpilogue.Bias =
      switch setting.bias {
      case .none: .none
      case .perRow: .perRow(values)
      case .perColumn: .perColumn(values)
      }
    var reference = GEMMReference(
      a: a.view.readOnly, b: b.view.readOnly, alpha: setting.alpha, beta: setting.beta,
      before: setting.beta == 0 ? [] : c.view.readOnly.values(),
      epilogue: ReferenceEpilogue(
        scale: setting.scale, bias: axis, residual: residual?.view.readOnly.values(), activation: setting.activation))
    reference.precision = setting.precision
    return reference
  }

  /// Puts C back to what it was: its old values, or NaN throughout when beta is 0.
  public func reset() {
    Poison.fill(c.buffer.bytes)
    if setting.beta == 0 { return }
    for row in 0..<setting.m {
      for column in 0..<setting.n { c.view[row, column] = reference.before[row * setting.n + column] }
    }
  }

  /// What is wrong after a run, in words; `nil` if the product is right and nothing else was written.
  public func finding(tolerance: Tolerance? = nil, coverage: Coverage = .automatic) -> String? {
    let chosen = tolerance ?? setting.tolerance
    if case .failed(let mismatch) = reference.verify(c.view.readOnly, tolerance: chosen, coverage: coverage) {
      return "\(setting): \(mismatch)"
    }
    if let byte = c.disturbance { return "\(setting): byte \(byte) of C was written, which is none of its elements" }
    for (name, matrix, bytes) in inputs where matrix.bytes != bytes {
      return "\(setting): \(name) was written"
    }
    return nil
  }
}

import Headroom
import TestSupport
import Testing

/// One way through the library, forced: a variant with a micro-kernel, for one pair of element types.
struct Route: Sendable, CustomTestStringConvertible {
  let variant: String
  let microkernel: Microkernel
  let inputType: ElementType
  let outputType: ElementType

  var testDescription: String { "\(variant) with \(microkernel.name), \(inputType.rawValue) to \(outputType.rawValue)" }

  static let types: [(input: ElementType, output: ElementType)] = [
    (.float32, .float32), (.float64, .float64), (.bfloat16, .float32), (.bfloat16, .bfloat16),
  ]

  /// Every route that this machine and HEADROOM_MAX_ISA allow, from the tables alone: a new row or variant turns up by itself.
  static let all: [Route] = types.flatMap { input, output in
    guard let candidates = try? explain(small(input, output).descriptor()) else { return [Route]() }
    return candidates.map {
      Route(variant: $0.variant.name, microkernel: $0.microkernel, inputType: input, outputType: output)
    }.filter { (try? GEMMPlan($0.compatible(small(input, output)).descriptor($0.options))) != nil }
  }

  private static func small(_ input: ElementType, _ output: ElementType) -> GEMMSetting {
    GEMMSetting(4, 4, 4) { ($0.inputType, $0.outputType) = (input, output) }
  }

  var options: SelectionOptions {
    var options = SelectionOptions(variant: variant, microkernel: microkernel.name)
    // Rows of one vector run only where a register tile is not wanted.
    if microkernel.family == .outer && microkernel.mr == 1 { options.without = .registerTile }
    return options
  }

  /// The setting as stored where every family can read it: A along K, B along K for `dot` and along N for the others.
  func compatible(_ setting: GEMMSetting) -> GEMMSetting {
    setting.with {
      $0.a = .paddedRowMajor
      $0.b = microkernel.family == .dot ? .paddedColumnMajor : .paddedRowMajor
      // A C with unit stride along M would be computed transposed; a tight column has that too.
      if $0.c != .spread && ($0.c != .rowMajor || $0.n == 1) { $0.c = .paddedRowMajor }
      if microkernel.kr > 1 { $0.k = ($0.k + 1) / 2 * 2 }
    }
  }

  /// A plan for the setting by this route; if its layouts are none that the route can read, for a compatible one.
  func plan(_ setting: GEMMSetting, blocking: Blocking? = nil, threads: Int = 1) throws -> (GEMMSetting, GEMMPlan) {
    var options = options
    options.blocking = blocking
    (options.threads, options.keepsThreads) = (threads, true)
    do throws(HeadroomError) {
      return (setting, try GEMMPlan(setting.descriptor(options)))
    } catch .noCandidate {
      let setting = compatible(setting)
      return (setting, try GEMMPlan(setting.descriptor(options)))
    } catch {
      throw error
    }
  }
}

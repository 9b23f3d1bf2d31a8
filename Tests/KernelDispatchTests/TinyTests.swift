import KernelDispatch
import Tensors
import Testing

@Suite("Tiny products")
struct TinyTests {
  @Test("The short way selects what ranking all candidates would", arguments: ISA.allCases)
  func sameSelection(isa: ISA) throws {
    let dispatch = SyntheticMachine.dispatch(isa, threads: 2)
    for (m, n, k) in [
      (1, 1, 1), (1, 24, 24), (8, 8, 8), (3, 23, 17), (24, 1, 24), (24, 24, 1), (20, 20, 20), (32, 16, 16), (21, 21, 21),
      (23, 5, 13),
    ] {
      for format in ["f32", "f64", "bf16f32", "bf16"] {
        var descriptor = try #require(GEMMDescriptor(line: "\(m)x\(n)x\(k) \(format)"))
        let short = try dispatch.select(descriptor)
        let ranked = try dispatch.explain(descriptor)
        let predictions: [Double] = ranked.compactMap {
          switch $0.outcome {
          case .chosen(_, let seconds), .slower(let seconds): seconds
          case .rejected: nil
          }
        }
        #expect(predictions.first == predictions.min(), "\(m)x\(n)x\(k) \(format) \(short)")
        // By name it goes the long way.
        descriptor.options.variant = short.variant
        descriptor.options.microkernel = short.microkernel
        #expect(try dispatch.select(descriptor) == short)
      }
    }
  }
}

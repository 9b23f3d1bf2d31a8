import KernelDispatch
import Oracle
import Rungs
import Tensors
import TestSupport
import Testing

@Suite("Convolution rungs")
struct ConvolutionRungTests {
  static var usable: [ConvolutionRung] { ConvolutionRung.all.filter { $0.isa <= Machine.current.isa } }

  static let shapes = [
    ConvolutionShape(inputChannels: 1, height: 1, width: 1, outputChannels: 1, kernel: Extent(1)),
    ConvolutionShape(batch: 0, inputChannels: 2, height: 3, width: 3, outputChannels: 2, kernel: Extent(1)),
    ConvolutionShape(
      batch: 2, inputChannels: 5, height: 13, width: 11, outputChannels: 7, kernel: Extent(3), padding: Padding(1)),
    ConvolutionShape(batch: 2, inputChannels: 17, height: 7, width: 5, outputChannels: 19, kernel: Extent(1), stride: Extent(2)),
    ConvolutionShape(
      batch: 3, inputChannels: 6, height: 11, width: 17, outputChannels: 9, kernel: Extent(height: 3, width: 2),
      stride: Extent(height: 2, width: 3), padding: Padding(top: 4, bottom: 0, left: 1, right: 5),
      dilation: Extent(height: 2, width: 3), groups: 3),
    ConvolutionShape(
      inputChannels: 5, height: 9, width: 8, outputChannels: 10, kernel: Extent(3), padding: Padding(1), groups: 5),
  ]

  @Test("Every rung convolves integers exactly, in both layouts, and touches nothing else", arguments: usable)
  func exact(rung: ConvolutionRung) throws {
    for shape in Self.shapes {
      for layout in ImageLayout.allCases {
        for placement in GuardedBuffer.Placement.allCases {
          let trial = try ConvolutionTrial(
            ConvolutionSetting(shape) {
              ($0.inputLayout, $0.outputLayout, $0.placement) = (layout, layout, placement)
              $0.weightLayout = layout == .nchw ? .oihw : .hwio
            })
          let finding = trial.finding { pointers in
            let call = rung.bind(
              ConvolutionRungProblem(
                shape: shape, layout: layout, input: pointers.input.assumingMemoryBound(to: Float.self),
                weights: pointers.weights.assumingMemoryBound(to: Float.self),
                output: pointers.output.assumingMemoryBound(to: Float.self)))
            // Twice: the second call finds what the first left in its matrix.
            call()
            call()
          }
          #expect(finding == nil, "\(rung.name) for \(rung.isa.name)")
        }
      }
    }
  }

  @Test("The ladder's rungs are there for every instruction set of the architecture, each once")
  func table() {
    let levels = Rung.all.filter { $0.name == "ikj.c" }.map(\.isa)
    for name in ["naive-direct.c", "naive-direct-o3.c", "im2col.c", "im2col-o3.c"] {
      #expect(ConvolutionRung.all.filter { $0.name == name }.map(\.isa) == levels, "\(name)")
    }
    for name in ["naive-direct.swift", "im2col.swift"] {
      #expect(ConvolutionRung.all.filter { $0.name == name }.count == 1, "\(name)")
    }
    #expect(ConvolutionRung.all.count == 4 * levels.count + 2)
  }

  @Test("A rung says how it was compiled", arguments: ConvolutionRung.all)
  func described(rung: ConvolutionRung) {
    #expect(rung.note.contains(rung.flags) && rung.note.contains(rung.compiler))
    #expect(rung.note.contains("not vectorised") && rung.techniques.isEmpty && !rung.usesThreads)
    if rung.name.hasSuffix(".c") { #expect(rung.flags.hasPrefix(rung.name.hasSuffix("-o3.c") ? "-O3 " : "-O2 ")) }
  }
}

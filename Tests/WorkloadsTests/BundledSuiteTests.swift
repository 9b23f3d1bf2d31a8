import Foundation
import Testing
import Workloads

@Suite("Bundled suites")
struct BundledSuiteTests {
  @Test("Every file in Shapes is bundled, with a title, names and no shape twice")
  func complete() throws {
    let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Bench/Workloads/Shapes").standardized
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }
    let products = try Workloads.Suite.bundled
    let convolutions = try ConvolutionSuite.bundled
    // Those with 16 images are made of those with one.
    let names = products.map(\.name) + convolutions.map(\.name).filter { !$0.hasSuffix("-b16") }
    #expect(names.map { "\($0).txt" }.sorted() == files.sorted())
    for suite in products { try Self.check(suite) }
    for suite in convolutions { try Self.check(suite) }
  }

  private static func check<Shape>(_ suite: WorkloadSuite<Shape>) throws {
    #expect(suite.title != suite.name)
    #expect(Set(suite.entries.map(\.shape)).count == suite.entries.count, "\(suite.name)")
    #expect(suite.entries.allSatisfy { $0.name != nil }, "\(suite.name)")
    #expect(try WorkloadSuite<Shape>.named(suite.name) == suite)
  }

  @Test("An unknown name is refused with the known ones")
  func unknown() throws {
    let known = try Workloads.Suite.bundled.map(\.name)
    #expect(throws: WorkloadError.unknownSuite(name: "sqares", known: known)) { try Workloads.Suite.named("sqares") }
  }

  @Test("The sweep has the sizes where kernels stumble: odd, prime, powers of two and their neighbours")
  func squares() throws {
    let shapes = try Workloads.Suite.named("squares").entries.map(\.shape)
    #expect(shapes.allSatisfy { $0.m == $0.n && $0.n == $0.k && !$0.transposeA && !$0.transposeB })
    let sizes = shapes.map(\.m)
    #expect(sizes == sizes.sorted())
    #expect(Set(sizes).isSuperset(of: [1, 127, 128, 129, 960, 1000, 1021, 1024, 1025, 1536, 2048, 4096]))
  }

  @Test(
    "The products of a transformer's layer have its number of parameters",
    arguments: [
      // Q, K, V, output, and the feed-forward network up and down.
      ("bert-base", 4 * 768 * 768 + 2 * 768 * 3072, ["qkv": 1, "attention-output": 1, "ffn-up": 1, "ffn-down": 1]),
      // Q, K, V and output are of one shape; gate and up of another.
      ("llama-7b", 4 * 4096 * 4096 + 3 * 4096 * 11008, ["attention": 4, "gate-up": 2, "down": 1]),
    ])
  func transformers(name: String, parameters: Int, uses: [String: Int]) throws {
    let entries = try Workloads.Suite.named(name).entries
    for tokens in [1, 8, 128, 512] {
      let layer = entries.filter { $0.shape.m == tokens }
      #expect(layer.allSatisfy { $0.shape.transposeB && !$0.shape.transposeA })
      let counted = layer.map { entry in
        let parts = (entry.name ?? "").split(separator: ".")
        #expect(parts.first.map(String.init) == name && parts.last == "tok\(tokens)")
        return entry.shape.n * entry.shape.k * uses[String(parts[1]), default: 0]
      }
      #expect(counted.reduce(0, +) == parameters, "\(tokens) tokens")
    }
    #expect(Set(entries.map(\.shape.m)) == [1, 8, 128, 512])
  }

  @Test("ResNet-50's products are those of its architecture, and have its 4.09 billion multiply-adds")
  func resnet() throws {
    let network = ResNet50.convolutions()
    let suite = try Workloads.Suite.named("resnet50-im2col").entries.map(\.shape)
    #expect(Set(suite) == Set(network))
    // torchvision documents 4.09 GMAC for resnet50, the final 2048x1000 layer included.
    let multiplyAdds = network.reduce(0) { $0 + $1.operations / 2 } + 2048 * 1000
    #expect((multiplyAdds / 1e7).rounded() == 409)
  }

  @Test("The ladders' shapes are few, stored as the textbook has them, with a pair around a power of two")
  func report() throws {
    let shapes = try Workloads.Suite.named("report").entries.map(\.shape)
    #expect(shapes.count <= 6)
    #expect(shapes.allSatisfy { !$0.transposeA && !$0.transposeB })
    #expect(shapes.contains(GEMMShape(m: 1000, n: 1000, k: 1000)) && shapes.contains(GEMMShape(m: 1024, n: 1024, k: 1024)))
  }
}

/// The network layer by layer (He et al. 2015, table 1), the stride of a stage in its first 3x3 convolution.
private enum ResNet50 {
  /// Every convolution on one picture of 224x224, in order, as output channels x output pixels x (input channels x kernel area).
  static func convolutions() -> [GEMMShape] {
    var side = 224
    var channels = 3
    var shapes: [GEMMShape] = []
    func convolve(_ input: Int, to output: Int, kernel: Int, side: Int) {
      shapes.append(GEMMShape(m: output, n: side * side, k: input * kernel * kernel))
    }
    side /= 2
    convolve(channels, to: 64, kernel: 7, side: side)
    channels = 64
    side /= 2  // the pooling
    for (stage, blocks) in [3, 4, 6, 3].enumerated() {
      let width = 64 << stage
      for block in 0..<blocks {
        let entrySide = side
        if stage > 0 && block == 0 { side /= 2 }
        convolve(channels, to: width, kernel: 1, side: entrySide)
        convolve(width, to: width, kernel: 3, side: side)
        convolve(width, to: 4 * width, kernel: 1, side: side)
        if block == 0 { convolve(channels, to: 4 * width, kernel: 1, side: side) }
        channels = 4 * width
      }
    }
    return shapes
  }
}

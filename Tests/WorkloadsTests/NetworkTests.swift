import Tensors
import Testing
import Workloads

/// The bundled networks against their papers.
@Suite("Bundled networks")
struct NetworkTests {
  /// With padding counted, as published totals do.
  private static func multiplyAdds(_ shape: ConvolutionShape) -> Double {
    let taps = shape.channelsPerGroup * shape.kernel.height * shape.kernel.width
    return Double(shape.outputCount) * Double(taps)
  }

  @Test(
    "A network has its published number of layers, multiply-adds and weights",
    arguments: [
      // torchvision documents 4.09 GMAC with the final 2048x1000 layer, 15.47 with VGG's three and 0.30 with MobileNet's 1280x1000.
      ("resnet50", 53, 4_089_184_256 - 2_048_000, 23_454_912), ("vgg16", 13, 15_346_630_656, 14_710_464),
      ("mobilenet-v2", 52, 300_774_272 - 1_280_000, 2_189_760),
    ])
  func totals(name: String, layers: Int, multiplyAdds: Int, weights: Int) throws {
    let entries = try ConvolutionSuite.named(name).entries
    #expect(entries.reduce(0) { $0 + $1.count } == layers)
    #expect(entries.reduce(0) { $0 + Double($1.count) * Self.multiplyAdds($1.shape) } == Double(multiplyAdds))
    #expect(entries.reduce(0) { $0 + $1.count * $1.shape.weightCount } == weights)
  }

  @Test(
    "Layers follow one another: what one reads has the channels and the size that another writes",
    arguments: ["resnet50", "vgg16", "mobilenet-v2"])
  func chained(name: String) throws {
    struct Image: Hashable { let channels, height, width: Int }
    let shapes = try ConvolutionSuite.named(name).entries.map(\.shape)
    var written = Set(shapes.map { Image(channels: $0.outputChannels, height: $0.outputHeight, width: $0.outputWidth) })
    // The picture, and what pooling makes of an output.
    written.formUnion(written.map { Image(channels: $0.channels, height: $0.height / 2, width: $0.width / 2) })
    written.insert(Image(channels: 3, height: 224, width: 224))
    for shape in shapes {
      #expect(written.contains(Image(channels: shape.inputChannels, height: shape.height, width: shape.width)), "\(shape)")
    }
  }

  @Test("ResNet-50's convolutions are the products of its im2col suite, without the shapes' strides")
  func products() throws {
    let convolutions = try ConvolutionSuite.named("resnet50").entries.map(\.shape)
    let products = convolutions.map {
      GEMMShape(
        m: $0.outputChannels, n: $0.outputHeight * $0.outputWidth, k: $0.channelsPerGroup * $0.kernel.height * $0.kernel.width)
    }
    #expect(Set(products) == Set(try Workloads.Suite.named("resnet50-im2col").entries.map(\.shape)))
  }

  @Test("16 images at a time are the same layers under names of their own")
  func batched() throws {
    let (one, many) = (try ConvolutionSuite.named("resnet50"), try ConvolutionSuite.named("resnet50-b16"))
    #expect(many.title == "ResNet-50, its convolutions, batch 16, 224x224 pixels")
    #expect(many.entries.map(\.count) == one.entries.map(\.count))
    for (left, right) in zip(one.entries, many.entries) {
      #expect(right.shape.description == "n16 \(left.shape)")
      #expect(right.name == left.name.map { "\($0).b16" })
    }
  }

  @Test("MobileNet-V2 has a depthwise layer of each block")
  func depthwise() throws {
    let entries = try ConvolutionSuite.named("mobilenet-v2").entries
    #expect(entries.reduce(0) { $0 + ($1.shape.isDepthwise ? $1.count : 0) } == 17)
    #expect(entries.allSatisfy { $0.shape.isDepthwise || $0.shape.groups == 1 })
  }
}

import Measurement
import Tensors
import Workloads

/// The steps on convolutions.
extension StudyPlan {
  /// A ladder, Swift beside C, and the networks layer by layer.
  static func convolutions() throws(WorkloadError) -> [Step] {
    var steps: [Step] = [
      .ladders(named("report.conv3x3", modest), isFirst: false), .languages(named("report.conv3x3.wide", wide)),
      .languages(named("report.depthwise3x3", depthwise)),
    ]
    steps += try layers(of: "resnet50", .nhwc, onAllCores: true)
    steps += try layers(of: "resnet50", .nchw)
    steps += try layers(of: "mobilenet-v2", .nhwc, onAllCores: true)
    steps += try layers(of: "vgg16", .nhwc)
    steps += try layers(of: "resnet50-b16", .nhwc, rounds: 3)
    return steps
  }

  /// A ladder and the first layers of one network.
  static func fewConvolutions() throws(WorkloadError) -> [Step] {
    [
      .ladders(named("report.conv3x3", modest), isFirst: false), .languages(named("report.conv3x3", modest)),
      .languages(named("report.depthwise3x3", depthwise)),
    ] + (try layers(of: "mobilenet-v2", .nhwc)).prefix(8)
  }

  /// Small enough for textbook loops.
  private static let modest = ConvolutionShape(
    inputChannels: 64, height: 28, width: 28, outputChannels: 64, kernel: Extent(3), padding: Padding(1))
  /// A layer of ResNet-50.
  private static let wide = ConvolutionShape(
    inputChannels: 64, height: 56, width: 56, outputChannels: 64, kernel: Extent(3), padding: Padding(1))
  /// A layer of MobileNet-V2.
  private static let depthwise = ConvolutionShape(
    inputChannels: 144, height: 56, width: 56, outputChannels: 144, kernel: Extent(3), padding: Padding(1), groups: 144)

  private static func named(_ name: String, _ shape: ConvolutionShape) -> NamedProblem {
    NamedProblem(name: name, .convolution(shape, .nhwc))
  }

  private static func layers(
    of name: String, _ layout: ImageLayout, onAllCores: Bool = false, rounds: Int = 10
  ) throws(WorkloadError) -> [Step] {
    let entries = try ConvolutionSuite.named(name).entries
    return entries.map { entry in
      .layer(
        NetworkLayer(
          network: name, entry: NamedProblem(name: entry.name, .convolution(entry.shape, layout)), count: entry.count,
          distinctLayers: entries.count, onAllCores: onAllCores, rounds: rounds))
    }
  }
}

import Headroom
import TestSupport
import Testing

@Suite("Weights of convolutions laid out ahead")
struct WeightsAheadTests {
  @Test("Exact by every variant and micro-kernel, of both passes that read weights", arguments: ConvolutionRoute.types)
  func exact(input: ElementType, output: ElementType) throws {
    for index in 1...16 {
      let setting = ConvolutionRouteTests.setting(
        index, channels: choice(index, [3, 16, 17]), outputs: choice(index, [1, 8, 33, 65]), width: choice(index, [7, 15, 29])
      ).with { ($0.inputType, $0.outputType) = (input, output) }
      let forward = try ConvolutionTrial(setting)
      try forEachPlan(setting.descriptor(), index, weights: forward.weights, threads: choice(index, [1, 2])) { plan in
        let pointers = forward.pointers
        let finding = try forward.finding(by: plan.selection.variant) { _ in
          try plan.execute(input: pointers.input, output: pointers.output, bias: pointers.bias, residual: pointers.residual)
        }
        #expect(finding == nil, "\(plan.selection)")
      }
      let backward = try GradientTrial(setting, .backwardData)
      var descriptor = setting.descriptor()
      descriptor.pass = .backwardData
      try forEachPlan(descriptor, index, weights: backward.other, threads: choice(index, [2, 1])) { plan in
        let bias = backward.bias.map { UnsafePointer($0.base.assumingMemoryBound(to: Float.self)) }
        let finding = try backward.finding(by: plan.selection.variant) {
          try plan.execute(
            outputGradient: UnsafeRawPointer(backward.outputGradient.base), inputGradient: backward.gradient.base, bias: bias,
            residual: backward.residual.map { UnsafeRawPointer($0.base) })
        }
        #expect(finding == nil, "backward: \(plan.selection)")
      }
    }
  }

  private func forEachPlan(
    _ descriptor: ConvolutionDescriptor, _ index: Int, weights: GuardedTensor, threads: Int,
    _ body: (ConvolutionPlan) throws -> Void
  ) throws {
    let buffer = BufferNeeds.Buffer(type: descriptor.inputType, count: descriptor.shape.weightCount, base: weights.base)
    for candidate in try ConvolutionRoute.share(of: explain(descriptor), index) {
      var descriptor = descriptor
      descriptor.options = SelectionOptions(variant: candidate.variant.name, microkernel: candidate.microkernel)
      (descriptor.options.threads, descriptor.options.keepsThreads) = (threads, true)
      guard let plan = try? ConvolutionPlan(descriptor, weights: buffer) else { continue }
      #expect(plan.hasWeights)
      try body(plan)
    }
  }

  @Test("The plan keeps its own weights, for any number of images")
  func keeps() throws {
    for layout in ImageLayout.allCases {
      for kernel in [1, 3] {
        var shape = ConvolutionShape(
          batch: 3, inputChannels: 20, height: 9, width: 9, outputChannels: 40, kernel: Extent(kernel),
          padding: Padding(kernel / 2))
        var descriptor = ConvolutionDescriptor(shape, layout: layout)
        // With weights ahead another algorithm may be chosen; of these every sum is exact.
        descriptor.options.allowsWinograd = false
        var weights = (0..<shape.weightCount).map { Float($0 % 7) }
        let input = (0..<shape.inputCount).map { Float($0 % 5) }
        var expected = [Float](repeating: .nan, count: shape.outputCount)
        var span = expected.mutableSpan
        try conv2d(descriptor, input: input.span, weights: weights.span, output: &span)
        let plan = try ConvolutionPlan(descriptor, weights: weights.span)
        for index in weights.indices { weights[index] = .nan }
        var output = [Float](repeating: .nan, count: shape.outputCount)
        var found = output.mutableSpan
        try plan.execute(input: input.span, output: &found)
        #expect(output == expected)
        shape.batch = 0
        descriptor.shape = shape
        var nothing: [Float] = []
        var empty = nothing.mutableSpan
        try ConvolutionPlan(descriptor, weights: weights.span).execute(input: input.span, output: &empty)
      }
    }
  }

  @Test("Weights where the plan has them, none where it has not, too few, and of a pass that reads none")
  func refused() throws {
    let shape = ConvolutionShape(inputChannels: 4, height: 5, width: 6, outputChannels: 6, kernel: Extent(3))
    var descriptor = ConvolutionDescriptor(shape)
    let (input, weights) = ([Float](repeating: 1, count: 120), [Float](repeating: 1, count: 216))
    var output = [Float](repeating: 7, count: 72)
    var span = output.mutableSpan
    func isMismatch(_ error: HeadroomError?) -> Bool { if case .packedMismatch = error { true } else { false } }
    func error(_ body: () throws(HeadroomError) -> Void) -> HeadroomError? {
      do throws(HeadroomError) { try body() } catch { return error }
      return nil
    }
    let (with, without) = (try ConvolutionPlan(descriptor, weights: weights.span), try ConvolutionPlan(descriptor))
    do throws(HeadroomError) {
      try with.execute(input: input.span, weights: weights.span, output: &span)
      Issue.record("expected a mismatch")
    } catch {
      #expect(isMismatch(error))
    }
    do throws(HeadroomError) {
      try without.execute(input: input.span, output: &span)
      Issue.record("expected a mismatch")
    } catch {
      #expect(isMismatch(error))
    }
    #expect(output.allSatisfy { $0 == 7 })
    let short = [Float](repeating: 1, count: 215)
    #expect(
      error { () throws(HeadroomError) in _ = try ConvolutionPlan(descriptor, weights: short.span) }
        == .bufferTooShort(operand: "the weights", found: 215, expected: 216))
    descriptor.pass = .backwardWeights
    #expect(
      error { () throws(HeadroomError) in _ = try ConvolutionPlan(descriptor, weights: weights.span) }
        == .wrongPass(found: .backwardWeights, expected: .forward))
  }
}

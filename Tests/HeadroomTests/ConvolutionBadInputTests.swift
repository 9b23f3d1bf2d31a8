import Headroom
import TestSupport
import Testing

@Suite("Bad input of convolutions")
struct ConvolutionBadInputTests {
  /// 4 channels of 5 x 6 into 6 channels of 3 x 4, everything as it should be; each test spoils one thing.
  struct Call {
    var descriptor = ConvolutionDescriptor(
      ConvolutionShape(inputChannels: 4, height: 5, width: 6, outputChannels: 6, kernel: Extent(3)))
    var counts = (input: 120, weights: 216, output: 72, bias: 6, residual: 72)

    init() {}

    init(_ change: (inout ConvolutionDescriptor) -> Void) { change(&descriptor) }

    init(shape change: (inout ConvolutionShape) -> Void) { change(&descriptor.shape) }

    /// The error that both ways to run it throw; records an issue if the output was written or they differ.
    func error() -> HeadroomError? {
      let input = [Float](repeating: 1, count: counts.input)
      let weights = [Float](repeating: 1, count: counts.weights)
      let bias = [Float](repeating: 1, count: counts.bias)
      let residual = [Float](repeating: 1, count: counts.residual)
      let before = (0..<counts.output).map { Float($0) }
      var output = before
      var found: [HeadroomError?] = []
      for plans in [false, true] {
        var span = output.mutableSpan
        do throws(HeadroomError) {
          if plans {
            try ConvolutionPlan(descriptor).execute(
              input: input.span, weights: weights.span, output: &span, bias: bias.span, residual: residual.span)
          } else {
            try conv2d(
              descriptor, input: input.span, weights: weights.span, output: &span, bias: bias.span, residual: residual.span)
          }
          found.append(nil)
        } catch {
          found.append(error)
        }
      }
      #expect(found[0] == found[1])
      if found[0] != nil { #expect(output == before) }
      return found[0]
    }
  }

  @Test("The call that the others spoil is right")
  func right() {
    #expect(Call().error() == nil)
    #expect(Call { ($0.epilogue.hasBias, $0.epilogue.hasResidual) = (true, true) }.error() == nil)
  }

  @Test("A buffer that is too short by one element")
  func tooShort() {
    var call = Call()
    call.counts.input = 119
    #expect(call.error() == .bufferTooShort(operand: "the input", found: 119, expected: 120))
    call = Call()
    call.counts.weights = 215
    #expect(call.error() == .bufferTooShort(operand: "the weights", found: 215, expected: 216))
    call = Call()
    call.counts.output = 71
    #expect(call.error() == .bufferTooShort(operand: "the output", found: 71, expected: 72))
    call = Call { $0.epilogue.hasBias = true }
    call.counts.bias = 5
    #expect(call.error() == .sizeMismatch(what: "entries of the bias", found: 5, expected: 6))
    call = Call { $0.epilogue.hasResidual = true }
    call.counts.residual = 71
    #expect(call.error() == .bufferTooShort(operand: "the residual", found: 71, expected: 72))
  }

  @Test("A kernel beyond the padded image has no output")
  func noOutput() {
    #expect(Call(shape: { $0.height = 2 }).error() == .kernelBeyondImage(axis: "height", found: 3, padded: 2))
    #expect(Call(shape: { $0.dilation.width = 3 }).error() == .kernelBeyondImage(axis: "width", found: 7, padded: 6))
    #expect(Call(shape: { $0.kernel.depth = 2 }).error() == .kernelBeyondImage(axis: "depth", found: 2, padded: 1))
  }

  @Test("Groups that don't divide the channels")
  func groups() {
    #expect(Call(shape: { $0.groups = 3 }).error() == .groupsDontDivide(what: "input channels", found: 4, groups: 3))
    #expect(Call(shape: { $0.groups = 4 }).error() == .groupsDontDivide(what: "output channels", found: 6, groups: 4))
  }

  @Test("Sizes and steps out of range")
  func ranges() {
    #expect(Call(shape: { $0.batch = -1 }).error() == .negativeSize(name: "batch", found: -1))
    #expect(
      Call { $0.options.workspaceLimit = -1 }.error() == .negativeSize(name: "workspace limit", found: -1))
    #expect(Call(shape: { $0.padding.left = -2 }).error() == .negativeSize(name: "padding on the left", found: -2))
    #expect(Call(shape: { $0.depth = -1 }).error() == .negativeSize(name: "depth", found: -1))
    #expect(Call(shape: { $0.padding.back = -1 }).error() == .negativeSize(name: "padding at the back", found: -1))
    #expect(Call(shape: { $0.kernel.depth = 0 }).error() == .sizeTooSmall(name: "kernel depth", found: 0, expected: 1))
    #expect(Call(shape: { $0.stride.depth = 0 }).error() == .sizeTooSmall(name: "stride along the depth", found: 0, expected: 1))
    #expect(
      Call(shape: { ($0.kernel.depth, $0.padding.front) = (4096, 4095) }).error()
        == .convolutionOverflow(what: "the slices of the kernel", limit: 4096))
    #expect(Call(shape: { $0.stride.height = 0 }).error() == .sizeTooSmall(name: "vertical stride", found: 0, expected: 1))
    #expect(Call(shape: { $0.dilation.width = 0 }).error() == .sizeTooSmall(name: "horizontal dilation", found: 0, expected: 1))
    #expect(Call(shape: { $0.kernel.width = 0 }).error() == .sizeTooSmall(name: "kernel width", found: 0, expected: 1))
    #expect(Call(shape: { $0.groups = 0 }).error() == .sizeTooSmall(name: "groups", found: 0, expected: 1))
  }

  @Test(
    "Sizes whose counts overflow",
    arguments: [
      { $0.batch = .max }, { ($0.height, $0.width) = (1 << 40, 1 << 40) }, { $0.padding = Padding(.max) },
      { $0.inputChannels = 1 << 40 },
      { $0.outputChannels = 1 << 62 }, { ($0.dilation, $0.padding) = (Extent(1 << 62), Padding(1 << 61)) },
      { ($0.stride, $0.padding) = (Extent(1 << 40), Padding(1 << 40)) },
      { ($0.batch, $0.inputChannels, $0.height, $0.width) = (0, 1 << 30, 1 << 20, 1 << 20) },
      { $0.outputChannels = Int(Int32.max) },
    ] as [@Sendable (inout ConvolutionShape) -> Void])
  func overflow(change: @Sendable (inout ConvolutionShape) -> Void) {
    let error = Call(shape: change).error()
    guard case .convolutionOverflow = error else {
      Issue.record("found \(String(describing: error))")
      return
    }
  }

  @Test("A stride that is never taken may be any, and a dilation of a single place too", arguments: ConvolutionRoute.all)
  func unusedSteps(route: ConvolutionRoute) throws {
    for stride in [3, 1 << 28, .max] {
      let shape = ConvolutionShape(
        batch: 2, inputChannels: 3, height: 3, width: 3, outputChannels: 3, kernel: Extent(height: 3, width: 1),
        stride: Extent(height: stride, width: 2), dilation: Extent(height: 1, width: stride), groups: 1)
      let wanted = ConvolutionSetting(shape) { ($0.inputType, $0.outputType) = (route.inputType, route.outputType) }
      let (setting, plan) = try route.plan(wanted)
      let trial = try ConvolutionTrial(setting)
      let finding = try trial.finding(by: plan.selection.variant) { _ in try plan.run(trial) }
      #expect(finding == nil, "\(plan.selection)")
    }
    let single = ConvolutionShape(
      inputChannels: 8, height: 3, width: 3, outputChannels: 8, kernel: Extent(3), stride: Extent(.max), groups: 8)
    for layout in ImageLayout.allCases {
      let setting = ConvolutionSetting(single) { ($0.inputLayout, $0.outputLayout) = (layout, layout) }
      let trial = try ConvolutionTrial(setting)
      let finding = try trial.finding { _ in try ConvolutionPlan(setting.descriptor()).run(trial) }
      #expect(finding == nil)
    }
  }

  @Test("A forced block that is empty")
  func blocking() {
    let empty = Blocking(mc: 0, nc: -5, kc: 1)
    #expect(Call { $0.options.blocking = empty }.error() == .invalidBlocking(found: empty))
  }

  @Test("Types that no kernel takes")
  func types() {
    let call = Call { ($0.inputType, $0.outputType) = (.float64, .float64) }
    #expect(call.error() == .unsupportedConvolutionTypes(input: .float64, output: .float64))
    #expect(
      Call { ($0.inputType, $0.outputType) = (.bfloat16, .float32) }.error()
        == .typeMismatch(operand: "the input", found: .float32, expected: .bfloat16))
  }

  @Test("Options that name nothing, or nothing that can serve")
  func options() {
    guard case .unknownVariant("winograd", _) = Call({ $0.options.variant = "winograd" }).error() else {
      Issue.record("expected an unknown variant")
      return
    }
    guard case .unknownMicrokernel("none", _) = Call({ $0.options.microkernel = "none" }).error() else {
      Issue.record("expected an unknown micro-kernel")
      return
    }
    #expect(Call { $0.options.threads = 0 }.error() == .invalidThreads(found: 0))
    guard case .noCandidate(let reasons) = Call({ $0.options.variant = "pointwise" }).error() else {
      Issue.record("expected no candidate")
      return
    }
    #expect(reasons.contains { $0.contains("1x1") })
  }

  @Test("Tensors of another pass, too short ones of this one, and an epilogue that the gradient of the weights has not")
  func passes() throws {
    func error(_ pass: ConvolutionPass, _ change: (inout ConvolutionDescriptor) -> Void = { _ in }, less: Int = 0)
      -> HeadroomError?
    {
      var call = Call { $0.pass = pass }
      change(&call.descriptor)
      let (input, weights, output) = (
        [Float](repeating: 1, count: 120), [Float](repeating: 1, count: 216), [Float](repeating: 1, count: 72 - less)
      )
      let before = input + weights
      var result = before
      var span = result.mutableSpan
      do throws(HeadroomError) {
        let plan = try ConvolutionPlan(call.descriptor)
        if pass == .backwardWeights {
          try plan.execute(input: input.span, outputGradient: output.span, weightGradient: &span)
        } else {
          try plan.execute(outputGradient: output.span, weights: weights.span, inputGradient: &span)
        }
      } catch {
        #expect(result == before)
        #expect(error.description.contains("expected"))
        return error
      }
      return nil
    }
    #expect(error(.backwardData) == nil)
    #expect(error(.backwardWeights) == nil)
    #expect(error(.forward) == .wrongPass(found: .backwardData, expected: .forward))
    #expect(error(.backwardData, less: 1) == .bufferTooShort(operand: "the output gradient", found: 71, expected: 72))
    #expect(error(.backwardWeights, less: 1) == .bufferTooShort(operand: "the output gradient", found: 71, expected: 72))
    #expect(
      error(.backwardData, { $0.epilogue.hasBias = true }) == .sizeMismatch(what: "entries of the bias", found: 0, expected: 4))
    let scaled = ConvolutionEpilogue(scale: 2)
    #expect(error(.backwardWeights, { $0.epilogue = scaled }) == .epilogueOfWeights(found: scaled))
  }

  @Test("Every error says what was found and what was expected")
  func descriptions() {
    let errors: [HeadroomError?] = [
      Call(shape: { $0.height = 2 }).error(), Call(shape: { $0.groups = 3 }).error(),
      Call(shape: { $0.stride.height = 0 }).error(),
      Call(shape: { $0.batch = .max }).error(), Call({ $0.outputType = .float64 }).error(),
    ]
    for error in errors { #expect(error?.description.contains("expected") == true, "\(String(describing: error))") }
  }

  @Test("A batch without images and channels without elements write nothing or the epilogue alone")
  func empty() throws {
    #expect(Call(shape: { $0.batch = 0 }).error() == nil)
    #expect(Call(shape: { $0.outputChannels = 0 }).error() == nil)
    for layout in ImageLayout.allCases {
      let shape = ConvolutionShape(
        inputChannels: 0, height: 5, width: 6, outputChannels: 6, kernel: Extent(3), padding: Padding(1))
      let setting = ConvolutionSetting(shape) { ($0.inputLayout, $0.outputLayout, $0.hasBias) = (layout, layout, true) }
      let trial = try ConvolutionTrial(setting)
      let finding = try trial.finding { _ in try ConvolutionPlan(setting.descriptor()).run(trial) }
      #expect(finding == nil)
    }
  }

  @Test(
    "Without input channels every direct micro-kernel stores the bias alone, copied or in place", arguments: DirectTests.routes)
  func noChannels(route: ConvolutionRoute) throws {
    for layout in ImageLayout.allCases {
      for padding in [0, 1] {
        func shape(_ channels: Int) -> ConvolutionShape {
          ConvolutionShape(
            inputChannels: channels, height: 14, width: 14, outputChannels: 6, kernel: Extent(2 * padding + 1),
            padding: Padding(padding))
        }
        // What it leaves in the workspace is nothing to the next.
        for channels in [64, 0] {
          let wanted = ConvolutionSetting(shape(channels)) {
            ($0.inputLayout, $0.outputLayout, $0.hasBias) = (layout, layout, true)
            ($0.inputType, $0.outputType) = (route.inputType, route.outputType)
          }
          let (setting, plan) = try route.plan(wanted)
          let trial = try ConvolutionTrial(setting)
          let finding = try trial.finding { _ in try plan.run(trial) }
          #expect(finding == nil, "\(plan.selection), \(layout), \(channels) channels")
        }
      }
    }
  }
}

import CHeadroom
import Headroom
import HeadroomC
import Testing

@Suite("Convolutions from C")
struct ConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var layout: (hr_image_layout, ImageLayout)
    var weights: (hr_weight_layout, WeightLayout)
    var groups: Int
    var testDescription: String { "\(layout.1) \(weights.1) groups=\(groups)" }
  }

  static let cases: [Case] = [(HR_NHWC, ImageLayout.nhwc), (HR_NCHW, .nchw)].flatMap { layout in
    [(HR_HWIO, WeightLayout.hwio), (HR_OIHW, .oihw), (HR_OHWI, .ohwi)].flatMap { weights in
      [1, 2, 8].map { Case(layout: layout, weights: weights, groups: $0) }
    }
  }

  /// Two images, every part of the descriptor at a value of its own.
  static func descriptors(_ problem: Case, _ input: ElementType, _ output: ElementType) -> (hr_conv_desc, ConvolutionDescriptor) {
    let dtypes: [ElementType: hr_dtype] = [.float32: HR_F32, .bfloat16: HR_BF16]
    let desc = convolutionDescriptor { desc in
      (desc.batch, desc.input_channels, desc.height, desc.width, desc.output_channels) = (2, 8, 9, 11, 16)
      desc.kernel = hr_extent(height: 3, width: 2, depth: 2)
      desc.stride = hr_extent(height: 2, width: 1, depth: 0)
      desc.dilation = hr_extent(height: 1, width: 2, depth: 3)
      desc.padding = hr_padding(top: 1, bottom: 2, left: 0, right: 1, front: 2, back: 1)
      desc.depth = 4
      desc.groups = Int64(problem.groups)
      (desc.input_layout, desc.output_layout, desc.weight_layout) = (problem.layout.0, problem.layout.0, problem.weights.0)
      desc.input_type = dtypes[input] ?? HR_F64
      desc.output_type = dtypes[output] ?? HR_F64
      desc.epilogue = hr_epilogue(
        scale: 0.5, bias: HR_BIAS_PER_CHANNEL, activation: HR_ACTIVATION_SILU,
        clamp: hr_clamp(applies: true, lower: -0.25, upper: 90))
    }
    let shape = ConvolutionShape(
      batch: 2, inputChannels: 8, depth: 4, height: 9, width: 11, outputChannels: 16,
      kernel: Extent(depth: 2, height: 3, width: 2), stride: Extent(height: 2, width: 1),
      padding: Padding(front: 2, back: 1, top: 1, bottom: 2, left: 0, right: 1),
      dilation: Extent(depth: 3, height: 1, width: 2), groups: problem.groups)
    var descriptor = ConvolutionDescriptor(
      shape, layout: problem.layout.1, weightLayout: problem.weights.1, inputType: input, outputType: output)
    descriptor.epilogue = ConvolutionEpilogue(scale: 0.5, hasBias: true, activation: .silu, clamp: -0.25...90)
    return (desc, descriptor)
  }

  /// The operands of a call on arrays, for the length of `body`.
  static func with<Input: TestElement, Output: TestElement, Result>(
    _ input: [Input], _ weights: [Input], _ output: inout [Output], _ bias: [Float], residual: [Output] = [],
    _ body: (inout hr_conv_operands) -> Result
  ) -> Result {
    hr_gemm_operands.with(input, weights, &output, bias: bias) { same in
      var operands = hr_conv_operands(
        size: MemoryLayout<hr_conv_operands>.size, input: same.a, weights: same.b, output: same.c, bias: same.bias,
        output_gradient: hr_buffer(), residual: hr_buffer())
      return residual.withUnsafeBufferPointer {
        (operands.residual.data, operands.residual.count) = (UnsafeRawPointer($0.baseAddress), Int64($0.count))
        return body(&operands)
      }
    }
  }

  private func agree<Input: TestElement, Output: TestElement>(_ problem: Case, _: Input.Type, _: Output.Type) throws {
    var (desc, descriptor) = Self.descriptors(problem, Input.elementType, Output.elementType)
    (desc.adds_residual, descriptor.epilogue.hasResidual) = (true, true)
    let (input, weights): ([Input], [Input]) = (
      filled(descriptor.shape.inputCount), filled(descriptor.shape.weightCount, step: 7)
    )
    let bias: [Float] = filled(16)
    let residual: [Output] = filled(descriptor.shape.outputCount, step: 5)
    let before = [Output](repeating: Output(small: 99), count: descriptor.shape.outputCount)
    var (expected, planned, once) = (before, before, before)
    var span = expected.mutableSpan
    let swift = try ConvolutionPlan(descriptor)
    try swift.execute(input: input.span, weights: weights.span, output: &span, bias: bias.span, residual: residual.span)

    var (plan, bytes, selection): (OpaquePointer?, Int, hr_selection) = (nil, -1, hr_selection())
    #expect(withUnsafePointer(to: desc) { hr_conv_plan_create($0, &plan) } == HR_OK)
    defer { hr_conv_plan_destroy(plan) }
    #expect(hr_conv_plan_workspace(plan, &bytes) == HR_OK)
    #expect(bytes == swift.workspaceByteCount)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes + 1, alignment: Int(HR_WORKSPACE_ALIGNMENT))
    defer { memory.deallocate() }
    #expect(
      Self.with(input, weights, &planned, bias, residual: residual) { hr_conv_plan_execute(plan, &$0, memory, bytes) } == HR_OK)
    #expect(planned == expected)
    #expect(
      Self.with(input, weights, &once, bias, residual: residual) { operands in
        withUnsafePointer(to: desc) { hr_conv2d($0, &operands) }
      } == HR_OK)
    #expect(once == expected)

    selection.size = MemoryLayout<hr_selection>.size
    #expect(hr_conv_plan_selection(plan, &selection) == HR_OK)
    #expect(selection.names == [swift.selection.variant, swift.selection.microkernel, swift.selection.isa.name])
    #expect(selection.threads == swift.selection.threads)
    #expect((selection.blocking.mc, selection.blocking.nc, selection.blocking.kc, selection.swapped) == (0, 0, 0, 0))
  }

  @Test("The same bits and the same selection as in Swift", arguments: cases)
  func bits(problem: Case) throws {
    try agree(problem, Float.self, Float.self)
    try agree(problem, BFloat16.self, BFloat16.self)
    try agree(problem, BFloat16.self, Float.self)
  }

  @Test("The backward passes leave the same bits as in Swift", arguments: cases)
  func gradients(problem: Case) throws {
    for (number, pass) in [(HR_CONV_BACKWARD_DATA, ConvolutionPass.backwardData), (HR_CONV_BACKWARD_WEIGHTS, .backwardWeights)] {
      var (desc, descriptor) = Self.descriptors(problem, .float32, .float32)
      (desc.pass, descriptor.pass) = (number, pass)
      if pass == .backwardWeights {
        descriptor.epilogue = ConvolutionEpilogue()
        #expect(withUnsafePointer(to: desc) { desc in hr_conv2d(desc, nil) } == HR_ERROR_NULL_POINTER)
        var plan: OpaquePointer?
        #expect(withUnsafePointer(to: desc) { hr_conv_plan_create($0, &plan) } == HR_ERROR_EPILOGUE_OF_WEIGHTS)
        desc.epilogue = hr_epilogue()
        desc.epilogue.scale = 1
      }
      let tensors = descriptor.tensors
      let (first, second, bias): ([Float], [Float], [Float]) = (
        filled(tensors.0.count), filled(tensors.1.count, step: 7), filled(descriptor.biasCount)
      )
      let before = [Float](repeating: 99, count: tensors.result.count)
      var (expected, found) = (before, before)
      var span = expected.mutableSpan
      let plan = try ConvolutionPlan(descriptor)
      if pass == .backwardData {
        try plan.execute(outputGradient: first.span, weights: second.span, inputGradient: &span, bias: bias.span)
      } else {
        try plan.execute(input: first.span, outputGradient: second.span, weightGradient: &span)
      }
      let status = Self.with(first, second, &found, bias) { operands in
        if pass == .backwardData {
          (operands.output_gradient, operands.input) = (operands.input, hr_buffer())
        } else {
          (operands.output_gradient, operands.weights) = (operands.weights, hr_buffer())
        }
        return withUnsafePointer(to: desc) { hr_conv2d($0, &operands) }
      }
      #expect(status == HR_OK)
      #expect(found == expected)
      var (ahead, elements): (OpaquePointer?, hr_buffer) = (nil, hr_buffer())
      let packed = second.withUnsafeBufferPointer {
        (elements.data, elements.count) = (UnsafeRawPointer($0.baseAddress), Int64($0.count))
        return withUnsafePointer(to: desc) { hr_conv_plan_create_packed($0, &elements, &ahead) }
      }
      defer { hr_conv_plan_destroy(ahead) }
      #expect(packed == (pass == .backwardData ? HR_OK : HR_ERROR_WRONG_PASS))
      if pass == .backwardWeights { continue }
      found = before
      let again = Self.with(first, second, &found, bias) { operands in
        (operands.output_gradient, operands.input, operands.weights) = (operands.input, hr_buffer(), hr_buffer())
        return hr_conv_plan_execute(ahead, &operands, nil, 0)
      }
      #expect(again == HR_OK)
      #expect(found == expected)
    }
  }

  @Test("Buffers that are null, too short or of another length: nothing is written")
  func buffers() {
    let (desc, descriptor) = Self.descriptors(Self.cases[0], .float32, .float32)
    let (input, weights): ([Float], [Float]) = (filled(descriptor.shape.inputCount), filled(descriptor.shape.weightCount))
    let before: [Float] = filled(descriptor.shape.outputCount)
    var plan: OpaquePointer?
    #expect(withUnsafePointer(to: desc) { hr_conv_plan_create($0, &plan) } == HR_OK)
    defer { hr_conv_plan_destroy(plan) }
    func status(_ spoil: (inout hr_conv_operands) -> Void) -> hr_status {
      var output = before
      let status = Self.with(input, weights, &output, filled(16)) { operands in
        spoil(&operands)
        let planned = hr_conv_plan_execute(plan, &operands, nil, 0)
        #expect(withUnsafePointer(to: desc) { hr_conv2d($0, &operands) } == planned)
        return planned
      }
      #expect((output == before) == (status != HR_OK))
      return status
    }
    #expect(status { _ in } == HR_OK)
    #expect(status { $0.input.count -= 1 } == HR_ERROR_BUFFER_TOO_SHORT)
    #expect(status { $0.weights.count -= 1 } == HR_ERROR_BUFFER_TOO_SHORT)
    #expect(status { $0.output.count -= 1 } == HR_ERROR_BUFFER_TOO_SHORT)
    #expect(lastError().hasPrefix("the output is too short"))
    #expect(status { $0.bias.count = 15 } == HR_ERROR_SIZE_MISMATCH)
    #expect(status { $0.bias = hr_buffer() } == HR_ERROR_SIZE_MISMATCH)
    #expect(status { $0.input.data = nil } == HR_ERROR_NULL_POINTER)
    #expect(status { $0.weights.data = nil } == HR_ERROR_NULL_POINTER)
    #expect(status { $0.output.data = nil } == HR_ERROR_NULL_POINTER)
    #expect(status { $0.bias.data = nil } == HR_ERROR_NULL_POINTER)
    #expect(status { $0.size = 8 } == HR_ERROR_STRUCT_SIZE)
  }

  @Test("A batch without images needs no buffers")
  func empty() {
    var (desc, none) = (convolutionDescriptor { $0.batch = 0 }, hr_conv_operands())
    none.size = MemoryLayout<hr_conv_operands>.size
    none.weights.count = 8 * 4 * 9
    let weights: [Float] = filled(8 * 4 * 9)
    weights.withUnsafeBytes { bytes in
      none.weights.data = bytes.baseAddress
      #expect(hr_conv2d(&desc, &none) == HR_OK)
    }
  }
}

import CHeadroom
import HeadroomC
import Testing

@Suite("Convolutions from C that can't be")
struct BadConvolutionTests {
  /// What creating a plan says; a one-shot call must say the same and write nothing.
  private func status(_ change: (inout hr_conv_desc) -> Void) -> hr_status {
    let desc = convolutionDescriptor(change)
    var (plan, operands): (OpaquePointer?, hr_conv_operands) = (nil, hr_conv_operands())
    operands.size = MemoryLayout<hr_conv_operands>.size
    let status = withUnsafePointer(to: desc) { hr_conv_plan_create($0, &plan) }
    #expect(plan == nil)
    #expect(withUnsafePointer(to: desc) { hr_conv2d($0, &operands) } == status)
    return status
  }

  @Test("Sizes that make no convolution")
  func sizes() {
    #expect(status { $0.batch = -1 } == HR_ERROR_NEGATIVE_SIZE)
    #expect(status { $0.padding.left = -1 } == HR_ERROR_NEGATIVE_SIZE)
    #expect(status { $0.kernel.height = 0 } == HR_ERROR_SIZE_TOO_SMALL)
    #expect(status { $0.stride.width = 0 } == HR_ERROR_SIZE_TOO_SMALL)
    #expect(status { $0.dilation.height = .min } == HR_ERROR_SIZE_TOO_SMALL)
    #expect(status { $0.groups = 0 } == HR_ERROR_SIZE_TOO_SMALL)
    #expect(status { $0.groups = 3 } == HR_ERROR_GROUPS_DONT_DIVIDE)
    #expect(status { $0.kernel.width = 10 } == HR_ERROR_KERNEL_BEYOND_IMAGE)
    #expect(status { $0.dilation.height = 4 } == HR_ERROR_KERNEL_BEYOND_IMAGE)
    #expect(status { $0.padding.top = .max } == HR_ERROR_CONVOLUTION_OVERFLOW)
    #expect(status { $0.batch = .max } == HR_ERROR_CONVOLUTION_OVERFLOW)
  }

  @Test("Types that no kernel convolves, and values that no enumeration has")
  func values() {
    #expect(status { ($0.input_type, $0.output_type) = (HR_F64, HR_F64) } == HR_ERROR_UNSUPPORTED_CONVOLUTION_TYPES)
    #expect(status { $0.input_type = hr_dtype(rawValue: 9) } == HR_ERROR_UNKNOWN_VALUE)
    #expect(status { $0.input_layout = hr_image_layout(rawValue: 2) } == HR_ERROR_UNKNOWN_VALUE)
    #expect(status { $0.output_layout = hr_image_layout(rawValue: 2) } == HR_ERROR_UNKNOWN_VALUE)
    #expect(status { $0.weight_layout = hr_weight_layout(rawValue: 3) } == HR_ERROR_UNKNOWN_VALUE)
    #expect(status { $0.epilogue.bias = HR_BIAS_PER_ROW } == HR_ERROR_UNKNOWN_VALUE)
    #expect(status { $0.epilogue.activation = hr_activation(rawValue: 7) } == HR_ERROR_UNKNOWN_VALUE)
    #expect("avx3".withCString { name in status { $0.options.max_isa = name } } == HR_ERROR_UNKNOWN_ISA)
  }

  @Test("Null pointers and sizes of structs")
  func pointers() {
    #expect(status { $0.size = 16 } == HR_ERROR_STRUCT_SIZE)
    var (desc, operands, bytes, selection) = (convolutionDescriptor(), hr_conv_operands(), 7, hr_selection())
    #expect(hr_conv2d(&desc, &operands) == HR_ERROR_STRUCT_SIZE)
    selection.size = MemoryLayout<hr_selection>.size
    operands.size = MemoryLayout<hr_conv_operands>.size
    let calls = [
      hr_conv_desc_init(nil, MemoryLayout<hr_conv_desc>.size), hr_conv_plan_create(&desc, nil), hr_conv2d(nil, &operands),
      hr_conv2d(&desc, nil), hr_conv_plan_execute(nil, &operands, nil, 0), hr_conv_plan_workspace(nil, &bytes),
      hr_conv_plan_selection(nil, &selection),
    ]
    #expect(calls.allSatisfy { $0 == HR_ERROR_NULL_POINTER })
    #expect(bytes == 7)
  }
}

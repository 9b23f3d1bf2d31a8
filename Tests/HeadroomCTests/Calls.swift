import CHeadroom
import Headroom
import HeadroomC

/// A status as tests compare and print it.
func name(_ status: hr_status) -> String { hr_status_name(status).map { String(cString: $0) } ?? "" }

func lastError() -> String { hr_last_error().map { String(cString: $0) } ?? "" }

/// Numbers that C reads and writes as `Element`.
protocol TestElement: KernelElement, Equatable {
  init(small value: Int)
  static var dtype: hr_dtype { get }
}

extension Float: TestElement {
  init(small value: Int) { self.init(value) }
  static var dtype: hr_dtype { HR_F32 }
}

extension Double: TestElement {
  init(small value: Int) { self.init(value) }
  static var dtype: hr_dtype { HR_F64 }
}

extension BFloat16: TestElement {
  init(small value: Int) { self.init(Float(value)) }
  static var dtype: hr_dtype { HR_BF16 }
}

/// Values that repeat with a period of 13 and stay small.
func filled<Element: TestElement>(_ count: Int, _ type: Element.Type = Element.self, step: Int = 5) -> [Element] {
  (0..<count).map { Element(small: ($0 * step) % 13 - 6) }
}

func gemmDescriptor(_ m: Int64, _ n: Int64, _ k: Int64, _ change: (inout hr_gemm_desc) -> Void = { _ in }) -> hr_gemm_desc {
  var desc = hr_gemm_desc()
  _ = hr_gemm_desc_init(&desc, MemoryLayout<hr_gemm_desc>.size, m, n, k)
  change(&desc)
  return desc
}

/// One 3 x 3 convolution of 8 channels of 6 x 7 into 4, padded by 1.
func convolutionDescriptor(_ change: (inout hr_conv_desc) -> Void = { _ in }) -> hr_conv_desc {
  var desc = hr_conv_desc()
  _ = hr_conv_desc_init(&desc, MemoryLayout<hr_conv_desc>.size)
  (desc.input_channels, desc.height, desc.width, desc.output_channels) = (8, 6, 7, 4)
  desc.kernel = hr_extent(height: 3, width: 3, depth: 0)
  desc.padding = hr_padding(top: 1, bottom: 1, left: 1, right: 1, front: 0, back: 0)
  change(&desc)
  return desc
}

/// A plan of C that is destroyed with its last reference.
final class CPlan: @unchecked Sendable {
  private(set) var plan: OpaquePointer?

  init(_ desc: hr_gemm_desc) { withUnsafePointer(to: desc) { _ = hr_gemm_plan_create($0, &plan) } }

  deinit { hr_gemm_plan_destroy(plan) }

  func execute(_ operands: hr_gemm_operands, _ workspace: UnsafeMutableRawPointer? = nil, _ byteCount: Int = 0) -> hr_status {
    withUnsafePointer(to: operands) { hr_gemm_plan_execute(plan, $0, workspace, byteCount) }
  }

  var workspaceByteCount: Int {
    var bytes = -1
    return hr_gemm_plan_workspace(plan, &bytes) == HR_OK ? bytes : -1
  }
}

extension hr_gemm_operands {
  /// The operands of a call on arrays, for the length of `body`.
  static func with<Input: TestElement, Output: TestElement, Accumulator: TestElement, Result>(
    _ a: [Input], _ b: [Input], _ c: inout [Output], bias: [Accumulator], residual: [Output] = [],
    _ body: (inout hr_gemm_operands) -> Result
  ) -> Result {
    a.withUnsafeBytes { aBytes in
      b.withUnsafeBytes { bBytes in
        bias.withUnsafeBytes { biasBytes in
          residual.withUnsafeBytes { residualBytes in
            c.withUnsafeMutableBytes { cBytes in
              var operands = hr_gemm_operands(
                size: MemoryLayout<hr_gemm_operands>.size, a: hr_buffer(data: aBytes.baseAddress, count: Int64(a.count)),
                b: hr_buffer(data: bBytes.baseAddress, count: Int64(b.count)),
                c: hr_output(data: cBytes.baseAddress, count: Int64(cBytes.count / MemoryLayout<Output>.stride)),
                bias: hr_buffer(data: biasBytes.baseAddress, count: Int64(bias.count)),
                residual: hr_buffer(data: residualBytes.baseAddress, count: Int64(residual.count)))
              return body(&operands)
            }
          }
        }
      }
    }
  }
}

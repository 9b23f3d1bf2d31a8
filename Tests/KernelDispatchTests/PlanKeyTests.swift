import CKernels
import KernelDispatch
import Testing

@Suite("Keys of kept plans")
struct PlanKeyTests {
  @Test("A key is as many words as C compares, without gaps")
  func layout() {
    #expect(MemoryLayout<PlanKey>.size == Int(CK_KEY_WORDS) * MemoryLayout<UInt64>.size)
    #expect(MemoryLayout<PlanKey>.stride == MemoryLayout<PlanKey>.size)
  }

  @Test("A plain call has the key of its descriptor")
  func plain() {
    var descriptor = GEMMDescriptor(m: 3, n: 5, k: 7, inputType: .bfloat16, outputType: .float32, transposeB: true)
    (descriptor.alpha, descriptor.beta) = (2, 3)
    descriptor.batch = Batch(count: 4, aStride: 21, bStride: 35, cStride: 15)
    descriptor.options.threads = 2
    let plain = PlanKey(
      m: 3, n: 5, k: 7, a: (7, 1), b: (1, 7), c: (5, 1), batch: descriptor.batch, alpha: 2, beta: 3, inputType: .bfloat16,
      outputType: .float32, threads: 2)
    #expect(withUnsafeBytes(of: plain, Array.init) == withUnsafeBytes(of: PlanKey(descriptor), Array.init))
  }
}

import CHeadroom
import HeadroomC
import Testing

@Suite("Batches and packed operands from C")
struct BatchAndPackedTests {
  @Test("A strided batch and a list leave what single products leave")
  func batch() {
    let (m, n, k, count) = (3, 5, 4, 6)
    let a: [Float] = filled(count * m * k)
    let b: [Float] = filled(count * k * n, step: 7)
    var (expected, strided, listed) = (
      [Float](), [Float](repeating: .nan, count: count * m * n), [Float](repeating: .nan, count: count * m * n)
    )
    let single = CPlan(gemmDescriptor(Int64(m), Int64(n), Int64(k)))
    for index in 0..<count {
      var c = [Float](repeating: .nan, count: m * n)
      let status = hr_gemm_operands.with(
        Array(a[index * m * k..<(index + 1) * m * k]), Array(b[index * k * n..<(index + 1) * k * n]), &c, bias: [Float]()
      ) { single.execute($0) }
      #expect(status == HR_OK)
      expected += c
    }
    let plan = CPlan(
      gemmDescriptor(Int64(m), Int64(n), Int64(k)) {
        $0.batch = hr_batch(count: Int64(count), a: Int64(m * k), b: Int64(k * n), c: Int64(m * n))
      })
    #expect(hr_gemm_operands.with(a, b, &strided, bias: [Float]()) { plan.execute($0) } == HR_OK)
    #expect(strided == expected)
    let status = a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        listed.withUnsafeMutableBufferPointer { c in
          let left = (0..<count).map { UnsafeRawPointer(a.baseAddress! + $0 * m * k) as UnsafeRawPointer? }
          let right = (0..<count).map { UnsafeRawPointer(b.baseAddress! + $0 * k * n) as UnsafeRawPointer? }
          let out = (0..<count).map { UnsafeMutableRawPointer(c.baseAddress! + $0 * m * n) as UnsafeMutableRawPointer? }
          return left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
              out.withUnsafeBufferPointer { out in
                var list = hr_gemm_list(
                  size: MemoryLayout<hr_gemm_list>.size, count: Int64(count), a: left.baseAddress, b: right.baseAddress,
                  c: out.baseAddress, residual: nil, bias: hr_buffer())
                return hr_gemm_plan_execute_list(single.plan, &list, nil, 0)
              }
            }
          }
        }
      }
    }
    #expect(status == HR_OK)
    #expect(listed == expected)
  }

  @Test("A list brings a residual for each product, or is refused")
  func listOfResiduals() {
    let plan = CPlan(gemmDescriptor(1, 1, 1) { $0.adds_residual = true })
    var (a, b, added, c): ([Float], [Float], [Float], [Float]) = ([2, 3], [5, 7], [100, 200], [-1, -1])
    a.withUnsafeMutableBufferPointer { a in
      b.withUnsafeMutableBufferPointer { b in
        added.withUnsafeMutableBufferPointer { added in
          c.withUnsafeMutableBufferPointer { c in
            let places = [a, b, added, c].map { operand in
              (0..<2).map { UnsafeMutableRawPointer(operand.baseAddress! + $0) as UnsafeMutableRawPointer? }
            }
            let inputs = places.map { $0.map { UnsafeRawPointer($0) } }
            func run(_ residual: UnsafePointer<UnsafeRawPointer?>?) -> hr_status {
              inputs[0].withUnsafeBufferPointer { a in
                inputs[1].withUnsafeBufferPointer { b in
                  places[3].withUnsafeBufferPointer { c in
                    var list = hr_gemm_list(
                      size: MemoryLayout<hr_gemm_list>.size, count: 2, a: a.baseAddress, b: b.baseAddress, c: c.baseAddress,
                      residual: residual, bias: hr_buffer())
                    return hr_gemm_plan_execute_list(plan.plan, &list, nil, 0)
                  }
                }
              }
            }
            #expect(run(nil) == HR_ERROR_BUFFER_TOO_SHORT && Array(c) == [-1, -1])
            #expect(inputs[2].withUnsafeBufferPointer { run($0.baseAddress) } == HR_OK)
          }
        }
      }
    }
    #expect(c == [110, 221])
  }

  @Test("Bad lists are errors")
  func badLists() {
    let plan = CPlan(gemmDescriptor(2, 2, 2))
    var list = hr_gemm_list()
    #expect(hr_gemm_plan_execute_list(plan.plan, &list, nil, 0) == HR_ERROR_STRUCT_SIZE)
    list.size = MemoryLayout<hr_gemm_list>.size
    #expect(hr_gemm_plan_execute_list(plan.plan, &list, nil, 0) == HR_OK)
    list.count = 1
    #expect(hr_gemm_plan_execute_list(plan.plan, &list, nil, 0) == HR_ERROR_NULL_POINTER)
    list.count = -1
    #expect(hr_gemm_plan_execute_list(plan.plan, &list, nil, 0) == HR_ERROR_NEGATIVE_SIZE)
    #expect(hr_gemm_plan_execute_list(nil, &list, nil, 0) == HR_ERROR_NULL_POINTER)
  }

  @Test("A packed operand is saved, loaded and used; a plan outlives it")
  func packed() throws {
    let desc = gemmDescriptor(3, 40, 30)
    let (a, b): ([Float], [Float]) = (filled(90), filled(1200, step: 7))
    var (expected, c) = ([Float](repeating: .nan, count: 120), [Float](repeating: .nan, count: 120))
    #expect(hr_gemm_operands.with(a, b, &expected, bias: [Float]()) { CPlan(desc).execute($0) } == HR_OK)

    var (packed, loaded, plan): (OpaquePointer?, OpaquePointer?, OpaquePointer?)
    let status = b.withUnsafeBytes { b in
      var buffer = hr_buffer(data: b.baseAddress, count: 1200)
      return withUnsafePointer(to: desc) { hr_gemm_pack($0, HR_SIDE_B, &buffer, &packed) }
    }
    #expect(status == HR_OK)
    var bytes = 0
    #expect(hr_packed_bytes(packed, &bytes) == HR_OK)
    var saved = [UInt8](repeating: 0, count: bytes)
    #expect(hr_packed_save(packed, &saved, bytes - 1) == HR_ERROR_BUFFER_TOO_SHORT)
    #expect(hr_packed_save(packed, &saved, bytes) == HR_OK)
    hr_packed_destroy(packed)
    #expect(hr_packed_load(saved, bytes - 1, &loaded) == HR_ERROR_DAMAGED_PACKED_OPERAND)
    #expect(hr_packed_load(saved, bytes, &loaded) == HR_OK)
    #expect(
      withUnsafePointer(to: gemmDescriptor(3, 41, 30)) { hr_gemm_plan_create_packed($0, nil, loaded, &plan) }
        == HR_ERROR_PACKED_MISMATCH)
    #expect(withUnsafePointer(to: desc) { hr_gemm_plan_create_packed($0, nil, loaded, &plan) } == HR_OK)
    hr_packed_destroy(loaded)
    let executed = hr_gemm_operands.with(a, [Float](), &c, bias: [Float]()) { operands in
      hr_gemm_plan_execute(plan, &operands, nil, 0)
    }
    #expect(executed == HR_OK)
    #expect(c == expected)
    hr_gemm_plan_destroy(plan)
    hr_packed_destroy(nil)
    saved[0] ^= 1
    #expect(hr_packed_load(saved, bytes, &loaded) == HR_ERROR_PACKED_ELSEWHERE)
  }
}

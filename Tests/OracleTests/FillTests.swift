import Glibc
import Oracle
import Tensors
import TestSupport
import Testing

@Suite("Fills, poison and guarded memory")
struct FillTests {
  @Test("The generator yields the published sequence")
  func splitMix() {
    // The first numbers for seed 0 of the reference implementation, https://prng.di.unimi.it/splitmix64.c.
    var generator = SplitMix64(seed: 0)
    #expect(generator.next() == 0xE220_A839_7B1D_CDAF)
    #expect(generator.next() == 0x6E78_9E6A_A1B9_65F4)
    #expect(generator.next() == 0x06C4_5D18_8009_454F)
  }

  @Test("No fill yields a zero or leaves its range", arguments: ElementType.allCases)
  func ranges(type: ElementType) throws {
    let matrix = try GuardedMatrix(.rowMajor(rows: 100, columns: 200), type: type)
    matrix.view.fill(.uniform, seed: 3)
    let uniform = matrix.view.readOnly.values()
    #expect(uniform.allSatisfy { $0 != 0 && $0.magnitude <= 1 })
    #expect((uniform.reduce(0, +) / 20_000).magnitude < 0.02)
    matrix.view.fill(.integers(limit: 3), seed: 3)
    #expect(Set(matrix.view.readOnly.values()) == [-3, -2, -1, 1, 2, 3])
  }

  @Test("The same seed gives the same numbers whatever the layout")
  func seeds() throws {
    func values(_ arrangement: Arrangement, _ seed: UInt64) throws -> [Double] {
      let matrix = try GuardedMatrix(arrangement.layout(rows: 9, columns: 8), type: .float32)
      matrix.view.fill(.uniform, seed: seed)
      return matrix.view.readOnly.values()
    }
    let expected = try values(.rowMajor, 7)
    for arrangement in Arrangement.injective { #expect(try values(arrangement, 7) == expected) }
    #expect(try values(.rowMajor, 8) != expected)
  }

  @Test("Integers for a depth keep every sum below 2^24", arguments: [0, 1, 2, 100, 4096, 1 << 21])
  func exactIntegers(depth: Int) {
    guard case .integers(let limit) = Fill.integers(depth: depth) else {
      Issue.record("not integers")
      return
    }
    #expect(limit >= 1)
    #expect(depth * limit * limit * 8 <= 1 << 24)
  }

  @Test("Poison is NaN in every type", arguments: ElementType.allCases)
  func poison(type: ElementType) throws {
    let matrix = try GuardedMatrix(.rowMajor(rows: 2, columns: 2, leadingDimension: 3), type: type)
    #expect(matrix.view.readOnly.values().allSatisfy { $0.isNaN })
    matrix.view.fill(.uniform, seed: 1)
    #expect(matrix.disturbance == nil)
    let gap = 3 * type.byteCount - 1
    matrix.buffer.bytes[gap] = 0
    #expect(matrix.disturbance == gap)
  }

  @Test("Data lies flush with the end that was asked for", arguments: [0, 1, 4095, 4096, 10_000])
  func placement(byteCount: Int) throws {
    let page = 4096
    let early = try GuardedBuffer(byteCount: byteCount, placement: .flushWithStart)
    #expect(Int(bitPattern: early.start) % page == 0)
    let late = try GuardedBuffer(byteCount: byteCount, placement: .flushWithEnd)
    #expect((Int(bitPattern: late.start) + byteCount) % page == 0)
    #expect(early.bytes.allSatisfy { $0 == 0 } && late.bytes.allSatisfy { $0 == 0 })
    for buffer in [early, late] { Poison.fill(buffer.bytes) }
  }

  @Test("A touch outside ends the process", .enabled(if: !Sanitizer.isActive))
  func guardPages() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let buffer = try GuardedBuffer(byteCount: 12, placement: .flushWithEnd)
      withExtendedLifetime(buffer) { precondition((buffer.start + 12).load(as: UInt8.self) == 0) }
    }
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let buffer = try GuardedBuffer(byteCount: 12, placement: .flushWithStart)
      withExtendedLifetime(buffer) { (buffer.start - 1).storeBytes(of: 0, as: UInt8.self) }
    }
  }

  @Test("What can't be mapped is a typed error")
  func mappingFails() {
    for byteCount in [-1, Int.max, 1 << 60] {
      #expect(throws: GuardedBuffer.Failure.mapping(byteCount: byteCount, errno: ENOMEM)) {
        try GuardedBuffer(byteCount: byteCount)
      }
    }
    #expect("\(GuardedBuffer.Failure.mapping(byteCount: 5, errno: 12))" == "mmap of 5 bytes failed with errno 12")
    #expect("\(GuardedBuffer.Failure.protection(byteCount: 5, errno: 12))" == "mprotect of 5 bytes failed with errno 12")
  }
}

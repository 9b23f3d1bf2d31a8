import Oracle
import Tensors
import TestSupport
import Testing

@Suite("Rounding in the oracle")
struct RoundingTests {
  /// One bfloat16 in memory, through which the oracle's own conversions are reached.
  private let cell: GuardedMatrix

  init() throws {
    cell = try GuardedMatrix(.rowMajor(rows: 1, columns: 1), type: .bfloat16)
  }

  private func widened(_ bits: UInt16) -> Double {
    cell.buffer.start.storeBytes(of: bits, as: UInt16.self)
    return cell.view[0, 0]
  }

  private func narrowed(_ value: Double) -> UInt16 {
    cell.view[0, 0] = value
    return cell.buffer.start.load(as: UInt16.self)
  }

  @Test("Every bfloat16 is its own nearest bfloat16")
  func bfloat16RoundTrip() {
    for bits in UInt16.min...UInt16.max {
      let value = widened(bits)
      if value.isNaN {
        #expect(widened(narrowed(value)).isNaN)
      } else {
        #expect(narrowed(value) == bits)
      }
    }
  }

  @Test("Between neighbours the nearer one is taken, half-way the even one")
  func bfloat16Ties() {
    // Finite neighbours of either sign, denormals included; beyond the largest comes infinity.
    for bits in UInt16(0)..<0x7F7F {
      let (low, high) = (widened(bits), widened(bits + 1))
      let middle = (low + high) / 2
      let even = bits & 1 == 0 ? bits : bits + 1
      #expect(narrowed(middle) == even)
      #expect(narrowed(-middle) == even | 0x8000)
      #expect(narrowed(middle.nextDown) == bits)
      #expect(narrowed(middle.nextUp) == bits + 1)
    }
  }

  @Test("Half a unit beyond the largest bfloat16 is infinite, anything below is not")
  func bfloat16Overflow() {
    let limit = 0x1.FEp127 + 0x1p119
    #expect(ElementType.bfloat16.rounded(limit) == .infinity)
    #expect(ElementType.bfloat16.rounded(-limit) == -.infinity)
    #expect(ElementType.bfloat16.rounded(limit.nextDown) == 0x1.FEp127)
    #expect(ElementType.bfloat16.rounded(.infinity) == .infinity)
    #expect(ElementType.bfloat16.rounded(.nan).isNaN)
  }

  @Test("A value that is a tie only after a rounding to Float is rounded once")
  func noDoubleRounding() {
    let tie = 1 + 0x1p-8
    #expect(ElementType.bfloat16.rounded(tie) == 1)
    #expect(ElementType.bfloat16.rounded(tie.nextUp) == 1 + 0x1p-7)
  }

  @Test("The unit roundoff is half the distance from 1 to the next number", arguments: ElementType.allCases)
  func unitRoundoff(type: ElementType) {
    let unit = type.unitRoundoff
    #expect(type.rounded(1 + unit) == 1)
    #expect(type.rounded(1 + 2 * unit) == 1 + 2 * unit)
    #expect(type.rounded(1 + 3 * unit) == 1 + 4 * unit)
    #expect(type.rounded(type.leastNormal * (1 + 2 * unit)) == type.leastNormal * (1 + 2 * unit))
  }
}

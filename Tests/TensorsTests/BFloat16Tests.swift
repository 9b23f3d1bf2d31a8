import Tensors
import Testing

@Suite("BFloat16")
struct BFloat16Tests {
  @Test("All 65536 patterns survive the way to Float and back; NaN stays NaN and turns quiet")
  func roundTrip() {
    for bits in UInt16.min...UInt16.max {
      let value = BFloat16(bitPattern: bits)
      let wide = Float(value)
      #expect(wide.bitPattern == UInt32(bits) << 16)
      if wide.isNaN {
        #expect(BFloat16(wide).bitPattern == bits | 0x0040)
      } else {
        #expect(BFloat16(wide) == value)
      }
    }
  }

  @Test("Rounding takes the nearer neighbour and half-way the even one, denormals included")
  func ties() {
    for bits in UInt16(0)..<0x7F80 {
      let low = Float(BFloat16(bitPattern: bits)).bitPattern
      let even = bits & 1 == 0 ? bits : bits + 1
      for sign in [UInt32(0), 0x8000_0000] {
        let top = UInt16(sign >> 16)
        #expect(BFloat16(Float(bitPattern: low + 0x7FFF | sign)).bitPattern == bits | top)
        #expect(BFloat16(Float(bitPattern: low + 0x8000 | sign)).bitPattern == even | top)
        #expect(BFloat16(Float(bitPattern: low + 0x8001 | sign)).bitPattern == bits + 1 | top)
      }
    }
  }

  @Test("Beyond the largest finite number comes infinity")
  func overflow() {
    #expect(BFloat16(Float.greatestFiniteMagnitude).bitPattern == 0x7F80)
    #expect(BFloat16(-Float.greatestFiniteMagnitude).bitPattern == 0xFF80)
    #expect(BFloat16(Float(0x1.FEp127)).bitPattern == 0x7F7F)
    #expect(BFloat16(Float.infinity).bitPattern == 0x7F80)
  }

  @Test("A NaN whose payload lies in the lower half alone stays NaN")
  func smallPayload() {
    let signalling = Float(bitPattern: 0x7F80_0001)
    #expect(BFloat16(signalling).bitPattern == 0x7FC0)
    #expect(BFloat16(Float(bitPattern: 0xFF80_0001)).bitPattern == 0xFFC0)
  }

  @Test("Zero keeps its sign and prints as its value")
  func zeroAndDescription() {
    #expect(BFloat16(-0.0).bitPattern == 0x8000)
    #expect("\(BFloat16(1.5))" == "1.5")
  }
}

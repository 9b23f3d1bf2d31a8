import Oracle
import Tensors
import TestSupport
import Testing

@Suite("The tests' own instruments")
struct SupportTests {
  @Test("Arrangements give each element its own address exactly when they say so", arguments: Arrangement.allCases)
  func injectivity(arrangement: Arrangement) {
    let layout = arrangement.layout(rows: 4, columns: 3)
    let addresses = Set((0..<12).map { $0 / 3 * layout.rowStride + $0 % 3 * layout.columnStride })
    #expect((addresses.count == 12) == Arrangement.injective.contains(arrangement))
  }

  @Test("A trial sees a written gap and a written operand")
  func sideEffects() throws {
    let trial = try GEMMTrial(GEMMSetting(3, 4, 5) { $0.c = .paddedRowMajor })
    trial.reference.write(to: trial.c.view)
    #expect(trial.finding() == nil)
    trial.c.buffer.bytes[17] = 0
    #expect(trial.finding() == "\(trial.setting): byte 17 of C was written, which is none of its elements")
    trial.reset()
    #expect(trial.finding() != nil)
    trial.reference.write(to: trial.c.view)
    #expect(trial.finding() == nil)
    trial.b.view[0, 0] = -trial.b.view[0, 0]
    trial.reference.write(to: trial.c.view)
    #expect(trial.finding() == "\(trial.setting): B was written")
  }

  @Test("Reset brings C's old values back")
  func reset() throws {
    let trial = try GEMMTrial(GEMMSetting(3, 4, 5) { ($0.beta, $0.c) = (2, .spread) })
    let before = trial.c.bytes
    trial.reference.write(to: trial.c.view)
    #expect(trial.c.bytes != before)
    trial.reset()
    #expect(trial.c.bytes == before)
  }
}

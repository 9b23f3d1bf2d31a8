import KernelDispatch
import Testing

@Suite("Names as plain data")
struct ShortNameTests {
  @Test("Every name that exists, none, and empty text come back as they were")
  func roundTrip() {
    let table = KernelTable.shared
    let names = table.variants.map(\.name) + table.microkernels.map(\.name)
    #expect(names.allSatisfy { $0.utf8.count <= ShortName.capacity })
    for name in names + ["", "x", "ä€𝄞", String(repeating: "n", count: ShortName.capacity)] {
      #expect(ShortName(name).text == name && !ShortName(name).isNone)
    }
    #expect(ShortName(nil).text == nil && ShortName(nil).isNone && ShortName() == ShortName(nil))
  }

  @Test("What can't be held is no other name")
  func noOtherName() {
    let whole = String(repeating: "n", count: ShortName.capacity)
    #expect(ShortName(whole + "n") != ShortName(whole))
    #expect(ShortName(whole + "n").text?.hasPrefix("nnnnnnnn") == true)
    #expect(ShortName("outer.packed\0") != ShortName("outer.packed"))
    #expect(ShortName("\0").text != "" && !ShortName("\0").isNone)
  }

  @Test("A descriptor is plain data", arguments: [SelectionOptions(), SelectionOptions(variant: "outer.packed")])
  func plain(options: SelectionOptions) {
    func isPlain<T>(_: T) -> Bool { _isPOD(T.self) }
    var descriptor = GEMMDescriptor(m: 8, n: 8, k: 8)
    descriptor.options = options
    #expect(isPlain(descriptor))
    #expect(descriptor.options.variant == options.variant)
  }
}

import KernelDispatch
import Tensors
import Testing

@Suite("Overrides")
struct OverridesTests {
  @Test("Every variable, set, empty and absent")
  func values() throws {
    #expect(try Overrides(environment: [:]) == Overrides())
    let empty = [
      "HEADROOM_MAX_ISA": "", "HEADROOM_THREADS": "", "HEADROOM_VARIANT": "", "HEADROOM_WINOGRAD": "", "HEADROOM_VERBOSE": "",
    ]
    #expect(try Overrides(environment: empty) == Overrides())
    let all = try Overrides(
      environment: [
        "HEADROOM_MAX_ISA": "avx2", "HEADROOM_THREADS": "3", "HEADROOM_VARIANT": "outer.packed", "HEADROOM_VERBOSE": "1",
        "HEADROOM_WINOGRAD": "0", "HOME": "/",
      ])
    #expect(all.maxISA == .avx2 && all.threads == 3 && all.variant == "outer.packed" && all.verbose && !all.winograd)
    #expect(try Overrides(environment: ["HEADROOM_WINOGRAD": "1"]).winograd)
    #expect(try !Overrides(environment: ["HEADROOM_VERBOSE": "0"]).verbose)
  }

  @Test("Every name of an instruction set and of a variant is understood")
  func names() throws {
    for isa in ISA.allCases {
      #expect(ISA(name: isa.name) == isa)
      #expect(try Overrides(environment: ["HEADROOM_MAX_ISA": isa.name]).maxISA == isa)
    }
    #expect(ISA.allCases.map(\.name) == ["scalar", "sse2", "avx2", "avx512", "avx512bf16", "amx"])
    #expect(ISA.allCases == ISA.allCases.sorted())
    for variant in KernelTable.shared.variants {
      #expect(try Overrides(environment: ["HEADROOM_VARIANT": variant.name]).variant == variant.name)
    }
  }

  @Test(
    "What can't be understood is an error that names the variable and what was found",
    arguments: [
      ("HEADROOM_MAX_ISA", "AVX2"), ("HEADROOM_MAX_ISA", "avx3"), ("HEADROOM_MAX_ISA", " sse2"), ("HEADROOM_THREADS", "0"),
      ("HEADROOM_THREADS", "-1"), ("HEADROOM_THREADS", "two"), ("HEADROOM_THREADS", "1.5"), ("HEADROOM_THREADS", "1025"),
      ("HEADROOM_THREADS", "99999999999999999999"), ("HEADROOM_VARIANT", "outer"), ("HEADROOM_WINOGRAD", "off"),
      ("HEADROOM_VERBOSE", "yes"),
    ])
  func invalid(variable: String, text: String) {
    do throws(HeadroomError) {
      _ = try Overrides(environment: [variable: text])
      Issue.record("\(variable)=\(text) passed")
    } catch {
      guard case .invalidOverride(variable, text, let expected) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(!expected.isEmpty)
      #expect(error.description == "the variable \(variable) can't be used: found '\(text)', expected \(expected)")
    }
  }

  @Test(
    "The environment caps the instruction set and asks for variants and threads; a call's own options win, except over the cap")
  func effect() throws {
    var overrides = Overrides()
    overrides.maxISA = .avx2
    overrides.threads = 1
    overrides.variant = "outer.packed"
    let dispatch = SyntheticMachine.dispatch(.avx512, threads: 8, overrides: overrides)
    var descriptor = GEMMDescriptor(m: 2000, n: 2000, k: 2000)
    var selection = try dispatch.select(descriptor)
    #expect(selection.isa == .avx2 && selection.threads == 1 && selection.variant == "outer.packed")
    descriptor.options = SelectionOptions(maxISA: .avx512, threads: 4, variant: "outer.direct")
    selection = try dispatch.select(descriptor)
    #expect(selection.isa == .avx2 && selection.threads == 4 && selection.variant == "outer.direct")
    descriptor.options.maxISA = .sse2
    #expect(try dispatch.select(descriptor).isa == .sse2)
  }
}

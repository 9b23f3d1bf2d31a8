import Testing

@Suite("Arrows between modules")
struct ModuleArrowTests {
  /// What each module may import of ours; a module that is missing here fails.
  static let arrows: [String: Set<String>] = [
    "Sources/Tensors": [],
    "Sources/KernelDispatch": ["CKernels", "Tensors"],
    "Sources/Headroom": ["CKernels", "KernelDispatch", "Tensors"],
    "Sources/Oracle": ["Tensors"],
    "Bench/Results": [],
    "Bench/Workloads": [],
    "Bench/CeilingKernels": [],
    "Bench/Rungs": ["CRungs", "KernelDispatch"],
    "Bench/Measurement": ["Results", "Workloads", "Oracle", "Tensors", "CeilingKernels", "KernelDispatch"],
    "Bench/Attribution": ["Measurement", "Results", "Workloads", "Oracle", "Tensors", "CeilingKernels", "KernelDispatch"],
    "Bench/Reporting": ["Results"],
    "Bench/HeadroomCLI": [
      "Headroom", "KernelDispatch", "Tensors", "Oracle", "Results", "Workloads", "CeilingKernels", "Measurement", "Rungs",
      "Attribution",
      "Reporting",
    ],
  ]

  /// The operating system's modules. What users link goes without Foundation.
  static let system: Set<String> = ["Glibc", "Synchronization"]
  static let systemOfTools = system.union(["Foundation", "Dispatch"])
  /// Other packages' modules, for the tools alone.
  static let packages: [String: Set<String>] = ["Bench/Reporting": ["Mustache"], "Bench/HeadroomCLI": ["ArgumentParser"]]

  static func strangers(in module: String, imports: [String]) -> Set<String> {
    let systems = module.hasPrefix("Sources/") ? system : systemOfTools
    return Set(imports).subtracting(arrows[module, default: []]).subtracting(systems).subtracting(packages[module, default: []])
  }

  @Test("Every module imports only what lies below it", arguments: arrows.keys.sorted())
  func imports(module: String) throws {
    for file in try SourceTree.files(in: module, extensions: ["swift"]) {
      #expect(Self.strangers(in: module, imports: file.imports) == [], "\(file.path)")
    }
  }

  @Test("Every module has its line in the table")
  func complete() throws {
    let modules = try ["Sources", "Bench"].flatMap { folder in try SourceTree.rooms(in: folder).map { "\(folder)/\($0)" } }
    #expect(Set(modules) == Set(Self.arrows.keys))
  }

  @Test("What only tools need stays behind the trait")
  func trait() throws {
    for module in ["Bench/Reporting", "Bench/HeadroomCLI"] {
      for file in try SourceTree.files(in: module, extensions: ["swift"]) {
        let foreign = Set(file.imports).intersection(Self.packages[module, default: []])
        if !foreign.isEmpty {
          #expect(file.code.contains("#if Tools"), "\(file.path) imports \(foreign.sorted()) without #if Tools")
        }
      }
    }
  }

  @Test("The check sees every way to write an import")
  func parser() {
    let file = SourceFile(
      path: "Sources/Tensors/Wrong.swift",
      text: #"""
        // import Commented
        @testable import Oracle
        public import Headroom
        @_exported public import KernelDispatch
          import struct Results.Run
        import Glibc
        /* import
        import Hidden */
        let python = """
          import json
          """
        """#)
    #expect(file.imports == ["Oracle", "Headroom", "KernelDispatch", "Results", "Glibc"])
    #expect(Self.strangers(in: "Sources/Tensors", imports: file.imports) == ["Oracle", "Headroom", "KernelDispatch", "Results"])
  }
}

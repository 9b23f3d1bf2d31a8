import Testing

@Suite("Arrows between modules")
struct ModuleArrowTests {
  /// What each module may import of ours; a module that is missing here fails.
  static let arrows: [String: Set<String>] = [
    "Sources/Tensors": [],
    "Sources/SIMDKernels": ["CKernels", "SIMDBodies", "SIMDBaseline", "SIMDAVX2", "SIMDAVX512"],
    "Sources/KernelDispatch": ["CKernels", "SIMDKernels", "Tensors"],
    "Sources/Headroom": ["KernelDispatch", "Tensors"],
    "Sources/CHeadroom": [],
    "Sources/HeadroomC": ["CHeadroom", "Headroom"],
    "Sources/Oracle": ["Tensors"],
    "Bench/Results": [],
    "Bench/Workloads": ["Tensors"],
    "Bench/CeilingKernels": [],
    "Bench/Rungs": ["CRungs", "KernelDispatch", "Tensors"],
    "Bench/Measurement": ["Results", "Workloads", "Oracle", "Tensors", "CeilingKernels", "KernelDispatch"],
    "Bench/Attribution": ["Measurement", "Results", "Workloads", "KernelDispatch", "Tensors"],
    "Bench/Reporting": ["Results"],
    "Bench/HeadroomCLI": [
      "Headroom", "KernelDispatch", "Tensors", "Oracle", "Results", "Workloads", "Measurement", "Rungs", "Attribution",
      "Reporting",
    ],
  ]

  /// Folders that the package does not build: C against the installed header.
  static let outside: Set<String> = ["Bench/Peers"]

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

  /// What each target of a manifest names of the package's own in its `dependencies:`.
  static func dependencies(in manifest: SourceFile) -> [String: Set<String>] {
    let targets = manifest.code.split(separator: #/\.\w*[tT]arget\(/#).dropFirst()
    return targets.reduce(into: [:]) { found, target in
      guard let name = target.firstMatch(of: #/name: "(\w+)"/#)?.1 else { return }
      let list = target.firstMatch(of: #/dependencies: \[([^\]]*)\]/#)?.1 ?? ""
      found[String(name)] = Set(list.matches(of: #/"(\w+)"/#).map { String($0.1) })
    }
  }

  @Test("Every module of ours that is imported is named in the manifest", arguments: arrows.keys.sorted())
  func manifest(module: String) throws {
    let dependencies = Self.dependencies(in: try SourceTree.file("Package.swift"))
    let named = try #require(dependencies[String(module.split(separator: "/")[1])])
    for file in try SourceTree.files(in: module, extensions: ["swift"]) {
      let unnamed = Set(file.imports).intersection(dependencies.keys).subtracting(named)
      #expect(unnamed == [], "\(file.path)")
    }
  }

  @Test("The check sees what each target of a manifest names")
  func manifestParser() {
    let manifest = SourceFile(
      path: "Package.swift",
      text: #"""
        let tools: TargetDependencyCondition? = .when(traits: ["Tools"])
        let package = Package(
          name: "headroom", products: [.library(name: "Headroom", targets: ["Headroom"])],
          dependencies: [.package(url: "https://example.org/stranger", from: "1.0.0")],
          targets: [
            .target(name: "Tensors"),  // dependencies: ["Commented"]
            .target(name: "Headroom", dependencies: ["Tensors", foreign], swiftSettings: [.define("A")]),
            .executableTarget(
              name: "Tool",
              dependencies: [
                "Headroom",
                "Tensors",
              ], path: "Bench/Tool", resources: [.embedInCode("Shapes")]),
            .testTarget(name: "ToolTests"),
          ])
        """#)
    #expect(
      Self.dependencies(in: manifest) == [
        "Tensors": [], "Headroom": ["Tensors"], "Tool": ["Headroom", "Tensors"], "ToolTests": [],
      ])
  }

  @Test("Every module has its line in the table")
  func complete() throws {
    let modules = try ["Sources", "Bench"].flatMap { folder in try SourceTree.rooms(in: folder).map { "\(folder)/\($0)" } }
    #expect(Set(modules) == Set(Self.arrows.keys).union(Self.outside))
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

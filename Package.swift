// swift-tools-version: 6.2
import Foundation
import PackageDescription

// MARK: OpenMP

/// Where Debian and Ubuntu put libomp: the runtime in the default library path, `omp.h` in a folder named after its version.
struct OpenMP {
  let linkerFlags: [String]

  /// Stops with one clear line when the runtime is missing, instead of a linker error about `__kmpc_fork_call`.
  static func find() -> OpenMP {
    let files = FileManager.default
    let triples = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
    if triples.contains(where: { files.fileExists(atPath: "/usr/lib/\($0)/libomp5.so") }) {
      return OpenMP(linkerFlags: ["-lomp5"])
    }
    let llvm = ((try? files.contentsOfDirectory(atPath: "/usr/lib")) ?? []).filter { $0.hasPrefix("llvm-") }
    let newestFirst = llvm.sorted { $0.compare($1, options: .numeric) == .orderedDescending }
    for folder in newestFirst.map({ "/usr/lib/\($0)/lib" }) where files.fileExists(atPath: "\(folder)/libomp.so") {
      return OpenMP(linkerFlags: ["-L\(folder)", "-lomp", "-Xlinker", "-rpath", "-Xlinker", folder])
    }
    let message = "error: Headroom needs the OpenMP runtime libomp; none is below /usr/lib. Remedy: apt-get install libomp-dev\n"
    FileHandle.standardError.write(Data(message.utf8))
    exit(1)
  }
}

let openMP = OpenMP.find()

// MARK: Flags

/// Of every C target. A loop that is asked to be vectorised can't be under a sanitizer: that is no error. Debuggers and profilers
/// are told of lines but not of variables, which took a third of the compiler's time; `-Xclang`, since SwiftPM's own `-g` comes later.
let strictC = [
  "-fno-math-errno", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-Wno-pass-failed", "-Xclang",
  "-debug-info-kind=line-tables-only",
]
/// SwiftPM puts these after its own `-O0`, so a consumer's debug build runs optimised kernels too.
let kernelFlags: [CSetting] = [
  .unsafeFlags(["-O3", "-fopenmp"] + strictC),
  .headerSearchPath("."), .define("_GNU_SOURCE"),
]
let swift6: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]
/// Dispatch is on the path of every call, so it is optimised in a consumer's debug build as well.
let optimised: [SwiftSetting] = swift6 + [.unsafeFlags(["-O"])]

/// Of a target whose Swift code is compiled for more than the baseline; where there are no such instructions, its files are empty.
func compiled(for features: String...) -> [SwiftSetting] {
  #if arch(x86_64)
    optimised + [.unsafeFlags(features.flatMap { ["-Xcc", "-m\($0)"] })]
  #else
    optimised
  #endif
}

let tools: TargetDependencyCondition? = .when(traits: ["Tools"])
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser", condition: tools)
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache", condition: tools)

// MARK: Package

let package = Package(
  name: "headroom",
  products: [
    .library(name: "Headroom", targets: ["Headroom"]),
    // For C: `make install` builds it without a need for Swift's runtime and installs it as libheadroom.so.
    .library(name: "HeadroomC", type: .dynamic, targets: ["HeadroomC"]),
    .executable(name: "headroom", targets: ["HeadroomCLI"]),
  ],
  traits: [
    .default(enabledTraits: ["Tools"]),
    .trait(name: "Tools", description: "The command-line tool and its reports; the library products need none of it."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ],
  targets: [
    // The library.
    .target(
      name: "CKernels", path: "CKernels", cSettings: kernelFlags,
      linkerSettings: [.unsafeFlags(openMP.linkerFlags), .linkedLibrary("m")]),
    .target(name: "Tensors", swiftSettings: optimised),
    // Micro-kernels in Swift: bodies, which every instruction set's target inlines and compiles for itself.
    .target(name: "SIMDBodies", dependencies: ["CKernels"], path: "Sources/SIMDKernels/Bodies", swiftSettings: optimised),
    .target(
      name: "SIMDBaseline", dependencies: ["CKernels", "SIMDBodies"], path: "Sources/SIMDKernels/Baseline",
      swiftSettings: optimised),
    .target(
      name: "SIMDAVX2", dependencies: ["CKernels", "SIMDBodies"], path: "Sources/SIMDKernels/AVX2",
      swiftSettings: compiled(for: "avx2", "fma")),
    .target(
      name: "SIMDAVX512", dependencies: ["CKernels", "SIMDBodies"], path: "Sources/SIMDKernels/AVX512",
      swiftSettings: compiled(for: "avx512f", "avx512vl", "avx512bw", "avx512dq", "fma")),
    .target(
      name: "SIMDKernels", dependencies: ["CKernels", "SIMDBaseline", "SIMDAVX2", "SIMDAVX512", "SIMDBodies"],
      path: "Sources/SIMDKernels/Table", swiftSettings: optimised),
    .target(name: "KernelDispatch", dependencies: ["CKernels", "SIMDKernels", "Tensors"], swiftSettings: optimised),
    .target(name: "Headroom", dependencies: ["KernelDispatch", "Tensors"], swiftSettings: optimised),
    .target(name: "CHeadroom", publicHeadersPath: "."),
    .target(name: "HeadroomC", dependencies: ["CHeadroom", "Headroom"], swiftSettings: optimised),
    .target(name: "Oracle", dependencies: ["Tensors"], swiftSettings: optimised),

    // The instrument.
    .target(name: "Results", path: "Bench/Results", swiftSettings: swift6),
    .target(
      name: "Workloads", dependencies: ["Tensors"], path: "Bench/Workloads", resources: [.embedInCode("Shapes")],
      swiftSettings: swift6),
    .target(name: "CeilingKernels", path: "Bench/CeilingKernels", cSettings: kernelFlags),
    .target(
      name: "Measurement", dependencies: ["Results", "Workloads", "Oracle", "Tensors", "CeilingKernels", "KernelDispatch"],
      path: "Bench/Measurement", swiftSettings: optimised),
    .target(name: "CRungs", dependencies: ["CRungsO2"], path: "Bench/Rungs/C", exclude: ["O2"], cSettings: kernelFlags),
    // The textbook product at the optimisation level that textbooks are compiled at.
    .target(
      name: "CRungsO2", path: "Bench/Rungs/C/O2",
      cSettings: [.unsafeFlags(["-O2"] + strictC)]),
    .target(
      name: "Rungs", dependencies: ["CRungs", "KernelDispatch", "Tensors"], path: "Bench/Rungs/Swift", swiftSettings: optimised),
    .target(
      name: "Attribution", dependencies: ["Measurement", "Results", "Workloads", "KernelDispatch", "Tensors"],
      path: "Bench/Attribution",
      swiftSettings: swift6),
    .target(
      name: "Reporting", dependencies: ["Results", mustache], path: "Bench/Reporting", resources: [.embedInCode("Templates")],
      swiftSettings: swift6),
    .executableTarget(
      name: "HeadroomCLI",
      dependencies: [
        "Headroom", "KernelDispatch", "Tensors", "Oracle", "Results", "Workloads", "Measurement", "Rungs", "Attribution",
        "Reporting", argumentParser,
      ],
      path: "Bench/HeadroomCLI", swiftSettings: swift6),

    // Tests.
    .target(name: "TestSupport", dependencies: ["Oracle", "Tensors"], path: "Tests/TestSupport", swiftSettings: swift6),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors"], swiftSettings: swift6),
    .testTarget(
      name: "CKernelsTests", dependencies: ["CKernels", "SIMDKernels", "Oracle", "Tensors", "TestSupport"],
      swiftSettings: swift6),
    .testTarget(
      name: "KernelDispatchTests", dependencies: ["KernelDispatch", "CKernels", "Tensors", "TestSupport"], swiftSettings: swift6),
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter", cSettings: [.unsafeFlags(strictC)]),
    .testTarget(
      name: "HeadroomTests", dependencies: ["Headroom", "Oracle", "TestSupport", "AllocationCounter"], swiftSettings: swift6),
    .testTarget(
      name: "HeadroomCTests", dependencies: ["HeadroomC", "CHeadroom", "Headroom"], swiftSettings: swift6),
    .testTarget(name: "OracleTests", dependencies: ["Oracle", "Tensors", "TestSupport"], swiftSettings: swift6),
    .testTarget(name: "ResultsTests", dependencies: ["Results"], swiftSettings: swift6),
    .testTarget(name: "WorkloadsTests", dependencies: ["Workloads", "Tensors"], swiftSettings: swift6),
    .testTarget(
      name: "MeasurementTests",
      dependencies: ["Measurement", "Results", "Workloads", "Oracle", "Tensors", "CeilingKernels", "KernelDispatch"],
      swiftSettings: swift6),
    .testTarget(
      name: "RungsTests", dependencies: ["Rungs", "KernelDispatch", "Oracle", "Tensors", "TestSupport"], swiftSettings: swift6),
    .testTarget(
      name: "AttributionTests",
      dependencies: ["Attribution", "Measurement", "Results", "Workloads", "KernelDispatch", "Tensors"], swiftSettings: swift6),
    .testTarget(name: "ReportingTests", dependencies: ["Reporting", "Results"], swiftSettings: swift6),
    .testTarget(name: "HeadroomCLITests", dependencies: ["HeadroomCLI", "Results"], swiftSettings: swift6),
    .testTarget(name: "ArchitectureTests", swiftSettings: swift6),
  ]
)

// MARK: The library alone

/// For a build that tests the library and nothing else, as the sanitized one does: it takes two thirds of the time.
if Context.environment["HEADROOM_LIBRARY_ONLY"] != nil {
  let instrument = Set(package.targets.filter { $0.path?.hasPrefix("Bench/") == true }.map(\.name))
  func isOfInstrument(_ dependency: Target.Dependency) -> Bool {
    if case .byNameItem(let name, _) = dependency { instrument.contains(name) } else { false }
  }
  package.targets.removeAll { instrument.contains($0.name) || $0.dependencies.contains(where: isOfInstrument) }
  package.products.removeAll { $0.name == "headroom" }
}

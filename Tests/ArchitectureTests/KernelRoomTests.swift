import Testing

@Suite("Arrows between the rooms of the kernels")
struct KernelRoomTests {
  /// What each room of CKernels may include of the others; the public headers (`ck_*.h`) are open to all.
  static let arrows: [String: Set<String>] = [
    "cpu": [],
    "isa": [],
    "team": [],
    "include": [],
    "depthwise": ["isa"],
    "ukernels": ["isa"],
    "pack": ["isa"],
    "epilogue": ["isa", "pack"],
    "winograd": ["isa"],
    "gemm": ["epilogue", "pack"],
    "conv": ["epilogue", "gemm", "pack"],
  ]
  static let extensions: Set<String> = ["c", "h", "def", "inc"]

  @Test("Every room includes only those below it", arguments: arrows.keys.sorted())
  func includes(room: String) throws {
    for file in try SourceTree.files(in: "CKernels/\(room)", extensions: Self.extensions) {
      for include in file.includes where !include.hasPrefix("ck_") {
        let target = String(include.prefix { $0 != "/" })
        #expect(target == room || Self.arrows[room, default: []].contains(target), "\(file.path) includes \(include)")
      }
    }
  }

  @Test("Every room has its line in the table")
  func complete() throws {
    #expect(try SourceTree.rooms(in: "CKernels") == Self.arrows.keys.sorted())
  }

  @Test("The instruments' C code knows nothing of the kernels", arguments: ["Bench/CeilingKernels", "Bench/Rungs"])
  func instruments(folder: String) throws {
    for file in try SourceTree.files(in: folder, extensions: Self.extensions) {
      #expect(file.includes.filter { $0.hasPrefix("ck_") } == [], "\(file.path)")
    }
  }

  /// Who may do what in C: a pattern and the rooms that may contain it.
  struct Privilege: Sendable, CustomTestStringConvertible {
    let what: String
    let words: [String]
    let room: String?
    var testDescription: String { what }
  }

  static let privileges = [
    Privilege(what: "OpenMP", words: ["omp_", "kmp_", "pragma omp", "omp.h"], room: "team"),
    Privilege(
      what: "asking for the processor",
      words: ["cpuid", "xgetbv", "__builtin_cpu_supports", "getauxval", "sched_getaffinity", "sysconf"],
      room: "cpu"),
    Privilege(what: "reading files", words: ["fopen", "/proc/", "/sys/"], room: "cpu"),
    Privilege(
      what: "what a library must not do",
      words: [
        "getenv", "abort(", "exit(", "printf(", "assert(", "_mm_setcsr", "fesetround", "fesetenv", "setaffinity", "srand(",
        "sleep(",
      ], room: nil),
  ]

  @Test("One room for each privilege", arguments: privileges)
  func rooms(privilege: Privilege) throws {
    for file in try SourceTree.files(in: "CKernels", extensions: Self.extensions) {
      if let room = privilege.room, file.path.hasPrefix("CKernels/\(room)/") { continue }
      let code = Self.harmless(file.code)
      for word in privilege.words { #expect(!code.contains(word), "\(file.path) contains \(word)") }
    }
  }

  /// Writing into memory is no output, and an assertion of the compiler ends nothing.
  private static func harmless(_ code: String) -> String {
    code.replacing("snprintf(", with: "").replacing("_Static_assert(", with: "")
  }

  @Test("The privileges are used where they are granted", arguments: [("team", "pragma omp"), ("cpu", "cpuid")])
  func granted(room: String, word: String) throws {
    let files = try SourceTree.files(in: "CKernels/\(room)", extensions: Self.extensions)
    #expect(files.contains { $0.code.contains(word) })
  }
}

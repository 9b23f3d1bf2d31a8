import Testing

@Suite("Manners of the library")
struct LibraryMannerTests {
  /// What no library source contains: output, ends of the process, ignored errors.
  static var forbidden: [Regex<Substring>] {
    [
      #/\bprint\(/#, #/\bdebugPrint\(/#, #/\bdump\(/#, #/\bputs\(/#, #/\bfatalError\(/#, #/\babort\(/#, #/\bexit\(/#, #/\btry!/#,
      #/\bas!/#,
    ]
  }

  static func offences(in code: String) -> [String] {
    forbidden.flatMap { pattern in code.matches(of: pattern).map { String($0.output) } }
  }

  @Test("Nothing in Sources prints, ends the process or ignores an error")
  func manners() throws {
    let files = try SourceTree.files(in: "Sources", extensions: ["swift"])
    #expect(!files.isEmpty)
    for file in files { #expect(Self.offences(in: file.code) == [], "\(file.path)") }
  }

  @Test("One file reads the environment")
  func environment() throws {
    let readers = try SourceTree.files(in: "Sources", extensions: ["swift"]).filter {
      $0.code.contains("getenv") || $0.code.contains("ProcessInfo") || $0.code.contains("environ\n")
    }
    #expect(readers.map(\.path) == ["Sources/KernelDispatch/Overrides.swift"])
  }

  @Test("The check finds what it looks for, and not in comments")
  func finds() {
    let code = SourceFile.withoutComments(
      """
      print("a")  // fatalError("in a comment")
      let sprint = blueprint(3)
      let value = try! load() as! Int
      /* abort() */
      """)
    #expect(Self.offences(in: code) == ["print(", "try!", "as!"])
  }
}

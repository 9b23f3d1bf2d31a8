/// The compiler that built the program, as exactly as the language lets it know.
public let swiftCompiler: String = {
  #if compiler(>=6.5)
    "Swift 6.5 or later"
  #elseif compiler(>=6.4)
    "Swift 6.4"
  #elseif compiler(>=6.3)
    "Swift 6.3"
  #else
    "Swift 6.2"
  #endif
}()

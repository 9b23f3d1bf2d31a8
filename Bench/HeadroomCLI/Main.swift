#if Tools
  import ArgumentParser
  import Foundation

  @main
  enum Main {
    static func main() {
      do {
        var command = try HeadroomTool.parseAsRoot()
        try command.run()
      } catch let failure as Failure {
        StandardError.write("\(failure)\n")
        exit(failure.code.rawValue)
      } catch {
        exit(explain(error))
      }
    }

    /// Prints what the argument parser has to say: help on standard output, a mistake on standard error. Its own code for
    /// bad usage is 64; this tool promises 2.
    private static func explain(_ error: any Error) -> Int32 {
      let text = HeadroomTool.fullMessage(for: error)
      guard HeadroomTool.exitCode(for: error) != .success else {
        print(text)
        return 0
      }
      StandardError.write(text.replacing("Error: ", with: "error: ", maxReplacements: 1) + "\n")
      return Failure.Code.badUsage.rawValue
    }
  }
#else
  import Glibc

  @main
  enum Main {
    static func main() {
      let message = "error: headroom was built without its tool; build with the package trait Tools (it is on by default)\n"
      write(STDERR_FILENO, message, message.utf8.count)
      exit(2)
    }
  }
#endif

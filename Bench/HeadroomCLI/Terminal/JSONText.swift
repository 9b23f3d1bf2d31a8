#if Tools
  import Foundation

  /// JSON as every command prints it: indented, keys sorted, a line end after it.
  enum JSONText {
    static func of(_ value: some Encodable) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
  }
#endif

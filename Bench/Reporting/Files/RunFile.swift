import Foundation
import Results

/// `results.json`: a `Run` as JSON with sorted keys, so that equal runs are equal files.
public enum RunFile {
  /// - Throws: `.notANumber` when a result is infinite or not a number.
  public static func encode(_ run: Run) throws(ReportingError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      var data = try encoder.encode(run)
      data.append(UInt8(ascii: "\n"))
      return data
    } catch EncodingError.invalidValue(_, let context) {
      throw .notANumber(field: path(context.codingPath))
    } catch {
      throw .notANumber(field: "\(error)")
    }
  }

  /// - Throws: `.unreadable`, `.newerSchema`, `.malformed`.
  public static func load(_ path: String) throws(ReportingError) -> Run {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .unreadable(file: path, reason: FileManager.default.fileExists(atPath: path) ? "it can't be opened" : "no such file")
    }
    return try decode(data, name: path)
  }

  /// - Parameter name: What errors call the data.
  public static func decode(_ data: Data, name: String) throws(ReportingError) -> Run {
    do {
      // The schema alone first: a newer file need not decode as anything else.
      let schema = try JSONDecoder().decode(SchemaOnly.self, from: data).schema
      guard schema <= Run.currentSchema else {
        throw ReportingError.newerSchema(file: name, found: schema, newest: Run.currentSchema)
      }
      return try JSONDecoder().decode(Run.self, from: data)
    } catch let error as ReportingError {
      throw error
    } catch let error as DecodingError {
      throw .malformed(file: name, reason: Self.reason(error))
    } catch {
      throw .malformed(file: name, reason: "no JSON")
    }
  }

  private struct SchemaOnly: Decodable {
    var schema: Int
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context): "`\(path(context.codingPath + [key]))` is missing"
    case .typeMismatch(let type, let context): "`\(path(context.codingPath))` is not of type \(type)"
    case .valueNotFound(let type, let context): "`\(path(context.codingPath))` is null, expected \(type)"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty ? "no JSON" : "`\(path(context.codingPath))` has an unknown value"
    @unknown default: "unknown error"
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce("") { text, key in
      if let index = key.intValue { return "\(text)[\(index)]" }
      return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
    }
  }
}

/// Why a report can't be read or written. Whenever writing fails, what was at the path before is still there.
public enum ReportingError: Error, Equatable, Sendable, CustomStringConvertible {
  case unreadable(file: String, reason: String)
  /// The file was written by a newer Headroom.
  case newerSchema(file: String, found: Int, newest: Int)
  /// The file is no results file; `reason` names the place and what is wrong there.
  case malformed(file: String, reason: String)
  /// A result that JSON has no number for.
  case notANumber(field: String)
  /// The folder holds something that no report wrote; replacing it would delete that.
  case foreignFiles(folder: String, found: [String])
  case notWritable(path: String, reason: String)
  case diskFull(path: String)
  /// A page template that ships with the tool doesn't parse.
  case template(name: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "can't read \(file): \(reason)"
    case .newerSchema(let file, let found, let newest):
      "\(file) has schema \(found); this version reads up to \(newest). Remedy: read it with a newer Headroom"
    case .malformed(let file, let reason): "\(file) is not a results file: \(reason)"
    case .notANumber(let field): "the result \(field) is infinite or not a number; expected a finite number"
    case .foreignFiles(let folder, let found):
      "\(folder) holds files that are not a report's (\(found.joined(separator: ", "))) and would be lost. "
        + "Remedy: name a new or an empty folder"
    case .notWritable(let path, let reason):
      "can't write \(path): \(reason). Remedy: name a folder that you may write to"
    case .diskFull(let path): "no space left for \(path); nothing was changed. Remedy: free some space or name another disk"
    case .template(let name, let reason): "the page template \(name) doesn't parse: \(reason)"
    }
  }
}

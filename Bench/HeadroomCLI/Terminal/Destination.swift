#if Tools
  import ArgumentParser
  import Foundation

  /// Where `--json` and `--csv` go: a file, or `-` for standard output.
  enum Destination: ExpressibleByArgument, Equatable {
    case standardOutput
    case file(String)

    init(argument: String) {
      self = argument == "-" ? .standardOutput : .file(argument)
    }

    /// Finds out before the measuring, not after it, that the file can't be written.
    func check() throws(Failure) {
      guard case .file(let path) = self else { return }
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
        throw .badUsage("the folder of '\(path)' does not exist", remedy: "create \(folder) first")
      }
      guard FileManager.default.isWritableFile(atPath: folder) else {
        throw .badUsage("the folder of '\(path)' can't be written", remedy: "choose another, or '-' for standard output")
      }
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
        throw .badUsage("'\(path)' is a folder", remedy: "name a file in it")
      }
    }

    /// Writes all or nothing: a file that was there stays as it was when this fails. Devices and pipes are written to as they are.
    func write(_ data: Data) throws(Failure) {
      do {
        switch self {
        case .standardOutput: try FileHandle.standardOutput.write(contentsOf: data)
        case .file(let path) where Self.isDeviceOrPipe(path):
          try FileHandle(forWritingTo: URL(fileURLWithPath: path)).write(contentsOf: data)
        case .file(let path): try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        }
      } catch {
        throw .checkFailed("\(self) can't be written: \(reason(error))", remedy: "make room or choose another place")
      }
    }

    private static func isDeviceOrPipe(_ path: String) -> Bool {
      let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
      return type.map { $0 != .typeRegular && $0 != .typeSymbolicLink } ?? false
    }
  }

  extension Destination: CustomStringConvertible {
    var description: String {
      switch self {
      case .standardOutput: "standard output"
      case .file(let path): "'\(path)'"
      }
    }
  }
#endif

import Foundation

/// Files and folders written whole or not at all: the disk has every byte before a name points to them.
package enum FileWriting {
  /// Writes a file and waits until it is on the disk.
  package static func write(_ data: Data, to path: String) throws(ReportingError) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure(path) }
    let failed = data.withUnsafeBytes { bytes -> CInt? in
      var written = 0
      while written < bytes.count {
        let count = Glibc.write(file, bytes.baseAddress?.advanced(by: written), bytes.count - written)
        if count < 0, errno != EINTR { return errno }
        written += max(count, 0)
      }
      return fsync(file) == 0 ? nil : errno
    }
    // Some file systems report a full disk only here.
    let closed = close(file)
    if let code = failed ?? (closed == 0 ? nil : errno) { throw failure(path, code) }
  }

  /// Makes a folder and those above it.
  package static func makeFolder(_ path: String) throws(ReportingError) {
    guard mkdir(path, 0o755) != 0 else { return }
    let code = errno
    switch code {
    case EEXIST:
      var status = stat()
      guard stat(path, &status) == 0 else { throw failure(path) }
      guard status.st_mode & S_IFMT == S_IFDIR else { throw failure(path, ENOTDIR) }
    case ENOENT:
      let parent = parent(path)
      guard parent != path else { throw failure(path, code) }
      try makeFolder(parent)
      guard mkdir(path, 0o755) == 0 else { throw failure(path) }
    default: throw failure(path, code)
    }
  }

  /// Puts `new` in the place of `old`, both folders or both files on one file system; `old` need not exist.
  ///
  /// An existing folder is exchanged in one step where the kernel and the file system can do so; else it is moved aside first and
  /// moved back when its place can't be taken. On return what was `old` is at the path `new` or gone.
  package static func replace(
    _ old: String, by new: String, exchange: (String, String) -> Bool = exchange
  ) throws(ReportingError) {
    if rename(new, old) == 0 { return }
    guard [EEXIST, ENOTEMPTY].contains(errno) else { throw failure(old) }
    if exchange(old, new) { return }
    let aside = new + ".old"
    guard rename(old, aside) == 0 else { throw failure(old) }
    guard rename(new, old) == 0 else {
      let code = errno
      rename(aside, old)
      throw failure(old, code)
    }
    rename(aside, new)
  }

  /// Waits until the names in a folder are on the disk.
  static func synchronise(folder path: String) throws(ReportingError) {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw failure(path) }
    defer { close(folder) }
    // Some file systems have no fsync of folders.
    guard fsync(folder) == 0 || errno == EINVAL else { throw failure(path) }
  }

  static func parent(_ path: String) -> String {
    URL(fileURLWithPath: path).deletingLastPathComponent().path
  }

  /// The symbol is looked up because Swift's Glibc module lacks this GNU function.
  private static func exchange(_ a: String, _ b: String) -> Bool {
    typealias RenameAt2 = @convention(c) (CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt) -> CInt
    let renameExchange: CUnsignedInt = 2
    guard let symbol = dlsym(nil, "renameat2") else { return false }
    return unsafeBitCast(symbol, to: RenameAt2.self)(AT_FDCWD, a, AT_FDCWD, b, renameExchange) == 0
  }

  private static func failure(_ path: String, _ code: CInt = errno) -> ReportingError {
    switch code {
    case ENOSPC, EDQUOT, EFBIG: .diskFull(path: path)
    default: .notWritable(path: path, reason: String(cString: strerror(code)))
    }
  }
}

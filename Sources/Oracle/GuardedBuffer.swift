import Glibc

/// Memory between two pages that may not be touched: a read or a write beyond the end that the data lies flush with ends the
/// process.
public final class GuardedBuffer {
  /// Which end of the data touches a guard page. At the other end up to a page of slack remains.
  public enum Placement: Sendable, Hashable, CaseIterable {
    case flushWithStart, flushWithEnd
  }

  public enum Failure: Error, Equatable, CustomStringConvertible {
    case mapping(byteCount: Int, errno: Int32)
    case protection(byteCount: Int, errno: Int32)

    public var description: String {
      switch self {
      case .mapping(let byteCount, let errno): "mmap of \(byteCount) bytes failed with errno \(errno)"
      case .protection(let byteCount, let errno): "mprotect of \(byteCount) bytes failed with errno \(errno)"
      }
    }
  }

  /// The data, zero at first.
  public let bytes: UnsafeMutableRawBufferPointer
  /// Its first byte; valid as an address even if there are none.
  public let start: UnsafeMutableRawPointer
  private let mapping: UnsafeMutableRawPointer
  private let mappedCount: Int

  /// Pages are only reserved: a buffer may be far larger than memory as long as few of its pages are touched.
  public init(byteCount: Int, placement: Placement = .flushWithEnd) throws(Failure) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let (padded, overflow) = byteCount.addingReportingOverflow(3 * page - 1)
    if byteCount < 0 || overflow { throw .mapping(byteCount: byteCount, errno: ENOMEM) }
    let inner = (padded - 2 * page) / page * page
    mappedCount = inner + 2 * page
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard let pages = mmap(nil, mappedCount, PROT_NONE, flags, -1, 0), pages != MAP_FAILED else {
      throw .mapping(byteCount: byteCount, errno: errno)
    }
    mapping = pages
    start = pages + page + (placement == .flushWithEnd ? inner - byteCount : 0)
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    // All properties are set, so deinit unmaps when this throws.
    if inner > 0 && mprotect(pages + page, inner, PROT_READ | PROT_WRITE) != 0 {
      throw .protection(byteCount: byteCount, errno: errno)
    }
  }

  deinit {
    munmap(mapping, mappedCount)
  }
}

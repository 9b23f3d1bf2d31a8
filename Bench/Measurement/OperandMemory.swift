import Glibc
import Oracle

/// A problem's operands and the place of its result in memory, with the oracle's judgement of it.
public protocol Operands: AnyObject, SendableMetatype {
  /// The bytes that operands and result take.
  var byteCount: Int { get }
  /// Fills the result with NaN, so that an element that is read before it is written, or never written, shows.
  func poisonResult()
  /// Compares the result with the problem's definition.
  func verify(tolerance: Tolerance) -> Verdict
}

extension Operands {
  /// The same within the bound of direct sums.
  public func verify() -> Verdict { verify(tolerance: .statistical) }
}

/// Blocks of memory, each at a multiple of 64 bytes, freed together.
final class OperandMemory {
  private let blocks: [UnsafeMutableRawBufferPointer]

  /// Blocks of these sizes, filled with NaN.
  ///
  /// - Throws: `BenchError.outOfMemory`, also for more than the machine has.
  init(byteCounts: [Int]) throws(BenchError) {
    var total = 0
    for count in byteCounts {
      let (sum, overflow) = total.addingReportingOverflow(count)
      total = overflow ? .max : sum
    }
    // The system would promise more than there is, and end the process when it is written to.
    if total > sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) { throw .outOfMemory(byteCount: total) }
    var blocks: [UnsafeMutableRawBufferPointer] = []
    for count in byteCounts {
      guard let memory = aligned_alloc(64, (max(count, 1) + 63) / 64 * 64) else {
        for block in blocks { free(block.baseAddress) }
        throw .outOfMemory(byteCount: total)
      }
      blocks.append(UnsafeMutableRawBufferPointer(start: memory, count: count))
    }
    self.blocks = blocks
    for block in blocks { Poison.fill(block) }
  }

  deinit {
    for block in blocks { free(block.baseAddress) }
  }

  var byteCount: Int { blocks.reduce(0) { $0 + $1.count } }

  /// The start of block `index`.
  subscript(index: Int) -> UnsafeMutableRawPointer {
    guard let start = blocks[index].baseAddress else { preconditionFailure("a block has its memory") }
    return start
  }

  func poison(_ index: Int) { Poison.fill(blocks[index]) }
}

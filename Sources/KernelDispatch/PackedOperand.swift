import CKernels
import Tensors

/// A or B of a product, laid out ahead of time as a micro-kernel reads it: for operands that many calls share, such as a layer's weights.
///
///     let weights = try PackedOperand(.b, of: descriptor, elements: b.span)
///     let plan = try GEMMPlan(descriptor, b: weights)
///
/// Any number of threads and plans may read one at the same time, of any size of the other operand. Cost: one pass over the operand, and as much
/// memory again. It is made for one micro-kernel, hence one machine and version; `serialized` and `init(serialized:)` carry it from one process
/// to another.
public final class PackedOperand: @unchecked Sendable {  // Written once, before anyone else sees it.
  public enum Side: UInt8, Sendable {
    case a, b
  }

  /// What a plan must agree with.
  struct Format: Equatable {
    var side: Side
    /// Rows of A or columns of B.
    var size: Int
    var k: Int
    var inputType: ElementType
    /// C lies along M: the product is computed transposed.
    var isTurned: Bool
    /// The largest tile, which names the panels' layout.
    var microkernel: String
  }

  let format: Format
  let memory: UnsafeMutableRawBufferPointer

  /// Bytes of the panels.
  public var byteCount: Int { memory.count }
  /// The operand it stands for.
  public var side: Side { format.side }
  /// The name of the largest tile that reads it, such as `outer_f32_14x32_avx512`.
  public var microkernel: String { format.microkernel }

  /// Packs what `source`, the address of the operand's element (0, 0), leads to; sizes and layout are those of `descriptor`, whose other size
  /// decides nothing that lasts.
  ///
  /// - Throws: what `Dispatch.select` throws, `outOfMemory`.
  package init(_ side: Side, of descriptor: GEMMDescriptor, source: UnsafeRawPointer?) throws(HeadroomError) {
    let dispatch = try Dispatch.process.get()
    let size = side == .a ? descriptor.m : descriptor.n
    if !Self.isCountable(size, descriptor.k) { throw .sizeOverflow(m: descriptor.m, n: descriptor.n, k: descriptor.k) }
    // Factors and batches are a call's own.
    var lasting = descriptor
    (lasting.alpha, lasting.batch) = (1, Batch())
    let (selection, plan) = try dispatch.plan(lasting, ahead: Ahead(a: side == .a, b: side == .b))
    let isLeft = (side == .a) != selection.swapped
    format = Format(
      side: side, size: side == .a ? descriptor.m : descriptor.n, k: descriptor.k, inputType: descriptor.inputType,
      isTurned: selection.swapped, microkernel: selection.microkernel)
    memory = try Self.allocate(withUnsafePointer(to: plan) { Int(ck_gemm_packed_bytes($0, isLeft)) })
    if let source, memory.count > 0 {
      withUnsafePointer(to: plan) { ck_gemm_pack_ahead($0, isLeft, source, memory.baseAddress) }
    }
  }

  /// A copy of what `serialized` wrote.
  ///
  /// - Throws: `packedElsewhere` when it was made by another version or for a kernel that may not run here, `damagedPackedOperand` when it is none or
  ///   incomplete.
  public init(serialized bytes: [UInt8]) throws(HeadroomError) {
    let reader = PackedReader(bytes)
    format = try reader.format()
    _ = try format.ahead()
    try reader.checkSum(format)
    memory = try Self.allocate(reader.left)
    memory.copyBytes(from: bytes.suffix(reader.left))
    if !Self.isCountable(format.size, format.k) { throw .damagedPackedOperand(reason: "found sizes that no memory holds") }
    let plan = try Dispatch.process.get().packedPlan(format)
    if plan.swapped != format.isTurned { throw .damagedPackedOperand(reason: "found panels turned as no product turns them") }
    let expected = withUnsafePointer(to: plan) { Int(ck_gemm_packed_bytes($0, (format.side == .a) != format.isTurned)) }
    if memory.count != expected {
      throw .damagedPackedOperand(reason: "found \(memory.count) bytes of panels, expected \(expected)")
    }
  }

  public var serializedByteCount: Int { PackedHeader.byteCount + memory.count }

  /// The operand as bytes that another process on such a machine, with this version of the library, can read.
  public var serialized: [UInt8] { PackedWriter.header(format, panels: UnsafeRawBufferPointer(memory)) + memory }

  /// Whether the bytes of panels can be counted, their padding included.
  static func isCountable(_ size: Int, _ k: Int) -> Bool { (Double(size) + 64) * 2 * (Double(k) + 32) * 8 < 0x1p62 }

  private static func allocate(_ byteCount: Int) throws(HeadroomError) -> UnsafeMutableRawBufferPointer {
    guard let memory = ck_gemm_packed_take(Int64(max(byteCount, 1))) else { throw .outOfMemory(byteCount: byteCount) }
    return UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
  }

  deinit { ck_gemm_packed_return(memory.baseAddress) }
}

/// Which operands of a product come packed.
package struct Ahead {
  var a = false
  var b = false
  /// The tile set they are packed for; `nil` while that is to be chosen.
  var tileSetIndex: Int?
  /// Whether they are packed for a product computed transposed; `nil` while that is to be chosen.
  var isTurned: Bool?

  package init(a: Bool = false, b: Bool = false, tileSetIndex: Int? = nil, isTurned: Bool? = nil) {
    (self.a, self.b, self.tileSetIndex, self.isTurned) = (a, b, tileSetIndex, isTurned)
  }

  var isNone: Bool { !a && !b }
}

extension Dispatch {
  /// What was selected for `descriptor` with packed operands, and the C plan of it.
  package func plan(_ descriptor: GEMMDescriptor, ahead: Ahead) throws(HeadroomError) -> (
    selection: Selection, plan: ck_gemm_plan
  ) {
    if ahead.isNone { return try plan(descriptor) }
    var problem = OrientedProblem(descriptor, turned: ahead.isTurned)
    problem.readyA = problem.swapped ? ahead.b : ahead.a
    problem.readyB = problem.swapped ? ahead.a : ahead.b
    problem.tileSetIndex = ahead.tileSetIndex ?? lastingTileSet(problem, descriptor.options)
    let selection = try choose(problem, descriptor)
    return (selection, written(problem, descriptor, selection))
  }

  /// The tile set to pack for: that of the highest instruction set, whatever the size of the other operand. `nil` where the caller forces one.
  private func lastingTileSet(_ problem: OrientedProblem, _ options: SelectionOptions) -> Int? {
    if !options.leavesCandidates || overridesVariant { return nil }
    let shortlist = candidates.shortlist(inputType: problem.inputType, cap: min(cap, options.maxISA ?? cap))
    // The pairs of a vector are the vector itself, and tile registers would be empty but for it. Else pairs of bf16 that are slower than fp32 come
    // last.
    let isVector = problem.readyA && problem.m == 1 || problem.readyB && problem.n == 1
    func rank(_ pair: CandidatePair) -> Int {
      if isVector && pair.set.family == .matrix { return -2 }
      return pair.set.isa == .avx512bf16 && microarchitecture.pairsPerCycle < 1 && !isVector ? -1 : pair.set.isa.rawValue
    }
    return shortlist.filter { problem.rejection(of: $0) == nil }.max { rank($0) < rank($1) }?.tileSetIndex
  }

  /// Some plan that reads operands of `format`.
  ///
  /// - Throws: `packedElsewhere`.
  func packedPlan(_ format: PackedOperand.Format) throws(HeadroomError) -> ck_gemm_plan {
    let (m, n) = format.side == .a ? (format.size, 2) : (2, format.size)
    var descriptor = GEMMDescriptor(m: m, n: n, k: format.k, inputType: format.inputType, outputType: format.inputType)
    if format.isTurned { descriptor.c = .columnMajor(rows: m, columns: n, leadingDimension: max(m, 2)) }
    return try plan(descriptor, ahead: try format.ahead()).plan
  }
}

extension PackedOperand.Format {
  /// Whether the panel is the operand as it would lie anyway: a vector, its elements not widened, with padding behind them if any.
  var isPlain: Bool {
    size == 1
      && KernelTable.shared.microkernels.contains {
        $0.name == microkernel && $0.types.a == inputType && $0.family != .matrix
      }
      && (side == .a) != isTurned
  }

  /// As dispatch wants it told.
  ///
  /// - Throws: `packedElsewhere`.
  func ahead() throws(HeadroomError) -> Ahead {
    let table = KernelTable.shared
    guard let index = table.tileSets.indices.first(where: { table.name(ofTileSet: $0) == microkernel }) else {
      throw .packedElsewhere(found: "panels of \(microkernel)", expected: "those of a micro-kernel of this version")
    }
    let cap = try Dispatch.process.get().cap
    if table.tileSets[index].isa > cap {
      throw .packedElsewhere(found: "panels of \(microkernel)", expected: "those of a kernel of \(cap.name) or below")
    }
    return Ahead(a: side == .a, b: side == .b, tileSetIndex: index, isTurned: isTurned)
  }
}

extension PackedOperand.Format {
  /// - Throws: `packedMismatch`.
  func check(_ descriptor: GEMMDescriptor) throws(HeadroomError) {
    let name = side == .a ? "A" : "B"
    let expected = side == .a ? (descriptor.m, "rows") : (descriptor.n, "columns")
    if size != expected.0 || k != descriptor.k {
      throw .packedMismatch(
        operand: name, found: "\(size) \(expected.1) of depth \(k)", expected: "\(expected.0) of depth \(descriptor.k)")
    }
    if inputType != descriptor.inputType {
      throw .packedMismatch(operand: name, found: inputType.rawValue, expected: descriptor.inputType.rawValue)
    }
    if isTurned != OrientedProblem(descriptor, turned: isTurned).swapped {
      throw .packedMismatch(
        operand: name, found: isTurned ? "for a C stored by columns" : "for a C stored by rows",
        expected: "for one stored the other way")
    }
  }
}

import CKernels
public import Tensors

/// What decides the plan of a call, but for what is the same for a whole process: `CK_KEY_WORDS` words, which C compares as they lie.
@frozen @usableFromInline
package struct PlanKey {
  // Neighbours here are none in a descriptor, of Swift or of C: the compiler would copy them two at a time, and wait for the stores that have
  // written them one by one.
  @usableFromInline let m: Int
  @usableFromInline let aRow: Int
  @usableFromInline let n: Int
  @usableFromInline let bRow: Int
  @usableFromInline let k: Int
  @usableFromInline let cRow: Int
  @usableFromInline let aColumn: Int
  @usableFromInline let aStride: Int
  @usableFromInline let bColumn: Int
  @usableFromInline let bStride: Int
  @usableFromInline let cColumn: Int
  @usableFromInline let cStride: Int
  @usableFromInline let alpha: Double
  @usableFromInline let count: Int
  @usableFromInline let beta: Double
  @usableFromInline var scale = 1.0
  @usableFromInline var lower = -Double.infinity
  @usableFromInline var upper = Double.infinity
  /// Types, threads and the rest, side by side.
  @usableFromInline var choices: Int

  /// A product without an epilogue in full precision, with no option set but `threads`, 0 for none.
  @inlinable @inline(__always)
  package init(
    m: Int, n: Int, k: Int, a: (row: Int, column: Int), b: (row: Int, column: Int), c: (row: Int, column: Int), batch: Batch,
    alpha: Double, beta: Double, inputType: ElementType, outputType: ElementType, threads: Int
  ) {
    self.m = m
    self.n = n
    self.k = k
    (aRow, aColumn) = a
    (bRow, bColumn) = b
    (cRow, cColumn) = c
    (count, aStride, bStride, cStride) = (batch.count, batch.aStride, batch.bStride, batch.cStride)
    self.alpha = alpha
    self.beta = beta
    choices = threads << 4 | inputType.position << 2 | outputType.position
  }

  /// - Precondition: `descriptor.mayBeKept`
  @inline(__always)
  package init(_ descriptor: GEMMDescriptor) {
    let (a, b, c) = (descriptor.a, descriptor.b, descriptor.c)
    let epilogue = descriptor.epilogue
    self.init(
      m: c.rows, n: c.columns, k: a.columns, a: (a.rowStride, a.columnStride), b: (b.rowStride, b.columnStride),
      c: (c.rowStride, c.columnStride), batch: descriptor.batch, alpha: descriptor.alpha, beta: descriptor.beta,
      inputType: descriptor.inputType, outputType: descriptor.outputType, threads: descriptor.options.threads ?? 0)
    let kernel = epilogue.kernelEpilogue(swapped: false)
    (scale, lower, upper) = (kernel.scale, kernel.lower, kernel.upper)
    let forms = Int(kernel.bias.rawValue) << 4 | Int(kernel.activation.rawValue) << 1 | (kernel.adds_residual ? 1 : 0)
    let accuracy = descriptor.precision.rawValue << 2 | descriptor.strassenLevels
    let isa = descriptor.options.maxISA.map { $0.rawValue + 1 } ?? 0
    choices |= ((forms << 8 | isa) << 4 | accuracy) << 16
  }
}

extension GEMMDescriptor {
  /// Whether a `PlanKey` can tell its options from others. Of the descriptor: the options by themselves would be copied.
  @inline(__always)
  var mayBeKept: Bool {
    options.leavesCandidates && !options.keepsThreads
      && (options.threads.map { (1...SelectionOptions.mostThreads).contains($0) } ?? true)
  }
}

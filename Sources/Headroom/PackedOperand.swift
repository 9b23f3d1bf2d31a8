public import KernelDispatch
public import Tensors

extension PackedOperand {
  /// Packs A or B of `descriptor`, whose other size decides nothing that lasts: plans for any size of the other operand can read it.
  ///
  /// - Parameters:
  ///   - side: which operand.
  ///   - descriptor: its layout and types, and the layout of C, that plans will have too.
  ///   - elements: begin with the element at the lowest address (element (0, 0), unless a stride is negative); not kept.
  /// - Throws: `bufferTooShort`, `typeMismatch`, `outOfMemory`, and what `GEMMPlan.init` throws.
  public convenience init<Element: KernelElement>(
    _ side: Side, of descriptor: GEMMDescriptor, elements: Span<Element>
  ) throws(HeadroomError) {
    try self.init(side, of: descriptor, buffer: elements.withUnsafeBufferPointer { BufferNeeds.Buffer($0) })
  }

  package convenience init(_ side: Side, of descriptor: GEMMDescriptor, buffer: BufferNeeds.Buffer) throws(HeadroomError) {
    try descriptor.check()
    var single = descriptor
    single.batch = Batch()
    let needs = BufferNeeds(single)
    let (name, count, origin) = side == .a ? ("A", needs.a, needs.aOrigin) : ("B", needs.b, needs.bOrigin)
    try BufferNeeds.check(name, buffer, descriptor.inputType, count)
    try self.init(side, of: descriptor, source: buffer.base.map { $0 + origin * descriptor.inputType.byteCount })
  }
}

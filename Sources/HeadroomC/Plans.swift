import CHeadroom
import Headroom

/// A plan that C holds by an address.
protocol HandledPlan: Sendable {
  associatedtype Descriptor: SizedStruct

  init(_ descriptor: UnsafePointer<Descriptor>) throws(CallError)
  var workspaceByteCount: Int { get }
  func describe(_ selection: inout hr_selection)
}

/// What C's address of a plan leads to. C owns the one reference.
final class Handle<Plan: HandledPlan>: Sendable {
  let plan: Plan

  init(_ plan: Plan) { self.plan = plan }
}

extension HandledPlan {
  /// What `make` makes, handed over to C.
  static func create(
    _ plan: UnsafeMutablePointer<OpaquePointer?>?, _ make: () throws(CallError) -> Self
  ) -> hr_status {
    status { () throws(CallError) in
      let destination = try needed(plan, "the address of the plan")
      let handle = Handle(try make())
      destination.pointee = OpaquePointer(Unmanaged.passRetained(handle).toOpaque())
    }
  }

  static func create(_ descriptor: UnsafePointer<Descriptor>?, _ plan: UnsafeMutablePointer<OpaquePointer?>?) -> hr_status {
    create(plan) { () throws(CallError) in try Self(sized(descriptor)) }
  }

  static func destroy(_ plan: OpaquePointer?) {
    if let plan { reference(plan).release() }
  }

  static func workspace(_ plan: OpaquePointer?, _ bytes: UnsafeMutablePointer<Int>?) -> hr_status {
    status { () throws(CallError) in
      let destination = try needed(bytes, "the address of the bytes")
      try borrowing(plan) { handle throws(CallError) in destination.pointee = handle.plan.workspaceByteCount }
    }
  }

  static func selection(_ plan: OpaquePointer?, _ selection: UnsafeMutablePointer<hr_selection>?) -> hr_status {
    status { () throws(CallError) in
      let destination = try sized(selection)
      var chosen: hr_selection = try cleared(destination.pointee.size)
      try borrowing(plan) { handle throws(CallError) in handle.plan.describe(&chosen) }
      destination.pointee = chosen
    }
  }

  /// Hands `body` the plan that C holds, and counts no reference: two atomic operations would cost more than all checks.
  @inline(__always)
  static func borrowing(_ plan: OpaquePointer?, _ body: (Handle<Self>) throws(CallError) -> Void) throws(CallError) {
    let handle = reference(try needed(plan, "the plan"))
    try handle._withUnsafeGuaranteedRef { handle in Result { () throws(CallError) in try body(handle) } }.get()
  }

  @inline(__always)
  private static func reference(_ plan: OpaquePointer) -> Unmanaged<Handle<Self>> { .fromOpaque(UnsafeRawPointer(plan)) }

  /// Whether a workspace of the caller's will do.
  func check(_ workspace: UnsafeMutableRawPointer, _ byteCount: Int) throws(CallError) {
    let alignment = Int(HR_WORKSPACE_ALIGNMENT)
    let remainder = Int(bitPattern: workspace) & (alignment - 1)
    if remainder != 0 { throw .misaligned(name: "the workspace", remainder: remainder, alignment: alignment) }
    let expected = workspaceByteCount
    if byteCount < expected { throw .workspaceTooShort(found: byteCount, expected: expected) }
  }
}

extension hr_selection {
  mutating func name(variant: String, microkernel: String, isa: ISA) {
    withUnsafeMutableBytes(of: &self.variant) { write(variant, $0) }
    withUnsafeMutableBytes(of: &self.microkernel) { write(microkernel, $0) }
    withUnsafeMutableBytes(of: &self.isa) { write(isa.name, $0) }
  }

  mutating func name(product: String) {
    withUnsafeMutableBytes(of: &self.product) { write(product, $0) }
  }
}

/// Leaves at least one zero at the end of `bytes`, which are zeros.
private func write(_ text: String, _ bytes: UnsafeMutableRawBufferPointer) {
  bytes.copyBytes(from: text.utf8.prefix(bytes.count - 1))
}

// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Functions bear the header's names.

public import CHeadroom
import Headroom

/// The packed operand behind C's address, which owns the one reference.
private func operand(_ packed: OpaquePointer) -> PackedOperand {
  Unmanaged<PackedOperand>.fromOpaque(UnsafeRawPointer(packed)).takeUnretainedValue()
}

private func handOver(_ packed: PackedOperand) -> OpaquePointer { OpaquePointer(Unmanaged.passRetained(packed).toOpaque()) }

extension PackedOperand.Side {
  fileprivate init(_ side: hr_side) throws(CallError) {
    switch side {
    case HR_SIDE_A: self = .a
    case HR_SIDE_B: self = .b
    default: throw .unknownValue(name: "side", found: Int(side.rawValue), expected: "HR_SIDE_A or HR_SIDE_B")
    }
  }
}

@c @implementation
public func hr_gemm_pack(
  _ desc: UnsafePointer<hr_gemm_desc>?, _ side: hr_side, _ elements: UnsafePointer<hr_buffer>?,
  _ packed: UnsafeMutablePointer<OpaquePointer?>?
) -> hr_status {
  status { () throws(CallError) in
    let destination = try needed(packed, "the address of the packed operand")
    let descriptor = try GEMMDescriptor(sized(desc))
    let side = try PackedOperand.Side(side)
    let buffer = try BufferNeeds.Buffer(try needed(elements, "hr_buffer").pointee, descriptor.inputType, "the operand")
    let made = try headroom { () throws(HeadroomError) in try PackedOperand(side, of: descriptor, buffer: buffer) }
    destination.pointee = handOver(made)
  }
}

@c @implementation
public func hr_gemm_plan_create_packed(
  _ desc: UnsafePointer<hr_gemm_desc>?, _ a: OpaquePointer?, _ b: OpaquePointer?,
  _ plan: UnsafeMutablePointer<OpaquePointer?>?
) -> hr_status {
  GEMMPlan.create(plan) { () throws(CallError) in
    let descriptor = try GEMMDescriptor(sized(desc))
    return try headroom { () throws(HeadroomError) in try GEMMPlan(descriptor, a: a.map(operand), b: b.map(operand)) }
  }
}

@c @implementation
public func hr_packed_bytes(_ packed: OpaquePointer?, _ bytes: UnsafeMutablePointer<Int>?) -> hr_status {
  status { () throws(CallError) in
    let destination = try needed(bytes, "the address of the bytes")
    destination.pointee = operand(try needed(packed, "the packed operand")).serializedByteCount
  }
}

@c @implementation
public func hr_packed_save(_ packed: OpaquePointer?, _ data: UnsafeMutableRawPointer?, _ bytes: Int) -> hr_status {
  status { () throws(CallError) in
    let source = operand(try needed(packed, "the packed operand"))
    let destination = try needed(data, "the data")
    if bytes < source.serializedByteCount {
      throw .headroom(.bufferTooShort(operand: "the data", found: bytes, expected: source.serializedByteCount))
    }
    UnsafeMutableRawBufferPointer(start: destination, count: bytes).copyBytes(from: source.serialized)
  }
}

@c @implementation
public func hr_packed_load(
  _ data: UnsafeRawPointer?, _ bytes: Int, _ packed: UnsafeMutablePointer<OpaquePointer?>?
) -> hr_status {
  status { () throws(CallError) in
    let destination = try needed(packed, "the address of the packed operand")
    let source = UnsafeRawBufferPointer(start: try needed(data, "the data"), count: max(bytes, 0))
    let made = try headroom { () throws(HeadroomError) in try PackedOperand(serialized: Array(source)) }
    destination.pointee = handOver(made)
  }
}

@c @implementation
public func hr_packed_destroy(_ packed: OpaquePointer?) {
  if let packed { Unmanaged<PackedOperand>.fromOpaque(UnsafeRawPointer(packed)).release() }
}

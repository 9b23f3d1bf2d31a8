import CHeadroom
import Headroom

/// A struct that begins with its size.
protocol SizedStruct {
  var size: Int { get set }
  init()
}

extension hr_gemm_desc: SizedStruct {}
extension hr_gemm_operands: SizedStruct {}
extension hr_gemm_list: SizedStruct {}
extension hr_conv_desc: SizedStruct {}
extension hr_conv_operands: SizedStruct {}
extension hr_selection: SizedStruct {}

/// The struct at an address that C handed over.
@inline(__always)
func sized<Struct: SizedStruct>(_ address: UnsafePointer<Struct>?) throws(CallError) -> UnsafePointer<Struct> {
  guard let address else { throw .nullPointer(name: "\(Struct.self)") }
  try checkSize(address.pointee.size, Struct.self)
  return address
}

/// The same, to be written.
func sized<Struct: SizedStruct>(_ address: UnsafeMutablePointer<Struct>?) throws(CallError) -> UnsafeMutablePointer<Struct> {
  UnsafeMutablePointer(mutating: try sized(UnsafePointer(address)))
}

/// Zeros but for the size, for the functions that initialise: there the size comes beside the struct.
func cleared<Struct: SizedStruct>(_ size: Int) throws(CallError) -> Struct {
  try checkSize(size, Struct.self)
  var fresh = Struct()
  fresh.size = size
  return fresh
}

@inline(__always)
private func checkSize<Struct>(_ size: Int, _ type: Struct.Type) throws(CallError) {
  let expected = MemoryLayout<Struct>.size
  if size != expected { throw .structSize(name: "\(type)", found: size, expected: expected) }
}

/// A pointer that C must not leave null.
@inline(__always)
func needed<Pointer>(_ pointer: Pointer?, _ name: @autoclosure () -> String) throws(CallError) -> Pointer {
  guard let pointer else { throw .nullPointer(name: name()) }
  return pointer
}

extension BufferNeeds.Buffer {
  /// Elements that C says are of `type`.
  @inline(__always)
  init(_ buffer: hr_buffer, _ type: ElementType, _ name: StaticString) throws(CallError) {
    if buffer.data == nil && buffer.count > 0 { throw .noData(name) }
    self.init(type: type, count: Int(buffer.count), base: buffer.data)
  }

  @inline(__always)
  init(_ output: hr_output, _ type: ElementType, _ name: StaticString) throws(CallError) {
    try self.init(hr_buffer(data: output.data, count: output.count), type, name)
  }
}

extension CallError {
  @inline(never)
  fileprivate static func noData(_ name: StaticString) -> CallError { .nullPointer(name: "the data of \(name)") }
}

/// A vector of floats as one instruction set has it: what the bodies of the kernels are written in.
///
/// Bodies are generic over it and inlined whole into the rows, where every type is known. No generic code may be left in an object, or the linker
/// might take one instruction set's copy for all.
public protocol FloatVector {
  associatedtype Lanes: SIMD where Lanes.Scalar == Float
  /// Which lanes live, as the instruction set says it.
  associatedtype Mask

  init(_ lanes: Lanes)
  /// `value` in every lane.
  init(broadcast value: Float)
  var lanes: Lanes { get }
  /// The first `count` lanes; all if there are fewer.
  static func first(_ count: Int) -> Mask
  /// Lanes beyond `some` are zero, and their memory isn't read.
  init(_ address: UnsafePointer<Float>, _ some: Mask)
  func store(_ address: UnsafeMutablePointer<Float>, _ some: Mask)
  /// `self + a * b`: fused where the instruction set can.
  func adding(_ a: Self, times b: Self) -> Self
  /// Lane by lane.
  static func * (left: Self, right: Self) -> Self
}

extension FloatVector {
  @inlinable @inline(always)
  public static var count: Int { MemoryLayout<Lanes>.size / MemoryLayout<Float>.size }

  /// Without `living` all lanes live.
  @inlinable @inline(always)
  init(_ address: UnsafePointer<Float>, living: Mask?) {
    if let living {
      self.init(address, living)
    } else {
      self.init(UnsafeRawPointer(address).loadUnaligned(as: Lanes.self))
    }
  }

  @inlinable @inline(always)
  func store(_ address: UnsafeMutablePointer<Float>, living: Mask?) {
    if let living {
      store(address, living)
    } else {
      UnsafeMutableRawPointer(address).storeBytes(of: lanes, as: Lanes.self)
    }
  }
}

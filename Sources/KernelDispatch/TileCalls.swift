import CKernels
import Tensors

/// The micro-kernel calls of a small product with nothing round them: no dispatch, no checks, no plan. What the cost of a call is measured
/// against.
public final class TileCalls {
  private let tiles: UnsafeMutableBufferPointer<ck_tile>
  private let kernels: UnsafeMutableBufferPointer<ck_ukernel_fn>
  /// Two for each tile: where its A and its B begin.
  private let operands: UnsafeMutableBufferPointer<UnsafeRawPointer?>

  /// Whether dispatch does nothing for `descriptor` but call micro-kernels on the operands.
  ///
  /// - Throws: what `KernelPlan.init` throws.
  public static func suffice(for descriptor: GEMMDescriptor) throws(HeadroomError) -> Bool {
    var plan = ck_gemm_plan()
    _ = try Dispatch.process.get().plan(descriptor, into: &plan)
    return isBare(plan)
  }

  private static func isBare(_ plan: ck_gemm_plan) -> Bool { plan.driver == CK_DRIVER_TILES && !plan.has_epilogue }

  /// The calls that dispatch makes for `descriptor` on these operands; `nil` where they don't suffice.
  ///
  /// - Throws: what `KernelPlan.init` throws.
  public init?(_ descriptor: GEMMDescriptor, _ pointers: OperandPointers) throws(HeadroomError) {
    var plan = ck_gemm_plan()
    let selection = try Dispatch.process.get().plan(descriptor, into: &plan)
    guard Self.isBare(plan) else { return nil }
    let (left, right) = plan.swapped ? (pointers.b, pointers.a) : (pointers.a, pointers.b)
    guard let left, let right else { return nil }
    let panels = (plan.n + Int64(plan.nr) - 1) / Int64(plan.nr)
    let count = Int(panels * plan.row_tiles)
    tiles = .allocate(capacity: count)
    kernels = .allocate(capacity: count)
    operands = .allocate(capacity: 2 * count)
    let (inBytes, outBytes) = (Int64(descriptor.inputType.byteCount), Int64(descriptor.outputType.byteCount))
    let isDot = plan.family == CK_DOT
    for index in 0..<count {
      let column = Int64(index) / plan.row_tiles * Int64(plan.nr)
      let place = Int64(index) % plan.row_tiles
      let row = place * plan.tile_rows + min(place, plan.taller_tiles)
      let rows = plan.tile_rows + (place < plan.taller_tiles ? 1 : 0)
      operands.initializeElement(at: 2 * index, to: left + Int(row * plan.a_rs * inBytes))
      operands.initializeElement(at: 2 * index + 1, to: right + Int(column * plan.b_cs * inBytes))
      guard let first = operands.baseAddress, let kernel = selection.pair.set.tiles[Int(rows)] else { return nil }
      tiles.initializeElement(
        at: index,
        to: ck_tile(
          a: UnsafePointer(first + 2 * index), b: UnsafePointer(first + 2 * index + 1), blocks: 1, k: plan.k, a_rs: plan.a_rs,
          a_ks: isDot ? 1 : plan.a_cs * Int64(plan.kr), b_ks: isDot ? plan.b_cs : plan.b_rs,
          c: pointers.c + Int((row * plan.c_rs + column) * outBytes), c_rs: plan.c_rs, n: min(Int64(plan.nr), plan.n - column),
          alpha: plan.alpha, beta: plan.beta))
      kernels.initializeElement(at: index, to: kernel)
    }
  }

  deinit {
    tiles.deallocate()
    kernels.deallocate()
    operands.deallocate()
  }

  public func run() {
    guard let first = tiles.baseAddress else { return }
    for index in tiles.indices { kernels[index](first + index) }
  }
}

import CKernels
import Tensors

/// The micro-kernel calls of a small product with nothing round them: no dispatch, no checks, no plan. What the cost of a call is measured
/// against.
public final class TileCalls {
  private struct Call {
    let kernel: ck_ukernel_fn
    let c: UnsafeMutableRawPointer
    var tile: ck_tile
  }

  private let calls: UnsafeMutableBufferPointer<Call>
  /// Two for each call: where its A and its B begin.
  private let operands: UnsafeMutablePointer<UnsafeRawPointer?>

  /// Whether dispatch does nothing for `descriptor` but call micro-kernels on the operands.
  ///
  /// - Throws: what `KernelPlan.init` throws.
  public static func suffice(for descriptor: GEMMDescriptor) throws(HeadroomError) -> Bool {
    isBare(try Dispatch.process.get().plan(descriptor).plan)
  }

  private static func isBare(_ plan: ck_gemm_plan) -> Bool {
    plan.driver == CK_DRIVER_ONE_TILE || plan.driver == CK_DRIVER_TILES && !plan.has_epilogue
  }

  /// The calls that dispatch makes for `descriptor` on these operands; `nil` where they don't suffice.
  ///
  /// - Throws: what `KernelPlan.init` throws.
  public init?(_ descriptor: GEMMDescriptor, _ pointers: OperandPointers) throws(HeadroomError) {
    let (selection, plan) = try Dispatch.process.get().plan(descriptor)
    let (left, right) = plan.swapped ? (pointers.b, pointers.a) : (pointers.a, pointers.b)
    guard Self.isBare(plan), let left, let right else { return nil }
    let nr = Int64(plan.nr)
    // Panels that are taken at once, then single ones.
    let wide = nr * Int64(plan.driver == CK_DRIVER_TILES ? plan.panels_at_once : 1)
    let groups = plan.n / wide
    let groupsPerCall = plan.driver == CK_DRIVER_TILES && plan.takes_slices && plan.row_tiles == 1 ? max(groups, 1) : 1
    let wideCalls = groups / groupsPerCall
    let count = Int((wideCalls + (plan.n % wide + nr - 1) / nr) * plan.row_tiles)
    calls = .allocate(capacity: count)
    operands = .allocate(capacity: 2 * count)
    let (inBytes, outBytes) = (Int64(descriptor.inputType.byteCount), Int64(descriptor.outputType.byteCount))
    for index in 0..<count {
      let turn = Int64(index) / plan.row_tiles
      let column = turn < wideCalls ? turn * wide : groups * wide + (turn - wideCalls) * nr
      let place = Int64(index) % plan.row_tiles
      let row = place * plan.tile_rows + min(place, plan.taller_tiles)
      let rows = plan.tile_rows + (place < plan.taller_tiles ? 1 : 0)
      guard let kernel = selection.pair.set.tiles[Int(rows)] else { return nil }
      operands[2 * index] = left + Int(row * plan.a_rs * inBytes)
      operands[2 * index + 1] = right + Int(column * plan.b_cs * inBytes)
      var tile = plan.tile
      tile.n = min(nr, plan.n - column)
      (tile.beside, tile.b_ps) = (wide > nr && turn < wideCalls, nr)
      tile.more = turn < wideCalls ? groupsPerCall - 1 : 0
      (tile.b_step, tile.c_step) = (wide * plan.b_cs * inBytes, wide * outBytes)
      let c = pointers.c + Int((row * plan.c_rs + column) * outBytes)
      calls.initializeElement(at: index, to: Call(kernel: kernel, c: c, tile: tile))
    }
  }

  deinit {
    calls.deallocate()
    operands.deallocate()
  }

  public func run() {
    guard var call = calls.baseAddress else { return }
    var operand = operands
    for _ in 0..<calls.count {
      call.pointee.kernel(&call.pointee.tile, operand, operand + 1, call.pointee.c)
      call += 1
      operand += 2
    }
  }
}

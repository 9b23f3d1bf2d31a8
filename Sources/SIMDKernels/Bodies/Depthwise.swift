public import CKernels

public typealias Block = UnsafePointer<ck_block>?
public typealias Elements = UnsafeRawPointer?
public typealias Sums = UnsafeMutablePointer<Float>?

/// Sums of some outputs side by side, each vector a variable of its own.
public protocol OutputVectors {
  associatedtype Vector: FloatVector
  static var count: Int { get }
  static var zero: Self { get }
  /// Adds the products of `weight` with one vector of the input for each output, `step` apart.
  mutating func add(_ input: UnsafePointer<Float>, _ step: Int, times weight: Vector, _ some: Vector.Mask?)
  func store(_ address: UnsafeMutablePointer<Float>, _ step: Int, _ some: Vector.Mask?)
}

public struct OneOutput<Vector: FloatVector>: OutputVectors {
  @usableFromInline var sum: Vector

  @inlinable @inline(always)
  init(_ sum: Vector) { self.sum = sum }

  @inlinable @inline(always)
  public static var count: Int { 1 }

  @inlinable @inline(always)
  public static var zero: Self { Self(Vector(broadcast: 0)) }

  @inlinable @inline(always)
  public mutating func add(_ input: UnsafePointer<Float>, _ step: Int, times weight: Vector, _ some: Vector.Mask?) {
    sum = sum.adding(Vector(input, living: some), times: weight)
  }

  @inlinable @inline(always)
  public func store(_ address: UnsafeMutablePointer<Float>, _ step: Int, _ some: Vector.Mask?) {
    sum.store(address, living: some)
  }
}

/// Twice as many.
public struct Twice<Half: OutputVectors>: OutputVectors {
  public typealias Vector = Half.Vector

  @usableFromInline var first: Half
  @usableFromInline var second: Half

  @inlinable @inline(always)
  init(_ first: Half, _ second: Half) {
    self.first = first
    self.second = second
  }

  @inlinable @inline(always)
  public static var count: Int { 2 &* Half.count }

  @inlinable @inline(always)
  public static var zero: Self { Self(.zero, .zero) }

  @inlinable @inline(always)
  public mutating func add(_ input: UnsafePointer<Float>, _ step: Int, times weight: Vector, _ some: Vector.Mask?) {
    first.add(input, step, times: weight, some)
    second.add(input + Half.count &* step, step, times: weight, some)
  }

  @inlinable @inline(always)
  public func store(_ address: UnsafeMutablePointer<Float>, _ step: Int, _ some: Vector.Mask?) {
    first.store(address, step, some)
    second.store(address + Half.count &* step, step, some)
  }
}

/// A depthwise micro-kernel by the contract of `ck_depthwise`: what `ukernels/depthwise.h` does, in the same order, so that the rows of an
/// instruction set agree bit for bit.
@inlinable @inline(always)
public func depthwise<Vector: FloatVector>(
  _: Vector.Type, _ channels: ck_channels, _ block: Block, _ input: Elements, _ weights: Elements, _ output: Sums
) {
  guard let block, let output, let input = input?.assumingMemoryBound(to: Float.self),
    let weights = weights?.assumingMemoryBound(to: Float.self)
  else { return }
  let walk = Walk(block.pointee, channelsLast: channels == CK_CHANNELS_LAST)
  let isWhole = walk.lanes >= Vector.count
  if walk.outputs.count >= 4 {
    if isWhole {
      walk.kernels(Twice<Twice<OneOutput<Vector>>>.self, input, weights, output, nil)
    } else {
      walk.kernels(Twice<Twice<OneOutput<Vector>>>.self, input, weights, output, Vector.first(walk.lanes))
    }
  } else if isWhole {
    walk.kernels(OneOutput<Vector>.self, input, weights, output, nil)
  } else {
    walk.kernels(OneOutput<Vector>.self, input, weights, output, Vector.first(walk.lanes))
  }
}

/// A block with its directions named by what is done along them; see `ck_walk` in `ukernels/depthwise_rows.h`.
public struct Walk {
  public struct Direction {
    @usableFromInline let count: Int
    @usableFromInline let input: Int
    @usableFromInline let output: Int

    @inlinable @inline(always)
    init(_ count: Int64, _ input: Int64, _ output: Int64) {
      self.count = Int(count)
      self.input = Int(input)
      self.output = Int(output)
    }
  }

  @usableFromInline let block: ck_block
  @usableFromInline let last: Bool
  @usableFromInline let lines: Direction
  @usableFromInline let outputs: Direction
  @usableFromInline let lanes: Int

  @inlinable @inline(always)
  init(_ block: ck_block, channelsLast: Bool) {
    let rows = Direction(block.rows, block.in_row, block.out_row)
    self.block = block
    last = channelsLast
    lines = channelsLast ? rows : Direction(1, 0, 0)
    outputs = channelsLast ? Direction(block.columns, block.in_column, block.out_column) : rows
    lanes = Int(channelsLast ? block.channels : block.columns)
  }

  /// Kernels of 3 x 3 and 5 x 5 whose taps are as far apart as the outputs, and any other.
  @inlinable @inline(always)
  func kernels<Outputs: OutputVectors>(
    _: Outputs.Type, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ some: Outputs.Vector.Mask?
  ) {
    let (rows, columns) = (Int(block.kernel_rows), Int(block.kernel_columns))
    if sharesVectors && rows == 3 && columns == 3 {
      run(Outputs.self, input, weights, output, some, across: 3, along: 3, shared: true)
    } else if sharesVectors && rows == 5 && columns == 5 {
      run(Outputs.self, input, weights, output, some, across: 5, along: 5, shared: true)
    } else {
      let (across, along) = last ? (rows, columns) : (columns, rows)
      run(Outputs.self, input, weights, output, some, across: across, along: along, shared: false)
    }
  }

  @inlinable @inline(always)
  var sharesVectors: Bool {
    if !last { return block.tap_row == block.in_row }
    var s = 1
    while s < Int(block.kernel_columns) {
      if block.taps[s] &- block.taps[s &- 1] != block.in_column { return false }
      s &+= 1
    }
    return true
  }

  /// The whole block: the last outputs and vectors overlap those before, and write the same again.
  @inlinable @inline(always)
  func run<Outputs: OutputVectors>(
    _: Outputs.Type, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ some: Outputs.Vector.Mask?, across: Int, along: Int, shared: Bool
  ) {
    var line = 0
    while line < lines.count {
      var o = 0
      while o < outputs.count {
        let first = min(o, outputs.count &- Outputs.count)
        let from = input + line &* lines.input + first &* outputs.input
        let to = output + line &* lines.output + first &* outputs.output
        var l = 0
        while l < lanes {
          let lane = some == nil ? min(l, lanes &- Outputs.Vector.count) : 0
          var sums = Outputs.zero
          add(&sums, from + lane, last ? weights + lane : weights, some, across: across, along: along, shared: shared)
          sums.store(to + lane, outputs.output, some)
          l &+= Outputs.Vector.count
        }
        o &+= Outputs.count
      }
      line &+= 1
    }
  }

  /// All taps. Where taps and outputs are equally far apart, the compiler sees that a vector serves several outputs, and loads it once.
  @inlinable @inline(always)
  func add<Outputs: OutputVectors>(
    _ sums: inout Outputs, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ some: Outputs.Vector.Mask?,
    across: Int, along: Int, shared: Bool
  ) {
    var i = 0
    while i < across {
      var j = 0
      while j < along {
        let (r, s) = last ? (i, j) : (j, i)
        let weight = weights + r &* Int(block.w_row) + s &* Int(block.w_column)
        let row = shared && !last ? j &* outputs.input : r &* Int(block.tap_row)
        let column = shared && last ? Int(block.taps[0]) &+ j &* outputs.input : Int(block.taps[s])
        sums.add(
          input + (row &+ column), outputs.input,
          times: last ? Outputs.Vector(weight, living: some) : Outputs.Vector(broadcast: weight.pointee), some)
        j &+= 1
      }
      i &+= 1
    }
  }
}

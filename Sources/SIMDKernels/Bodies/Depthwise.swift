public import CKernels

public typealias Block = UnsafePointer<ck_block>?
public typealias Elements = UnsafeRawPointer?
public typealias Sums = UnsafeMutablePointer<Float>?

/// The weights of one row of a 3x3 kernel.
public struct ThreeTaps<Vector: FloatVector> {
  @usableFromInline let first: Vector
  @usableFromInline let second: Vector
  @usableFromInline let third: Vector

  @inlinable @inline(always)
  init(_ address: UnsafePointer<Float>, _ step: Int) {
    first = Vector(address, living: nil)
    second = Vector(address + step, living: nil)
    third = Vector(address + 2 &* step, living: nil)
  }
}

/// Sums of some outputs side by side, each vector a variable of its own.
public protocol OutputVectors {
  associatedtype Vector: FloatVector
  static var count: Int { get }
  static var zero: Self { get }
  /// Adds the product of `value`, the input that the first output meets with tap `tap`, to all outputs that meet it.
  mutating func add(_ value: Vector, _ tap: Int, stride: Int, _ weights: ThreeTaps<Vector>)
  /// The first `outputs` of them.
  func store(_ address: UnsafeMutablePointer<Float>, _ step: Int, outputs: Int)
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
  public mutating func add(_ value: Vector, _ tap: Int, stride: Int, _ weights: ThreeTaps<Vector>) {
    if tap == 0 {
      sum = sum.adding(value, times: weights.first)
    } else if tap == 1 {
      sum = sum.adding(value, times: weights.second)
    } else if tap == 2 {
      sum = sum.adding(value, times: weights.third)
    }
  }

  @inlinable @inline(always)
  public func store(_ address: UnsafeMutablePointer<Float>, _ step: Int, outputs: Int) {
    if outputs > 0 { sum.store(address, living: nil) }
  }
}

/// Some, then others.
public struct Both<First: OutputVectors, Second: OutputVectors>: OutputVectors where First.Vector == Second.Vector {
  public typealias Vector = First.Vector

  @usableFromInline var first: First
  @usableFromInline var second: Second

  @inlinable @inline(always)
  init(_ first: First, _ second: Second) {
    self.first = first
    self.second = second
  }

  @inlinable @inline(always)
  public static var count: Int { First.count &+ Second.count }

  @inlinable @inline(always)
  public static var zero: Self { Self(.zero, .zero) }

  @inlinable @inline(always)
  public mutating func add(_ value: Vector, _ tap: Int, stride: Int, _ weights: ThreeTaps<Vector>) {
    first.add(value, tap, stride: stride, weights)
    second.add(value, tap &- First.count &* stride, stride: stride, weights)
  }

  @inlinable @inline(always)
  public func store(_ address: UnsafeMutablePointer<Float>, _ step: Int, outputs: Int) {
    first.store(address, step, outputs: outputs)
    second.store(address + First.count &* step, step, outputs: outputs &- First.count)
  }
}

public typealias TwoOutputs<Vector: FloatVector> = Both<OneOutput<Vector>, OneOutput<Vector>>
public typealias SevenOutputs<Vector: FloatVector> =
  Both<Both<TwoOutputs<Vector>, TwoOutputs<Vector>>, Both<TwoOutputs<Vector>, OneOutput<Vector>>>

/// The depthwise micro-kernel for channels last by the contract of `ck_depthwise`, in the order of `depthwise/last.h`, so that the rows of
/// an instruction set agree bit for bit. Tiles are one output row high.
@inlinable @inline(always)
public func depthwise<Vector: FloatVector>(
  _: Vector.Type, _ block: Block, _ input: Elements, _ weights: Elements, _ output: Sums
) {
  guard let block, let output, let input = input?.assumingMemoryBound(to: Float.self),
    let weights = weights?.assumingMemoryBound(to: Float.self)
  else { return }
  let walk = ChannelWalk<Vector>(block: block.pointee, input: input, weights: weights, output: output)
  let (down, across) = (block.pointee.down, block.pointee.across)
  let isSquare = down.taps == 3 && across.taps == 3 && down.dilation == 1 && across.dilation == 1
  if walk.channels < Vector.count {
    walk.outputs(Vector.first(walk.channels))
  } else if isSquare && across.stride == 1 {
    walk.tiles(stride: 1)
  } else if isSquare && across.stride == 2 {
    walk.tiles(stride: 2)
  } else {
    walk.outputs(nil)
  }
}

/// One block and its memory.
public struct ChannelWalk<Vector: FloatVector> {
  @usableFromInline let block: ck_block
  @usableFromInline let input: UnsafePointer<Float>
  @usableFromInline let weights: UnsafePointer<Float>
  @usableFromInline let output: UnsafeMutablePointer<Float>

  @inlinable @inline(always)
  init(
    block: ck_block, input: UnsafePointer<Float>, weights: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    self.block = block
    self.input = input
    self.weights = weights
    self.output = output
  }

  @inlinable @inline(always)
  var channels: Int { Int(block.channels) }

  /// Calls `body` with each row, each `step`th column and each vector of channels. The last vector overlaps the one before, and writes the same
  /// again.
  @inlinable @inline(always)
  func walk(_ step: Int, _ body: (_ row: Int, _ column: Int, _ channel: Int) -> Void) {
    var channel = 0
    while channel < channels {
      var row = 0
      while row < Int(block.down.outputs) {
        var column = 0
        while column < Int(block.across.outputs) {
          body(row, column, max(0, min(channel, channels &- Vector.count)))
          column &+= step
        }
        row &+= 1
      }
      channel &+= Vector.count
    }
  }

  /// 3x3 taps as far apart as inputs: a vector that is loaded serves all outputs that meet it.
  @inlinable @inline(always)
  func tiles(stride: Int) {
    typealias Outputs = SevenOutputs<Vector>
    let (down, across) = (block.down, block.across)
    walk(Outputs.count) { row, column, channel in
      let count = min(Outputs.count, Int(across.outputs) &- column)
      let top = Int(down.first) &+ row &* Int(down.stride)
      let left = Int(across.first) &+ column &* stride
      var sums = Outputs.zero
      var r = 0
      while r < 3 {
        let y = top &+ r
        if y >= 0 && y < Int(down.inputs) {
          let from = input + (y &* Int(down.in) &+ left &* Int(across.in) &+ channel)
          let begin = max(0, 0 &- left)
          let end = min(Int(across.inputs) &- left, (count &- 1) &* stride &+ 3)
          let taps = ThreeTaps<Vector>(weights + (r &* Int(down.w) &+ channel), Int(across.w))
          addRow(&sums, from, begin, end, stride: stride, taps)
        }
        r &+= 1
      }
      let to = output + (row &* Int(down.out) &+ column &* Int(across.out) &+ channel)
      sums.store(to, Int(across.out), outputs: count)
    }
  }

  /// Inputs `begin` ..< `end` of one row, counted from the first one of the tile.
  @inlinable @inline(always)
  func addRow(
    _ sums: inout SevenOutputs<Vector>, _ row: UnsafePointer<Float>, _ begin: Int, _ end: Int, stride: Int,
    _ taps: ThreeTaps<Vector>
  ) {
    let step = Int(block.across.in)
    @inline(always)
    func add(_ x: Int) {
      if x >= begin && x < end { sums.add(Vector(row + x &* step, living: nil), x, stride: stride, taps) }
    }
    // Written out: the compiler is not to be relied on to unroll a loop of this size.
    add(0)
    add(1)
    add(2)
    add(3)
    add(4)
    add(5)
    add(6)
    add(7)
    add(8)
    if stride == 1 { return }
    add(9)
    add(10)
    add(11)
    add(12)
    add(13)
    add(14)
  }

  /// Any taps, one output at a time.
  @inlinable @inline(always)
  func outputs(_ some: Vector.Mask?) {
    let (down, across) = (block.down, block.across)
    walk(1) { row, column, channel in
      var sum = Vector(broadcast: 0)
      var r = 0
      while r < Int(down.taps) {
        let y = Int(down.first) &+ row &* Int(down.stride) &+ r &* Int(down.dilation)
        var s = 0
        while s < Int(across.taps) {
          let x = Int(across.first) &+ column &* Int(across.stride) &+ s &* Int(across.dilation)
          if y >= 0 && y < Int(down.inputs) && x >= 0 && x < Int(across.inputs) {
            let value = Vector(input + (y &* Int(down.in) &+ x &* Int(across.in) &+ channel), living: some)
            sum = sum.adding(value, times: Vector(weights + (r &* Int(down.w) &+ s &* Int(across.w) &+ channel), living: some))
          }
          s &+= 1
        }
        r &+= 1
      }
      sum.store(output + (row &* Int(down.out) &+ column &* Int(across.out) &+ channel), living: some)
    }
  }
}

public import Tensors

/// What happens to a finished tile of C, while it is in the cache: C = clamp(act(scale * (alpha A B + beta C) + bias + residual)), rounded once to
/// C's type.
@frozen
public struct Epilogue: Sendable, Hashable {
  /// A vector added to every row or column; it comes with each call, in the accumulator's type (`Double` for f64, else `Float`).
  public enum Bias: Sendable, Hashable {
    case none
    /// m entries: entry i goes to row i.
    case perRow
    /// n entries: entry j goes to column j.
    case perColumn
  }

  /// NaN stays NaN in each. Of minus infinity each but `none` makes 0. Errors are those in fp32 beside that of x itself, with u = 2^-24.
  public enum Activation: Sendable, Hashable, CaseIterable {
    case none
    /// Negative values become 0.
    case relu
    /// x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2; within 3 u |x|.
    case geluTanh
    /// x (1 + erf(x / sqrt(2))) / 2, exact GELU; within 6 u |x|.
    case geluErf
    /// x / (1 + e^-x), also known as swish; within 3 u |x|.
    case silu
  }

  public var scale: Double
  public var bias: Bias
  public var activation: Activation
  /// Where values end up after the activation; ReLU6 is 0...6. NaN passes.
  public var clamp: ClosedRange<Double>?
  /// A matrix is added that comes with each call, of C's type and laid out as C is (in a batch, with C's stride). It shares no element with C:
  /// for that there is beta.
  public var hasResidual: Bool

  @inlinable
  public init(
    scale: Double = 1, bias: Bias = .none, activation: Activation = .none, clamp: ClosedRange<Double>? = nil,
    hasResidual: Bool = false
  ) {
    self.scale = scale
    self.bias = bias
    self.activation = activation
    self.clamp = clamp
    self.hasResidual = hasResidual
  }

  @inlinable
  public var isIdentity: Bool { scale == 1 && bias == .none && activation == .none && clamp == nil && !hasResidual }
}

/// Products of one shape that are multiplied in one call, their operands so many elements apart.
@frozen
public struct Batch: Sendable, Hashable {
  /// 0 or more.
  public var count: Int
  /// Elements from A of one product to A of the next: 0 or more; 0 where all share one A.
  public var aStride: Int
  /// The same of B.
  public var bStride: Int
  /// The same of C: large enough that no two products share an element.
  public var cStride: Int

  @inlinable
  public init(count: Int = 1, aStride: Int = 0, bStride: Int = 0, cStride: Int = 0) {
    self.count = count
    self.aStride = aStride
    self.bStride = bStride
    self.cStride = cStride
  }
}

/// What may be said about how a product runs. Whatever is not said, dispatch decides.
public struct SelectionOptions: Sendable, Hashable {
  public static let mostThreads = 1024

  /// No kernel above this level.
  public var maxISA: ISA?
  /// At most this many threads; fewer where more don't pay. Results don't depend on it.
  public var threads: Int?
  /// All of `threads` run, beyond the machine's own and where fewer would be faster: for tests, and to measure what threads are worth.
  public var keepsThreads: Bool
  /// The name of the variant to run, such as `outer.packed`. Kept as at most 32 bytes, more than any name has; what is longer is cut, and
  /// names nothing that exists.
  public var variant: String? {
    get { variantName.text }
    set { variantName = ShortName(newValue) }
  }
  /// The name of the largest tile to run, such as `outer_f32_14x32_avx512`; at most 32 bytes, as for `variant`.
  public var microkernel: String? {
    get { microkernelName.text }
    set { microkernelName = ShortName(newValue) }
  }
  @usableFromInline package var variantName: ShortName
  @usableFromInline package var microkernelName: ShortName
  /// Cache blocks instead of those computed.
  public var blocking: Blocking?
  /// Techniques to do without: how ladders and factorial experiments are measured.
  public var without: TechniqueSet
  /// Of convolutions: whether Winograd's algorithm may run, unasked, where it is faster and its error bound is that of direct sums: (k + 10) u times
  /// the largest sum of |products| among the outputs of a tile (2 x 2, 4 x 4 or 6 x 6, a dilation apart), or among the nine weights of a pair of channels,
  /// not that of the element itself; k is the number of products, u the unit roundoff of f32. A `variant` that is named runs anyway.
  ///
  /// An infinity or a NaN then shows in all elements of the tiles that read it.
  public var allowsWinograd: Bool
  /// Of convolutions: at most so many bytes of workspace; what needs more, on one thread too, does not run. The choice may then depend
  /// on the number of threads. `nil`: any number.
  public var workspaceLimit: Int?

  @inlinable
  public init(
    maxISA: ISA? = nil, threads: Int? = nil, keepsThreads: Bool = false, variant: String? = nil, microkernel: String? = nil,
    blocking: Blocking? = nil, without: TechniqueSet = [], allowsWinograd: Bool = true, workspaceLimit: Int? = nil
  ) {
    self.maxISA = maxISA
    self.threads = threads
    self.keepsThreads = keepsThreads
    variantName = variant == nil ? ShortName() : ShortName(variant)
    microkernelName = microkernel == nil ? ShortName() : ShortName(microkernel)
    self.blocking = blocking
    self.without = without
    self.allowsWinograd = allowsWinograd
    self.workspaceLimit = workspaceLimit
  }
}

/// How accurately products of f32 numbers must be formed. What is at least so accurate and predicted to be fastest runs.
///
/// In less than full precision each operand may become the sum of one, two or three bfloat16, whose products are formed in bfloat16 and summed in f32
/// (Henry, Tang and Heinecke, "Leveraging the bfloat16 Artificial Intelligence Datatype For Higher-Precision Computations", ARITH 2019). The errors are
/// those of one product relative to it, beside those of summation. Parts below 2^-126 count as zero, so the errors
/// stated hold for operands from 2^-102 on; infinite ones give infinity or NaN.
public enum Precision: Int, Sendable, Hashable, CaseIterable {
  /// f32 products, each exact before it is added.
  case full = 0
  /// One product of bfloat16: within 2^-7 (1 + 2^-9), as if the operands had been rounded.
  case bfloat16x1 = 1
  /// Three products, of two parts each: within 1.01 x 2^-15.
  case bfloat16x2 = 2
  /// Six products, of three parts each: within 1.01 x 2^-24, half an ulp of f32.
  case bfloat16x3 = 3

  /// How many products in bfloat16 stand for one.
  public var productCount: Int { max(1, rawValue * (rawValue + 1) / 2) }
}

/// A matrix product: C = epilogue(alpha op(A) op(B) + beta C), with op(A) of m x k, op(B) of k x n and C of m x n elements.
///
/// beta = 0 never reads C. alpha = 0 or k = 0 never reads A and B, as in the BLAS.
public struct GEMMDescriptor: Sendable, Hashable {
  /// The layout of op(A): for a transposed operand, `layout.transposed` of what is stored. Strides may be zero or negative.
  public var a: MatrixLayout
  /// The layout of op(B).
  public var b: MatrixLayout
  /// The layout of C: strides positive, no two elements at one address.
  public var c: MatrixLayout
  /// Of A and B.
  public var inputType: ElementType
  /// Of C.
  public var outputType: ElementType
  /// 1 unless set.
  public var alpha: Double
  /// 0 unless set.
  public var beta: Double
  /// With a bias, every product of a batch takes the same.
  public var epilogue: Epilogue
  /// One product unless set.
  public var batch: Batch
  /// How accurately the products of f32 operands must be formed; `.full` unless set.
  public var precision: Precision
  /// Levels of Strassen's algorithm that may be used where they are faster, 0...2: f32 and f64, a C of unit stride along rows or columns.
  ///
  /// Each level multiplies 7 times instead of 8 and is less accurate: |error| <= 3 (k + 25) k u max|A| max|B| with one and 9 (k + 50) k u max|A| max|B|
  /// with two, beside the classical k u (|A| |B|) of each element (after Higham, "Accuracy and Stability of Numerical Algorithms", theorem 23.2;
  /// the second with the order of sums here). An infinite or NaN operand, and a sum of two or four of them beyond the type's range, reach other
  /// elements of C than their own.
  ///
  /// 0 unless set.
  public var strassenLevels: Int
  public var options: SelectionOptions

  /// Matrices stored row by row without gaps: A as m x k (k x m when transposed), B as k x n (n x k when transposed).
  ///
  /// `outputType` is `inputType` unless given.
  @inlinable
  public init(
    m: Int, n: Int, k: Int, inputType: ElementType = .float32, outputType: ElementType? = nil, transposeA: Bool = false,
    transposeB: Bool = false
  ) {
    let a = transposeA ? MatrixLayout.columnMajor(rows: m, columns: k) : .rowMajor(rows: m, columns: k)
    let b = transposeB ? MatrixLayout.columnMajor(rows: k, columns: n) : .rowMajor(rows: k, columns: n)
    self.init(a: a, b: b, c: .rowMajor(rows: m, columns: n), inputType: inputType, outputType: outputType)
  }

  /// Any layouts. `outputType` is `inputType` unless given.
  @inlinable
  public init(
    a: MatrixLayout, b: MatrixLayout, c: MatrixLayout, inputType: ElementType = .float32, outputType: ElementType? = nil
  ) {
    self.a = a
    self.b = b
    self.c = c
    self.inputType = inputType
    self.outputType = outputType ?? inputType
    // Here and not beside the properties, whose initial values a caller's code can't inline: a one-shot call would wait for the copies.
    alpha = 1
    beta = 0
    epilogue = Epilogue()
    batch = Batch()
    strassenLevels = 0
    precision = .full
    options = SelectionOptions()
  }

  @inlinable public var m: Int { c.rows }
  @inlinable public var n: Int { c.columns }
  @inlinable public var k: Int { a.columns }

  /// The type that products are summed in.
  @inlinable public var accumulatorType: ElementType { inputType == .float64 ? .float64 : .float32 }
}

public import Tensors

/// What can be wrong with a call. Each case says what was found and what was expected; nothing was written when it is thrown.
public enum HeadroomError: Error, Equatable, Sendable {
  /// A buffer holds fewer elements than its layout reaches.
  case bufferTooShort(operand: String, found: Int, expected: Int)
  /// Two elements of a matrix that is written share an address.
  case overlappingElements(operand: String, layout: MatrixLayout)
  /// Two products of a batch share an element of C.
  case overlappingProducts(stride: Int, layout: MatrixLayout)
  /// Sizes that must agree don't.
  case sizeMismatch(what: String, found: Int, expected: Int)
  case negativeSize(name: String, found: Int)
  /// m n k, or the distance between two elements, is beyond 2^63.
  case sizeOverflow(m: Int, n: Int, k: Int)
  /// A layout that no buffer can have.
  case invalidLayout(operand: String, layout: MatrixLayout, reason: String)
  /// No kernel takes these types together.
  case unsupportedTypes(input: ElementType, output: ElementType)
  /// A buffer's elements are not of the descriptor's type.
  case typeMismatch(operand: String, found: ElementType, expected: ElementType)
  case invalidThreads(found: Int)
  case invalidStrassenLevels(found: Int)
  /// A size, a stride or a number of groups that must be positive is not.
  case sizeTooSmall(name: String, found: Int, expected: Int)
  /// The channels can't be cut into so many groups.
  case groupsDontDivide(what: String, found: Int, groups: Int)
  /// The kernel, spread by its dilation, is larger than the padded image: there is no output.
  case kernelBeyondImage(axis: String, found: Int, padded: Int)
  /// A count of a convolution's elements or multiplications is beyond what kernels can count.
  case convolutionOverflow(what: String, limit: Int)
  /// No kernel convolves these types.
  case unsupportedConvolutionTypes(input: ElementType, output: ElementType)
  /// A plan of one pass of a convolution was given the tensors of another.
  case wrongPass(found: ConvolutionPass, expected: ConvolutionPass)
  /// The gradient of the weights has no epilogue.
  case epilogueOfWeights(found: ConvolutionEpilogue)
  /// A forced cache block is empty.
  case invalidBlocking(found: Blocking)
  case unknownVariant(found: String, known: [String])
  case unknownMicrokernel(found: String, known: [String])
  case unknownISA(found: String, known: [String])
  /// A `HEADROOM_...` variable can't be understood.
  case invalidOverride(variable: String, found: String, expected: String)
  /// A packed operand was made by another version or for a kernel that may not run here.
  case packedElsewhere(found: String, expected: String)
  /// A packed operand is of another product.
  case packedMismatch(operand: String, found: String, expected: String)
  /// Bytes that hold no packed operand, or a part of one.
  case damagedPackedOperand(reason: String)
  /// Every variant was rejected, for these reasons.
  case noCandidate(reasons: [String])
  /// The workspace could not be had.
  case outOfMemory(byteCount: Int)
}

extension HeadroomError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .bufferTooShort(let operand, let found, let expected):
      "\(operand) is too short: found \(found) elements, expected at least \(expected)"
    case .overlappingElements(let operand, let layout):
      "two elements of \(operand) share an address: found \(layout.text); "
        + "expected strides that keep its rows and columns apart"
    case .overlappingProducts(let stride, let layout):
      "two products of the batch share an element of C: found a batch stride of \(stride) for \(layout.text); "
        + "expected one that keeps them apart"
    case .sizeMismatch(let what, let found, let expected):
      "\(what) does not fit: found \(found), expected \(expected)"
    case .negativeSize(let name, let found):
      "\(name) is negative: found \(found), expected 0 or more"
    case .sizeOverflow(let m, let n, let k):
      "the product \(m) x \(n) x \(k) is too large: its sizes or offsets go beyond 2^63 - 1"
    case .invalidLayout(let operand, let layout, let reason):
      "the layout of \(operand) can't be used: found \(layout.text); \(reason)"
    case .unsupportedTypes(let input, let output):
      "no kernel multiplies \(input.rawValue) into \(output.rawValue); expected f32 into f32, f64 into f64, bf16 into f32 or bf16"
    case .typeMismatch(let operand, let found, let expected):
      "\(operand) has the wrong element type: found \(found.rawValue), expected \(expected.rawValue)"
    case .invalidStrassenLevels(let found):
      "the levels of Strassen's algorithm are out of range: found \(found), expected 0 ... 2"
    case .invalidThreads(let found):
      "the number of threads is out of range: found \(found), expected 1 ... \(SelectionOptions.mostThreads)"
    case .sizeTooSmall(let name, let found, let expected):
      "\(name) is too small: found \(found), expected \(expected) or more"
    case .groupsDontDivide(let what, let found, let groups):
      "the groups don't divide the \(what): found \(found) in \(groups) groups, expected a multiple of \(groups)"
    case .kernelBeyondImage(let axis, let found, let padded):
      "the kernel reaches beyond the padded image: its \(axis) with dilation is \(found), expected at most \(padded)"
    case .convolutionOverflow(let what, let limit):
      "the convolution is too large: \(what) can't be counted; expected fewer than \(limit)"
    case .unsupportedConvolutionTypes(let input, let output):
      "no kernel convolves \(input.rawValue) into \(output.rawValue); expected f32 into f32, bf16 into f32 or bf16"
    case .wrongPass(let found, let expected):
      "these are the tensors of another pass: found those of \(found.rawValue), expected those of \(expected.rawValue)"
    case .epilogueOfWeights(let found):
      "the gradient of the weights has no epilogue: found scale \(found.scale), \(found.hasBias ? "a bias" : "no bias"), activation "
        + "\(found.activation), clamp \(found.clamp.map { "\($0)" } ?? "none"); expected scale 1 and nothing else"
    case .invalidBlocking(let found):
      "a cache block is empty: found mc=\(found.mc) nc=\(found.nc) kc=\(found.kc), expected sizes of 1 or more"
    case .unknownVariant(let found, let known):
      "unknown variant: found '\(found)', expected one of \(known.joined(separator: ", "))"
    case .unknownMicrokernel(let found, let known):
      "unknown micro-kernel: found '\(found)', expected one of \(known.joined(separator: ", "))"
    case .unknownISA(let found, let known):
      "unknown instruction set: found '\(found)', expected one of \(known.joined(separator: ", "))"
    case .invalidOverride(let variable, let found, let expected):
      "the variable \(variable) can't be used: found '\(found)', expected \(expected)"
    case .packedElsewhere(let found, let expected):
      "the packed operand was made elsewhere: found \(found), expected \(expected)"
    case .packedMismatch(let operand, let found, let expected):
      "the packed \(operand) is of another product: found \(found), expected \(expected)"
    case .damagedPackedOperand(let reason):
      "the packed operand can't be read: \(reason)"
    case .noCandidate(let reasons):
      "no variant can serve this product: \(reasons.joined(separator: "; "))"
    case .outOfMemory(let byteCount):
      "the workspace could not be had: \(byteCount) bytes were asked for"
    }
  }
}

extension MatrixLayout {
  var text: String { "\(rows) x \(columns) with strides \(rowStride) and \(columnStride)" }
}

public import Tensors

/// Sizes as words of letters and a number, in any order: `n` images, `c` input channels, `h` rows and `w` columns of the input, `k`
/// output channels, `r` rows and `s` columns of the kernel; `p` padding on all sides, `pt`, `pb`, `pl`, `pr` on one in its place
/// (top, bottom, left, right); `u` stride, `uh` down and `uw` across in its place; `d`, `dh`, `dw` dilation alike; `g` groups.
/// Of volumes `z` slices of the input and `t` of the kernel, and `pf`, `pk` (front, back), `uz`, `dz` in the place of `p`, `u`, `d`.
///
/// `c`, `h`, `k` and `r` are always there. Left out, `w` is `h`, `s` is `r`, of volumes `t` is `r`, padding 0, everything else 1.
extension ConvolutionShape: Workload {
  public static let expectedForm =
    "sizes such as n16 c64 h56 w56 k64 r3 s3 p1: images, channels, height, width, output channels, kernel height and width, "
    + "padding (or pt, pb, pl, pr), and u stride (uh, uw), d dilation (dh, dw), g groups; of volumes z slices, t of the kernel, pf, pk, uz, dz"

  /// The letters that a size may have.
  private static let keys: Set<Substring> = [
    "n", "c", "h", "w", "k", "r", "s", "p", "pt", "pb", "pl", "pr", "u", "uh", "uw", "d", "dh", "dw", "g", "z", "t", "pf", "pk",
    "uz", "dz",
  ]

  private static func letters(_ word: Substring) -> Substring { word.prefix { !$0.isNumber } }

  public static func firstShapeWord(in words: [Substring]) -> Int {
    words.firstIndex { word in
      let letters = letters(word)
      return keys.contains(letters) && letters.count < word.count && word.dropFirst(letters.count).allSatisfy(\.isNumber)
    } ?? words.count - 1
  }

  /// Reads `c64 h56 k64 r3 p1`.
  ///
  /// - Throws: `WorkloadError.malformedShape`, also for sizes of 0 or from 2^31 on, groups that don't divide the channels, a kernel
  ///   beyond the padded image, and more than 2^63 multiplications or elements of an operand.
  public init(parsing text: String) throws(WorkloadError) {
    func malformed(_ problem: String) -> WorkloadError {
      .malformedShape(text: text, problem: problem, expected: Self.expectedForm)
    }
    var sizes: [Substring: Int] = [:]
    for word in text.split(whereSeparator: \.isWhitespace) {
      let key = Self.letters(word)
      if !Self.keys.contains(key) { throw malformed("'\(word)' is no size") }
      let digits = word.dropFirst(key.count)
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
        throw malformed("'\(word)' has no whole number")
      }
      guard let size = Int32(digits) else { throw malformed("\(word) is beyond 2^31") }
      if size == 0 && !key.hasPrefix("p") { throw malformed("\(word) is a size of 0") }
      if sizes.updateValue(Int(size), forKey: key) != nil { throw malformed("\(key) is there twice") }
    }
    guard let channels = sizes["c"], let height = sizes["h"], let outputs = sizes["k"], let kernelHeight = sizes["r"] else {
      let missing = ["c", "h", "k", "r"].filter { sizes[$0[...]] == nil }
      throw malformed("no \(missing.joined(separator: ", "))")
    }
    func size(_ keys: Substring..., otherwise: Int) -> Int { keys.lazy.compactMap { sizes[$0] }.first ?? otherwise }
    // What is said of all directions is said of the depth where there is one.
    let isVolume = sizes["z"] != nil
    func deep(_ key: Substring, _ all: Substring, otherwise: Int) -> Int {
      isVolume ? size(key, all, otherwise: otherwise) : size(key, otherwise: otherwise)
    }
    self.init(
      batch: size("n", otherwise: 1), inputChannels: channels, depth: size("z", otherwise: 1), height: height,
      width: size("w", otherwise: height), outputChannels: outputs,
      kernel: Extent(depth: deep("t", "r", otherwise: 1), height: kernelHeight, width: size("s", otherwise: kernelHeight)),
      stride: Extent(
        depth: deep("uz", "u", otherwise: 1), height: size("uh", "u", otherwise: 1), width: size("uw", "u", otherwise: 1)),
      padding: Padding(
        front: deep("pf", "p", otherwise: 0), back: deep("pk", "p", otherwise: 0), top: size("pt", "p", otherwise: 0),
        bottom: size("pb", "p", otherwise: 0), left: size("pl", "p", otherwise: 0), right: size("pr", "p", otherwise: 0)),
      dilation: Extent(
        depth: deep("dz", "d", otherwise: 1), height: size("dh", "d", otherwise: 1), width: size("dw", "d", otherwise: 1)),
      groups: size("g", otherwise: 1))
    if let problem { throw malformed(problem) }
  }

  /// Why there is no such convolution, or none that can be counted; `nil` if there is.
  private var problem: String? {
    if inputChannels % groups != 0 { return "\(groups) groups don't divide \(inputChannels) input channels" }
    if outputChannels % groups != 0 { return "\(groups) groups don't divide \(outputChannels) output channels" }
    let reach = Extent(
      depth: (kernel.depth - 1) * dilation.depth + 1, height: (kernel.height - 1) * dilation.height + 1,
      width: (kernel.width - 1) * dilation.width + 1)
    let (rows, columns) = (height + padding.top + padding.bottom, width + padding.left + padding.right)
    let slices = depth + padding.front + padding.back
    if reach.depth > slices { return "the kernel reaches over \(reach.depth) slices, the padded volume has \(slices)" }
    if reach.height > rows { return "the kernel reaches over \(reach.height) rows, the padded image has \(rows)" }
    if reach.width > columns { return "the kernel reaches over \(reach.width) columns, the padded image has \(columns)" }
    let inner = [channelsPerGroup, kernel.depth, kernel.height, kernel.width]
    let outer = [batch, outputDepth, outputHeight, outputWidth]
    let counts = [
      ("elements of the input", [batch, inputChannels, depth, height, width]),
      ("multiplications", outer + inner + [outputChannels]),
    ]
    // Weights and output have no more elements than there are multiplications.
    return counts.first { $0.1.reduce(1) { $0 * Double($1) } >= 0x1p63 }.map { "2^63 or more \($0.0)" }
  }
}

extension ConvolutionShape: CustomStringConvertible {
  /// As `init(parsing:)` reads it, without what is as it is when left out.
  public var description: String {
    var words: [String] = []
    func add(_ key: String, _ size: Int, unless usual: Int) {
      if size != usual { words.append("\(key)\(size)") }
    }
    let isVolume = depth > 1
    func add(_ key: String, _ extent: Extent) {
      let deep = isVolume ? extent.height : 1
      if extent == Extent(depth: deep, height: extent.height, width: extent.height) { return add(key, extent.height, unless: 1) }
      for (axis, size) in [("z", extent.depth), ("h", extent.height), ("w", extent.width)] { add(key + axis, size, unless: 1) }
    }
    add("n", batch, unless: 1)
    words += ["c\(inputChannels)"]
    add("z", depth, unless: 1)
    words += ["h\(height)"]
    add("w", width, unless: height)
    words += ["k\(outputChannels)"]
    add("t", kernel.depth, unless: isVolume ? kernel.height : 1)
    words += ["r\(kernel.height)"]
    add("s", kernel.width, unless: kernel.height)
    let (p, deep) = (padding.top, isVolume ? padding.top : 0)
    if padding == Padding(front: deep, back: deep, top: p, bottom: p, left: p, right: p) {
      add("p", p, unless: 0)
    } else {
      let all = [
        ("pf", padding.front), ("pk", padding.back), ("pt", padding.top), ("pb", padding.bottom), ("pl", padding.left),
        ("pr", padding.right),
      ]
      for (key, size) in all { add(key, size, unless: 0) }
    }
    add("u", stride)
    add("d", dilation)
    add("g", groups, unless: 1)
    return words.joined(separator: " ")
  }
}

extension ConvolutionShape {
  /// An addition for each multiplication; those with padding are not counted.
  public var operations: Double { 2 * multiplications }

  /// The bytes of input, weights and output together.
  public func footprintBytes(_ format: NumericFormat) -> Int { footprintBytes(format, .forward) }

  /// The same of a pass, which says which of them is the result.
  public func footprintBytes(_ format: NumericFormat, _ pass: ConvolutionPass) -> Int {
    let result =
      switch pass {
      case .forward: outputCount
      case .backwardData: inputCount
      case .backwardWeights: weightCount
      }
    let read = inputCount + weightCount + outputCount - result
    return read * format.inputByteCount + result * format.outputByteCount
  }
}

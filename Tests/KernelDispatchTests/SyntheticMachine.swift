import KernelDispatch
import Tensors

/// Machines that tests make up, so that what is selected does not depend on where they run.
enum SyntheticMachine {
  static let smallL2 = Cache(bytes: 256 << 10, ways: 8, lineBytes: 64, sharedBy: 1)
  static let l2 = Cache(bytes: 1 << 20, ways: 16, lineBytes: 64, sharedBy: 1)
  static let l3 = Cache(bytes: 32 << 20, ways: 16, lineBytes: 64, sharedBy: 8)
  static let unknown = Cache(bytes: 0, ways: 0, lineBytes: 0, sharedBy: 0)

  static func dispatch(_ isa: ISA, threads: Int = 1, overrides: Overrides = Overrides()) -> Dispatch {
    Dispatch(isa: isa, threads: threads, l2: l2, l3: l3, overrides: overrides)
  }
}

extension GEMMDescriptor {
  /// From a line such as `128x768x3072:nt bf16f32`: sizes, what is transposed, types.
  init?(line: String) {
    let words = line.split(separator: " ")
    guard words.count == 2 else { return nil }
    let parts = words[0].split(separator: ":")
    let sizes = parts[0].split(separator: "x").compactMap { Int($0) }
    guard sizes.count == 3 else { return nil }
    let turns = parts.count > 1 ? Array(parts[1]) : ["n", "n"]
    let types: [Substring: (ElementType, ElementType)] = [
      "f32": (.float32, .float32), "f64": (.float64, .float64), "bf16": (.bfloat16, .bfloat16), "bf16f32": (.bfloat16, .float32),
    ]
    guard let (input, output) = types[words[1]] else { return nil }
    self.init(
      m: sizes[0], n: sizes[1], k: sizes[2], inputType: input, outputType: output, transposeA: turns[0] == "t",
      transposeB: turns[1] == "t")
  }
}

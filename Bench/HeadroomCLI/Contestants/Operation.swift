#if Tools
  import Headroom
  import Measurement
  import Rungs
  import Workloads

  /// What can be measured, and the names of all that compute it.
  enum Operation: String {
    case gemm, conv

    /// What dispatch chooses from.
    var variants: [String] {
      switch self {
      case .gemm: KernelTable.shared.variants.map(\.name)
      case .conv: ConvolutionVariant.all.map(\.name)
      }
    }

    /// Each name once: a rung is there for several instruction sets.
    var rungs: [String] {
      let names =
        switch self {
        case .gemm: Rung.all.map(\.name)
        case .conv: ConvolutionRung.all.map(\.name)
        }
      return names.reduce(into: []) { different, name in
        if !different.contains(name) { different.append(name) }
      }
    }

    /// Fails on a type that the operation has not.
    func check(_ format: NumericFormat) throws(Failure) {
      if self == .conv && format.parts > 0 {
        throw .badUsage("convolutions have no type \(format.rawValue)", remedy: "use f32, bf16 or bf16f32")
      }
    }
  }

  extension Problem {
    var operation: Operation {
      switch self {
      case .product: .gemm
      case .convolution: .conv
      }
    }
  }
#endif

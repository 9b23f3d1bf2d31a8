#if Tools
  import Headroom
  import Workloads

  extension NumericFormat {
    /// The types of A and B, and of C.
    var elementTypes: (input: ElementType, output: ElementType) {
      switch self {
      case .f32: (.float32, .float32)
      case .f64: (.float64, .float64)
      case .bf16: (.bfloat16, .bfloat16)
      case .bf16f32: (.bfloat16, .float32)
      }
    }
  }

  extension GEMMShape {
    /// The product as the benchmarks store it: tight row-major, A and B transposed where the shape says so.
    func descriptor(_ format: NumericFormat, _ options: SelectionOptions) -> GEMMDescriptor {
      let types = format.elementTypes
      var descriptor = GEMMDescriptor(
        m: m, n: n, k: k, inputType: types.input, outputType: types.output, transposeA: transposeA, transposeB: transposeB)
      descriptor.options = options
      return descriptor
    }
  }
#endif

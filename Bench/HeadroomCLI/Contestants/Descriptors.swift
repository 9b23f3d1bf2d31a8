#if Tools
  import Headroom
  import Measurement
  import Tensors
  import Workloads

  extension GEMMShape {
    /// The product as the benchmarks store it: row-major, A and B transposed where the shape says so.
    func descriptor(_ format: NumericFormat, _ options: SelectionOptions, leadingPadding: Int = 0) -> GEMMDescriptor {
      let (a, b, c) = layouts(leadingPadding: leadingPadding)
      var descriptor = GEMMDescriptor(a: a, b: b, c: c, inputType: format.inputElement, outputType: format.outputElement)
      descriptor.options = options
      return descriptor
    }
  }

  extension ConvolutionShape {
    /// The convolution as the benchmarks store it.
    func descriptor(_ layout: ImageLayout, _ format: NumericFormat, _ options: SelectionOptions) -> ConvolutionDescriptor {
      var descriptor = ConvolutionDescriptor(
        self, layout: layout, weightLayout: layout.weights, inputType: format.inputElement, outputType: format.outputElement)
      descriptor.options = options
      return descriptor
    }
  }
#endif

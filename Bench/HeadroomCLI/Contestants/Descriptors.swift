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
      descriptor.precision = Precision(rawValue: format.parts) ?? .full
      // Who names a variant allows what it does.
      descriptor.strassenLevels = KernelTable.shared.variants.first { $0.name == options.variant }?.strassenLevels ?? 0
      descriptor.options = options
      return descriptor
    }
  }

  extension ConvolutionShape {
    /// The convolution as the benchmarks store it.
    func descriptor(
      _ layout: ImageLayout, _ pass: ConvolutionPass, _ format: NumericFormat, _ options: SelectionOptions
    ) -> ConvolutionDescriptor {
      var descriptor = ConvolutionDescriptor(
        self, pass: pass, layout: layout, weightLayout: layout.weights, inputType: format.inputElement,
        outputType: format.outputElement)
      descriptor.options = options
      return descriptor
    }
  }
#endif

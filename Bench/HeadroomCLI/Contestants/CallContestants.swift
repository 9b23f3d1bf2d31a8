#if Tools
  import Headroom
  import KernelDispatch
  import Measurement
  import Workloads

  /// The ways to call the same fp32 product, from its bare micro-kernels to a one-shot call on spans.
  struct CallContestants {
    static let kernelsAlone = "micro-kernels alone"

    private let shape: GEMMShape
    private let options: SelectionOptions
    private let command: String
    private let selection: Selection

    /// - Throws: `HeadroomError`.
    init(_ shape: GEMMShape, _ options: SelectionOptions, command: String) throws(HeadroomError) {
      self.shape = shape
      self.options = options
      self.command = command
      selection = try GEMMPlan(shape.descriptor(.f32, options)).selection
    }

    /// Whether dispatch does nothing for this product but call micro-kernels on the operands.
    static func canServe(_ shape: GEMMShape, _ options: SelectionOptions) throws(HeadroomError) -> Bool {
      try TileCalls.suffice(for: shape.descriptor(.f32, options))
    }

    var all: [Contestant] {
      [
        contestant(Self.kernelsAlone) { descriptor, operands in
          guard let calls = try TileCalls(descriptor, operands.pointers) else {
            throw Unserved(reason: "this product does more than call micro-kernels: choose a smaller one")
          }
          return { calls.run() }
        },
        contestant("plan, pointers") { descriptor, operands in
          let plan = try GEMMPlan(descriptor)
          let (a, b, c) = (operands.a, operands.b, operands.c)
          return { try? plan.execute(a: a, b: b, c: c) }
        },
        contestant("plan, spans") { descriptor, operands in
          let plan = try GEMMPlan(descriptor)
          let (a, b, c) = operands.buffers
          return {
            var span = MutableSpan(_unsafeElements: c)
            try? plan.execute(a: Span(_unsafeElements: a), b: Span(_unsafeElements: b), c: &span)
          }
        },
        contestant("one-shot, pointers") { descriptor, operands in
          let (a, b, c) = (operands.a, operands.b, operands.c)
          return { try? gemm(descriptor, a: a, b: b, c: c) }
        },
        contestant("one-shot, fresh descriptor") { [shape, options] _, operands in
          let (a, b, c) = (operands.a, operands.b, operands.c)
          return {
            var descriptor = GEMMDescriptor(
              m: shape.m, n: shape.n, k: shape.k, transposeA: shape.transposeA, transposeB: shape.transposeB)
            descriptor.options.maxISA = options.maxISA
            descriptor.options.threads = options.threads
            try? gemm(descriptor, a: a, b: b, c: c)
          }
        },
        contestant("one-shot, spans") { descriptor, operands in
          let (a, b, c) = operands.buffers
          return {
            var span = MutableSpan(_unsafeElements: c)
            try? gemm(descriptor, a: Span(_unsafeElements: a), b: Span(_unsafeElements: b), c: &span)
          }
        },
      ]
    }

    private func contestant(
      _ name: String, bind: @escaping @Sendable (GEMMDescriptor, GEMMOperands) throws -> (() -> Void)
    ) -> Contestant {
      let options = options
      return Contestant(
        variant: name, ukernel: selection.microkernel, isa: selection.isa, threads: 1, format: .f32, command: command
      ) { (operands: GEMMOperands) in
        var descriptor = GEMMDescriptor(a: operands.aLayout, b: operands.bLayout, c: operands.cLayout)
        descriptor.options = options
        return try bind(descriptor, operands)
      }
    }
  }

  extension GEMMOperands {
    fileprivate var pointers: OperandPointers { OperandPointers(a: a, b: b, c: c) }

    fileprivate var buffers: (UnsafeBufferPointer<Float>, UnsafeBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) {
      (
        UnsafeBufferPointer(start: a.assumingMemoryBound(to: Float.self), count: aLayout.requiredCount ?? 0),
        UnsafeBufferPointer(start: b.assumingMemoryBound(to: Float.self), count: bLayout.requiredCount ?? 0),
        UnsafeMutableBufferPointer(start: c.assumingMemoryBound(to: Float.self), count: cLayout.requiredCount ?? 0)
      )
    }
  }
#endif

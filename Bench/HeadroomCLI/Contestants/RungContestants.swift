#if Tools
  import Headroom
  import Measurement
  import Rungs
  import Tensors
  import Workloads

  extension ContestantFactory {
    /// The rung called `name`, compiled for the highest instruction set up to `isa`.
    func rung(_ name: String, _ problem: Problem, isa: ISA, threads: Int, format: NumericFormat) throws(Unserved) -> Contestant {
      guard format == .f32 else { throw Unserved(reason: "rungs are f32 only") }
      switch problem {
      case .product(let shape): return try product(name, shape, isa: isa, threads: threads)
      case .convolution(let shape, let layout, .forward): return try convolution(name, shape, layout, isa: isa)
      case .convolution: throw Unserved(reason: "rungs convolve forward only")
      }
    }

    private func product(_ name: String, _ shape: GEMMShape, isa: ISA, threads: Int) throws(Unserved) -> Contestant {
      guard let rung = Rung.named(name, isa: min(isa, isaCap)) else { throw Unserved(reason: "no such rung up to \(isa.name)") }
      guard !shape.transposeA, !shape.transposeB else { throw Unserved(reason: "rungs take no transposed operands") }
      let threads = rung.usesThreads ? threads : 1
      return Contestant(
        variant: rung.name, isa: rung.isa, threads: threads, format: .f32, leadingPadding: leadingPadding, note: rung.note,
        command: command(.product(shape), rung.name, isa: rung.isa, threads: threads)
      ) { (operands: GEMMOperands) in
        let problem = RungProblem(
          m: shape.m, n: shape.n, k: shape.k, a: operands.a.assumingMemoryBound(to: Float.self), lda: operands.lda,
          b: operands.b.assumingMemoryBound(to: Float.self), ldb: operands.ldb,
          c: operands.c.assumingMemoryBound(to: Float.self), ldc: operands.ldc, threads: threads)
        return { rung.run(problem) }
      }
    }

    private func convolution(
      _ name: String, _ shape: ConvolutionShape, _ layout: ImageLayout, isa: ISA
    ) throws(Unserved) -> Contestant {
      guard shape.depth == 1, shape.kernel.depth == 1 else { throw Unserved(reason: "rungs convolve images only") }
      guard let rung = ConvolutionRung.named(name, isa: min(isa, isaCap)) else {
        throw Unserved(reason: "no such rung up to \(isa.name)")
      }
      return Contestant(
        variant: rung.name, isa: rung.isa, threads: 1, format: .f32, note: rung.note,
        command: command(.convolution(shape, layout), rung.name, isa: rung.isa, threads: 1)
      ) { (operands: ConvolutionOperands) in
        rung.bind(
          ConvolutionRungProblem(
            shape: shape, layout: layout, input: operands.input.assumingMemoryBound(to: Float.self),
            weights: operands.weights.assumingMemoryBound(to: Float.self),
            output: operands.output.assumingMemoryBound(to: Float.self)))
      }
    }

    private func command(_ problem: Problem, _ rung: String, isa: ISA, threads: Int) -> String {
      (words(problem, .f32, isa: isa, threads: threads, variant: rung) + sampling).joined(separator: " ")
    }
  }
#endif

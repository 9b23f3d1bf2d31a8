#if Tools
  import Foundation
  import Headroom
  import Measurement
  import Results
  import Tensors
  import Workloads

  /// The file of a driver that timed other libraries beside this one.
  enum RivalFile {
    static func read(_ path: String) throws(Failure) -> RivalStudy { try read(path) { try RivalStudy(json: $0) } }

    static func convolutions(_ path: String) throws(Failure) -> RivalConvolutions {
      try read(path) { try RivalConvolutions(json: $0) }
    }

    private static func read<Study>(_ path: String, _ study: (Data) throws -> Study) throws(Failure) -> Study {
      do {
        return try study(Data(contentsOf: URL(fileURLWithPath: path)))
      } catch let error as DecodingError {
        throw .badUsage("'\(path)' is no run of other libraries: \(error.what)", remedy: "name the JSON that the driver wrote")
      } catch {
        throw .badUsage("'\(path)' can't be read: \(error.localizedDescription)", remedy: "check the path and its permissions")
      }
    }

    /// With what dispatch chooses here and the share of this machine's roof; without, where the words mean nothing here.
    static func judged(_ study: RivalStudy, _ ceilings: Ceilings) -> RivalStudy {
      var study = study
      for index in study.rows.indices {
        let row = study.rows[index]
        guard let shape = try? GEMMShape(parsing: row.shape), let format = NumericFormat(rawValue: row.dtype) else { continue }
        var descriptor = shape.descriptor(format, SelectionOptions(threads: row.threads))
        if row.batch > 1 {
          descriptor.batch = Batch(
            count: row.batch, aStride: shape.m * shape.k, bStride: shape.k * shape.n, cStride: shape.m * shape.n)
        }
        guard let selection = try? GEMMPlan(descriptor).selection else { continue }
        study.rows[index].variant = selection.variant
        // A batch's footprint is not that of one product.
        if row.batch > 1 { continue }
        let roof = ceilings.roof(.product(shape), format: format, isa: selection.isa, threads: row.threads)
        study.rows[index].shareOfRoof = roof.map { row.gflops / $0.gflops }
      }
      return study
    }
  }

  /// The sections on other libraries of a report: those whose files were named.
  struct RivalSections {
    private let products: RivalStudy?
    private let sweep: RivalStudy?
    private let convolutions: RivalConvolutions?

    /// From files.
    init(products: String?, sweep: String?, convolutions: String?) throws(Failure) {
      self.products = try products.map { path throws(Failure) in try RivalFile.read(path) }
      self.sweep = try sweep.map { path throws(Failure) in try RivalFile.read(path) }
      self.convolutions = try convolutions.map { path throws(Failure) in try RivalFile.convolutions(path) }
    }

    /// In place of the run's own, judged by its ceilings.
    func added(to run: Run) -> Run {
      var run = run
      let ceilings = Ceilings(rows: run.ceilings)
      if let products { run.rivals = RivalFile.judged(products, ceilings) }
      if let sweep { run.rivalSweep = sweep }
      if let convolutions { run.rivalConvolutions = RivalFile.judged(convolutions, ceilings) }
      return run
    }
  }

  extension RivalFile {
    /// The same of convolutions.
    static func judged(_ study: RivalConvolutions, _ ceilings: Ceilings) -> RivalConvolutions {
      var study = study
      for index in study.rows.indices {
        let row = study.rows[index]
        guard let shape = try? ConvolutionShape(parsing: row.shape), let format = NumericFormat(rawValue: row.dtype),
          let pass = ConvolutionPass(rawValue: row.pass)
        else { continue }
        let layout = row.form.hasPrefix("nchw") ? ImageLayout.nchw : .nhwc
        let descriptor = shape.descriptor(layout, pass, format, SelectionOptions(threads: row.threads))
        guard let selection = try? selection(descriptor, packed: row.form.hasSuffix("-packed")) else { continue }
        study.rows[index].variant = selection.variant
        let roof = ceilings.roof(
          .convolution(shape, layout, pass), format: format, isa: selection.isa, threads: row.threads)
        study.rows[index].shareOfRoof = roof.map { row.gflops / $0.gflops }
        study.rows[index].rivalShareOfRoof = roof.map { row.rivalGFLOPS / $0.gflops }
      }
      return study
    }

    /// `packed`: with weights laid out ahead, which may change the choice.
    private static func selection(
      _ descriptor: ConvolutionDescriptor, packed: Bool
    ) throws(HeadroomError) -> ConvolutionSelection {
      if !packed { return try ConvolutionPlan(descriptor).selection }
      let count = descriptor.shape.weightCount
      return descriptor.inputType == .bfloat16
        ? try ConvolutionPlan(descriptor, weights: [BFloat16](repeating: BFloat16(0), count: count).span).selection
        : try ConvolutionPlan(descriptor, weights: [Float](repeating: 0, count: count).span).selection
    }
  }

  extension DecodingError {
    /// What was found wrong, without the type of the error.
    fileprivate var what: String {
      switch self {
      case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
      case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context): context.debugDescription
      @unknown default: "\(self)"
      }
    }
  }
#endif

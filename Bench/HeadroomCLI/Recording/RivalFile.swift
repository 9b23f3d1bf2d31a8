#if Tools
  import Foundation
  import Headroom
  import Measurement
  import Results
  import Workloads

  /// The file of a driver that timed other libraries beside this one.
  enum RivalFile {
    static func read(_ path: String) throws(Failure) -> RivalStudy {
      do {
        return try RivalStudy(json: Data(contentsOf: URL(fileURLWithPath: path)))
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

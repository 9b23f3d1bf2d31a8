#if Tools
  import Reporting
  import Results

  extension CSVWriter {
    /// Ceilings in the form that measurements have; no field needs quotes.
    static func text(_ ceilings: [Ceiling]) -> String {
      let rows = ceilings.map { row in
        [
          row.kind.rawValue, row.name, row.isa, row.level ?? "", row.footprintBytes.map(String.init) ?? "", "\(row.threads)",
          "\(row.value)",
        ]
      }
      let header = ["kind", "name", "isa", "level", "footprint_bytes", "threads", "value"]
      return ([header] + rows).map { $0.joined(separator: ",") + "\r\n" }.joined()
    }
  }
#endif

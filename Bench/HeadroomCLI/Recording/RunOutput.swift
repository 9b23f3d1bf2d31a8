#if Tools
  import Foundation
  import Reporting
  import Results

  /// A run as a table for eyes, and as JSON and CSV where they were asked for.
  struct RunOutput {
    var json: Destination?
    var csv: Destination?

    /// - Parameter rows: the table as CSV.
    func write(_ run: Run, table: String, rows: String) throws(Failure) {
      if [json, csv].contains(.standardOutput) {
        StandardError.write(table)
      } else {
        try StandardOutput.write(table)
      }
      if let json { try json.write(try Failure.converting { try RunFile.encode(run) }) }
      if let csv { try csv.write(Data(rows.utf8)) }
    }
  }
#endif

import Results

/// Measurements as CSV after RFC 4180: a header, a row per measurement with every field, lines that end in CR LF.
public enum CSVWriter {
  public static func text(_ measurements: [Results.Measurement]) -> String {
    let lines = [columns.map(\.name)] + measurements.map { measurement in columns.map { $0.value(measurement) } }
    return lines.map { $0.map(quoted).joined(separator: ",") + "\r\n" }.joined()
  }

  /// A field as RFC 4180 has it: in quotes when it holds a comma, a quote or a line break; quotes inside are doubled.
  package static func quoted(_ field: String) -> String {
    let special = field.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\r" || $0 == "\n" }
    return special ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
  }

  private struct Column: Sendable {
    var name: String
    var value: @Sendable (Results.Measurement) -> String
  }

  private static let columns: [Column] = [
    Column(name: "op") { $0.op },
    Column(name: "shape") { $0.shape },
    Column(name: "layout") { $0.layout ?? "" },
    Column(name: "shape_name") { $0.shapeName ?? "" },
    Column(name: "dtype") { $0.dtype },
    Column(name: "threads") { "\($0.threads)" },
    Column(name: "isa") { $0.isa },
    Column(name: "variant") { $0.variant },
    Column(name: "ukernel") { $0.ukernel ?? "" },
    Column(name: "seconds_median") { "\($0.seconds.median)" },
    Column(name: "seconds_best") { "\($0.seconds.best)" },
    Column(name: "seconds_low") { "\($0.seconds.low)" },
    Column(name: "seconds_high") { "\($0.seconds.high)" },
    Column(name: "samples") { "\($0.seconds.samples)" },
    Column(name: "gflops") { "\($0.gflops)" },
    Column(name: "share_of_peak") { text($0.shareOfPeak) },
    Column(name: "share_of_roof") { text($0.shareOfRoof) },
    Column(name: "bound_by") { $0.boundBy ?? "" },
    Column(name: "intensity") { text($0.intensity) },
    Column(name: "verified") { "\($0.verified)" },
    Column(name: "note") { $0.note ?? "" },
    Column(name: "command") { $0.command },
  ]

  private static func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
}

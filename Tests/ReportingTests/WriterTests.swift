import Foundation
import Reporting
import Results
import Testing

struct RunFileTests {
  @Test func aRunComesBackAsItWas() throws {
    let run = Fixture.run()
    #expect(try RunFile.decode(RunFile.encode(run), name: "results.json") == run)
  }

  @Test func equalRunsAreEqualFiles() throws {
    var run = Fixture.run()
    run.environment.libraries = Dictionary(uniqueKeysWithValues: (0..<20).map { ("lib\($0)", "1.\($0)") })
    var same = run
    same.environment.libraries = Dictionary(uniqueKeysWithValues: (0..<20).reversed().map { ("lib\($0)", "1.\($0)") })
    #expect(try RunFile.encode(run) == RunFile.encode(same))
  }

  @Test func resultsThatAreNoNumbersAreNamed() {
    var run = Fixture.run()
    run.measurements[3].seconds.median = .nan
    #expect(throws: ReportingError.notANumber(field: "measurements[3].seconds.median")) { try RunFile.encode(run) }
  }

  @Test func aNewerFileIsRefusedWhateverElseItHolds() {
    #expect(throws: ReportingError.newerSchema(file: "a.json", found: 99, newest: Run.currentSchema)) {
      try RunFile.decode(Data(#"{"schema": 99, "measurements": "elsewhere"}"#.utf8), name: "a.json")
    }
  }

  @Test(arguments: [
    ("", "no JSON"), ("[1, 2", "no JSON"), ("[]", "`` is not of type"), ("{}", "`schema` is missing"),
    (#"{"schema": "1"}"#, "`schema` is not of type Int"), (#"{"schema": 1}"#, "`version` is missing"),
  ])
  func aMalformedFileIsToldWhere(text: String, reason: String) throws {
    let error = #expect(throws: ReportingError.self) { try RunFile.decode(Data(text.utf8), name: "a.json") }
    guard case .malformed("a.json", let found) = try #require(error) else {
      Issue.record("\(text) gave \(String(describing: error))")
      return
    }
    #expect(found.contains(reason.replacing("`` ", with: "")), "\(found)")
  }

  @Test func aWrongValueDeepInsideIsToldWhere() throws {
    let text = String(decoding: try RunFile.encode(Fixture.run()), as: UTF8.self)
    let wrong = text.replacing("\"kind\" : \"compute\"", with: "\"kind\" : \"magic\"", maxReplacements: 1)
    #expect(throws: ReportingError.malformed(file: "a.json", reason: "`ceilings[0].kind` has an unknown value")) {
      try RunFile.decode(Data(wrong.utf8), name: "a.json")
    }
  }

  @Test func aFileThatIsNotThereIsNamed() throws {
    let scratch = try Scratch()
    #expect(throws: ReportingError.unreadable(file: scratch("none.json"), reason: "no such file")) {
      try RunFile.load(scratch("none.json"))
    }
  }
}

struct CSVWriterTests {
  /// Rows and fields after RFC 4180, read by the letter.
  static func parse(_ text: String) -> [[String]] {
    var rows: [[String]] = [[]]
    var field = ""
    var quoted = false
    var rest = Array(text.unicodeScalars.map(Character.init))[...]
    while let character = rest.popFirst() {
      switch (quoted, character) {
      case (true, "\"") where rest.first == "\"":
        field.append("\"")
        rest.removeFirst()
      case (_, "\""): quoted.toggle()
      case (false, ","):
        rows[rows.count - 1].append(field)
        field = ""
      case (false, "\r") where rest.first == "\n":
        rest.removeFirst()
        rows[rows.count - 1].append(field)
        field = ""
        rows.append([])
      default: field.append(character)
      }
    }
    return rows.dropLast()
  }

  @Test func everyFieldComesBack() throws {
    var measurement = Fixture.run().measurements[0]
    measurement.note = "clang \"21\", -O3\r\nsecond line"
    measurement.command = "headroom bench gemm, \"quoted\""
    let rows = Self.parse(CSVWriter.text([measurement, measurement]))
    #expect(rows.count == 3)
    #expect(Set(rows.map(\.count)) == [22])
    let fields = Dictionary(uniqueKeysWithValues: zip(rows[0], rows[1]))
    #expect(fields["note"] == measurement.note)
    #expect(fields["command"] == measurement.command)
    #expect(fields["shape_name"] == measurement.shapeName)
    #expect(fields["seconds_median"].flatMap(Double.init) == measurement.seconds.median)
    #expect(fields["share_of_roof"].flatMap(Double.init) == measurement.shareOfRoof)
    #expect(fields["verified"] == "true")
  }

  @Test func theColumnsAreTheSchemasFields() throws {
    var measurement = Fixture.measurement(2, 3, 4, name: "a.b", gflops: 1, note: "a")
    measurement.layout = "nhwc"
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(measurement))
    var keys = Set(try #require(object as? [String: Any]).keys)
    keys.remove("seconds")
    keys.formUnion(["seconds_median", "seconds_best", "seconds_low", "seconds_high", "samples"])
    #expect(Set(Self.parse(CSVWriter.text([])).joined()) == keys)
  }

  @Test(arguments: [
    ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"a\"", "\"say \"\"a\"\"\""), ("a\nb", "\"a\nb\""), ("a\r\nb", "\"a\r\nb\""),
    ("", ""),
  ])
  func fieldsAreQuotedWhereTheyMustBe(field: String, expected: String) {
    #expect(CSVWriter.quoted(field) == expected)
  }
}

struct TextTableTests {
  @Test func columnsAreAligned() {
    var table = TextTable(columns: [.init("name"), .init("GFLOP/s", .right), .init("note")])
    table.add(["naive", "0.88", "slow"])
    table.add(["outer.packed", "251"])
    #expect(
      table.text == """
        name          GFLOP/s  note
        ------------  -------  ----
        naive            0.88  slow
        outer.packed      251

        """)
  }

  @Test func aCellIsOneLine() {
    var table = TextTable(columns: [.init("name")])
    table.add(["a\nb\tc\u{1B}[31m", "beyond"])
    #expect(table.rows == [["a b c [31m"]])
  }
}

struct FormatTests {
  @Test(arguments: [
    (0.0, "0"), (0.000012, "1.20e-05"), (0.01234, "0.0123"), (0.99949, "0.999"), (0.9996, "1.00"), (1.234, "1.23"),
    (9.996, "10.0"),
    (99.94, "99.9"), (99.96, "100"), (123.4, "123"), (23_224, "23224"), (-5.678, "-5.68"), (.infinity, "unknown"),
    (.nan, "unknown"),
  ])
  func threeDigitsCount(value: Double, expected: String) {
    #expect(Format.number(value) == expected)
  }

  @Test(arguments: [(2.5, "2.50 s"), (0.00123, "1.23 ms"), (4.5e-6, "4.50 us"), (3.2e-8, "32.0 ns")])
  func timesHaveTheirUnit(value: Double, expected: String) {
    #expect(Format.seconds(value) == expected)
  }

  @Test(arguments: [(0, "unknown"), (64, "64 B"), (49_152, "48 KiB"), (1_572_864, "1.50 MiB"), (1 << 33, "8 GiB")])
  func bytesHaveTheirUnit(value: Int, expected: String) {
    #expect(Format.bytes(value) == expected)
  }
}

import Reporting
import Results
import Testing

struct ConvolutionPageTests {
  private static func tables(_ section: Section?) throws -> [[[String]]] {
    try #require(section).blocks.compactMap(\.table).map { table in table.rows.map { $0.cells.map(\.text.plain) } }
  }

  @Test func networksHaveTheirSumsAndLayers() throws {
    let builder = PageBuilder(Fixture.run())
    let tables = try Self.tables(builder.networkLayers)
    #expect(tables.count == 3)
    // 3 x 55 MFLOP at 180, 2 at 240 and 1 at 60 GFLOP/s.
    #expect(
      tables[0][0] == [
        "resnet50", "nhwc", "f32", "1", "6", "2.29 ms", "144", "65.5 %", "50.0 %", "21.8 %",
      ])
    #expect(tables[0][1].first == "vgg16, in part")
    #expect(tables[1].map(\.first) == ["conv1", "conv2", "conv3"] && tables[1].map { $0[2] } == ["3", "2", "1"])
    let list = try #require(builder.networkLayers?.blocks.compactMap(\.list).first)
    #expect(list.map(\.plain) == ["vgg16, in part: 1 of 9 distinct layers were measured, and the sum is of these."])
  }

  @Test func swiftStandsBesideC() throws {
    let rows = try Self.tables(PageBuilder(Fixture.run()).languages)[0]
    #expect(rows.count == 1)
    #expect(rows[0].suffix(5) == ["200", "72.7 %", "190", "69.1 %", "0.950 (0.936 to 0.969)"])
    #expect(rows[0].contains("outer_f32_14x32_avx512"))
  }

  @Test func theLadderOfAConvolutionIsASectionOfItsOwn() throws {
    let builder = PageBuilder(Fixture.run())
    let rows = try Self.tables(builder.ladders(op: "conv", kind: "software", heading: ""))[0]
    #expect(rows.map(\.first) == Fixture.convolutionLadder.steps.map(\.technique))
    #expect(try Self.tables(builder.ladders(op: "gemm", kind: "software", heading: "")).count == 1)
  }

  @Test func aConvolutionsBeatTestIsPrinted() throws {
    let lists = try #require(PageBuilder(Fixture.run()).quartets).blocks.compactMap(\.list)
    #expect(lists.flatMap { $0 }.contains { $0.plain.hasPrefix("Beat test on n1 c64 h28 w28 k64 r3 s3 p1: passed") })
  }

  @Test func aRunOfProductsHasNoneOfThese() {
    var run = Fixture.run()
    (run.languages, run.networks) = (nil, nil)
    run.measurements = Fixture.networks
    run.ladders = [Fixture.softwareLadder]
    let builder = PageBuilder(run)
    #expect(builder.languages == nil && builder.networkLayers == nil && builder.convolutions == nil)
    #expect(builder.ladders(op: "conv", kind: "software", heading: "") == nil)
  }

  @Test func everyLayerIsARowOfTheCSV() {
    let text = CSVWriter.text(Fixture.run().everyMeasurement)
    #expect(text.hasPrefix("op,shape,layout,shape_name,"))
    for name in ["resnet50.conv1", "resnet50.conv2", "resnet50.conv3"] { #expect(text.contains("nhwc,\(name),")) }
  }
}

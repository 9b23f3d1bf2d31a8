import Reporting
import Results
import Testing

struct ProductsTests {
  @Test func everyMeasurementIsInOnePlace() {
    let odd = [Fixture.measurement(3, 4, 5, gflops: 1), Fixture.measurement(7, 7, 7, gflops: 1)]
    let all = Fixture.networks + Fixture.squares + odd
    let products = Products(all)
    #expect(products.networks.map(\.name) == ["bert-base", "llama-7b", "resnet50"])
    #expect(products.others == [odd[0]])
    #expect(products.sweeps.map(\.title) == ["f32, 1 thread", "f32, 2 threads", "bf16, 2 threads"])
    #expect(products.sweeps.allSatisfy { $0.points.map(\.size) == $0.points.map(\.size).sorted() })
    let places = products.networks.flatMap(\.measurements).count + products.sweeps.flatMap(\.points).count + products.others.count
    #expect(places == all.count)
  }

  @Test func convolutionsAreNoProducts() {
    let products = Products(Fixture.convolutions)
    #expect(products.networks.isEmpty && products.sweeps.isEmpty && products.others.isEmpty)
  }

  @Test func aTransposedSquareIsNoPointOfTheSweep() {
    var transposed = Fixture.measurement(64, 64, 64, gflops: 1)
    transposed.shape = "64x64x64:nt"
    #expect(Products([transposed]).others == [transposed])
  }

  @Test func networksAreGroupedByTokens() throws {
    let bert = try #require(Products(Fixture.networks).networks.first)
    #expect(
      bert.groups.map(\.name) == ["bert-base, 1 token", "bert-base, 8 tokens", "bert-base, 128 tokens", "bert-base, 512 tokens"])
    let shares = bert.lowestFirst.compactMap(\.shareOfRoof)
    #expect(shares == shares.sorted() && shares.count == bert.measurements.count)
  }

  @Test func sumsAreOfOperationsAndTimes() throws {
    // 1 s at 10 GFLOP/s and 3 s at 2 GFLOP/s: 16 operations x 10^9 in 4 s.
    var fast = Fixture.measurement(2, 2, 2, gflops: 10)
    var slow = Fixture.measurement(2, 2, 2, gflops: 2)
    (fast.seconds.median, slow.seconds.median) = (1, 3)
    (fast.shareOfRoof, slow.shareOfRoof) = (0.9, 0.4)
    #expect([fast, slow].totalGFLOPS == 4)
    #expect(abs(try #require([fast, slow].meanShareOfRoof) - 0.6) < 1e-12)
    let none: [Results.Measurement] = []
    #expect(none.totalGFLOPS == nil && none.meanShareOfRoof == nil)
  }

  @Test func theRoofIsOfTheProductsThreadsAndTypes() throws {
    let roofline = try #require(Roofline(Fixture.ceilings, products: Fixture.networks))
    #expect(roofline.threads == 2)
    #expect(roofline.peaks.map(\.name) == ["f32"])
    #expect(roofline.highestPeak == 275 * 2 * 0.99)
    #expect(roofline.bandwidths.map(\.name) == ["L1", "L2", "L3", "DRAM"])
    #expect(roofline.bandwidths.last?.value == 38)
    let alone = try #require(Roofline(Fixture.ceilings, products: [Fixture.measurement(2, 2, 2, dtype: "bf16f32", gflops: 1)]))
    #expect(alone.threads == 1)
    #expect(alone.peaks.map(\.name) == ["bf16"])
    #expect(Roofline([], products: Fixture.networks) == nil)
    #expect(Roofline(Fixture.ceilings, products: []) == nil)
  }
}

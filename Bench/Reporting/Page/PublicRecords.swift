/// Training times that others published for one machine before and after: what software did where hardware stayed.
///
/// Facts are quoted with their source and are no measurements of Headroom.
package struct PublicRecord: Sendable, Equatable {
  var setting: String
  var fromTo: String
  package var factor: String
  package var source: String

  package static let all = [
    PublicRecord(
      setting: "1 Cloud TPU v2, ImageNet to 93 % top-5",
      fromTo: "2018-03-25 12.44 h, 8.88 h, 5.88 h, 2018-09-29 2.74 h",
      factor: "4.54 = 2.39 (seconds per epoch) x 1.90 (epochs)", source: dawnBench),
    PublicRecord(
      setting: "8 V100, ImageNet to 93 % top-5", fromTo: "2018-01-31 14.63 h, 2018-04-20 2.96 h, 2020-03-10 0.360 h",
      factor: "4.95, then 40.6 in all", source: dawnBench),
    PublicRecord(
      setting: "1 V100, CIFAR-10 to 94 %", fromTo: "2018-01-31 1.132 h, 2019-10-15 0.0159 h",
      factor: "71.4 = 19.3 (seconds per epoch) x 3.71 (epochs)", source: dawnBench),
    PublicRecord(
      setting: "DGX-1, ResNet-50 (rounds v0.5 and v0.6 differ in target and rules)", fromTo: "v0.5 134.6 min, v0.7 71.3 min",
      factor: "1.89", source: mlPerf),
    PublicRecord(
      setting: "DGX A100, BERT", fromTo: "v1.0 21.7 min, v2.1 16.9 min", factor: "1.285", source: mlPerf),
    PublicRecord(
      setting: "Hardware alone, same code and date (ResNet-164, PyTorch): 16 vCPU, K80, P100",
      fromTo: "97.2 h, 9.06 h, 3.03 h", factor: "10.7, then 2.99", source: dawnBench),
    PublicRecord(
      setting: "4096 x 4096 x 4096 in fp64 on an 18-core Haswell: Python, Java, C, parallel loops, parallel divide and conquer, "
        + "vectorised, AVX intrinsics (the later rows use more cores and wider units, so the total is not software alone)",
      fromTo: "25,552 s to 0.41 s, 40.45 % of peak", factor: "1, 11, 47, 366, 6,727, 23,224, 62,806",
      source: "Leiserson et al., There's plenty of room at the Top, Science 2020, table 1"),
  ]

  private static let dawnBench = "DAWNBench (stanford-futuredata/dawn-bench-entries, 2020-03-26)"
  private static let mlPerf = "MLPerf Training logs (mlcommons/training_results_*), mean without the fastest and the slowest run"
}

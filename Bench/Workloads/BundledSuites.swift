public import Tensors

// Compiled into the binary, so that a moved binary has them too.

extension GEMMShape {
  /// `squares`, `bert-base`, `llama-7b`, `resnet50-im2col` and `report`.
  public static func bundledSuites() throws(WorkloadError) -> [Suite] {
    try Suite.reading([
      ("squares", PackageResources.squares_txt),
      ("bert-base", PackageResources.bert_base_txt),
      ("llama-7b", PackageResources.llama_7b_txt),
      ("resnet50-im2col", PackageResources.resnet50_im2col_txt),
      ("report", PackageResources.report_txt),
    ])
  }
}

extension ConvolutionShape {
  /// `resnet50`, `vgg16` and `mobilenet-v2` with one image, and `resnet50-b16` with 16.
  public static func bundledSuites() throws(WorkloadError) -> [ConvolutionSuite] {
    let single = try ConvolutionSuite.reading([
      ("resnet50", PackageResources.resnet50_txt),
      ("vgg16", PackageResources.vgg16_txt),
      ("mobilenet-v2", PackageResources.mobilenet_v2_txt),
    ])
    return single + single.filter { $0.name == "resnet50" }.map { $0.batched(16) }
  }
}

extension WorkloadSuite {
  fileprivate static func reading(_ texts: [(name: String, bytes: [UInt8])]) throws(WorkloadError) -> [WorkloadSuite] {
    var suites: [WorkloadSuite] = []
    for (name, bytes) in texts {
      suites.append(try WorkloadSuite(name: name, text: String(decoding: bytes, as: UTF8.self), file: "\(name).txt"))
    }
    return suites
  }
}

extension WorkloadSuite<ConvolutionShape> {
  /// The same layers for `batch` images at a time, their names and the suite's ending in `b<batch>`.
  public func batched(_ batch: Int) -> ConvolutionSuite {
    let entries = entries.map { entry in
      var entry = entry
      entry.name = entry.name.map { "\($0).b\(batch)" }
      entry.shape.batch = batch
      return entry
    }
    return ConvolutionSuite(
      name: "\(name)-b\(batch)", title: title.replacing("batch 1,", with: "batch \(batch),"), entries: entries)
  }
}

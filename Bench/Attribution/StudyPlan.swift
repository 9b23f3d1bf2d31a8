import Measurement
import Workloads

/// What a report measures, step by step, and how long that may take.
public struct StudyPlan: Sendable {
  public enum Step: Sendable, Hashable {
    /// Every variant on one problem, and out of these ladders and quartet. Hardware ladders and further baselines on the first problem of an
    /// operation alone.
    case ladders(NamedProblem, isFirst: Bool)
    /// Every combination of techniques and hardware on a square product of this size.
    case experiment(n: Int)
    /// Textbook and tuned code on a square product of this size, with tight rows and with padded ones.
    case leadingDimensions(n: Int)
    /// The best classical product of this size, f32, on one thread, and Strassen's algorithm after it.
    case strassen(n: Int)
    /// What dispatch chooses, in each of the formats.
    case products(NamedProblem, [NumericFormat])
    /// What dispatch chooses for a square product, f32, on one thread and on all.
    case square(n: Int)
    /// Micro-kernels in Swift beside their twins in C on one problem, f32, on one thread.
    case languages(NamedProblem)
    /// What dispatch chooses for a layer of a network.
    case layer(NetworkLayer)
  }

  public var steps: [Step]
  public var effort: Ceilings.Effort
  /// Steps that have not begun by then, in seconds from the start, are left out.
  public var secondsAtMost: Double
  /// Of sampling, for each contestant of a ladder, for each product and for each layer of a network.
  public var secondsPerLadderRow: Double
  public var secondsPerProduct: Double
  public var secondsPerLayer: Double
  /// A rung whose first call takes longer is left out.
  public var longestCall: Double
  /// The size at which an interpreter is timed, whose times are scaled to the shapes of the ladders.
  public var interpretedSize: Int
  /// What a reader might expect and this plan has not.
  public var leftOut: [String]

  package init(
    steps: [Step], effort: Ceilings.Effort, secondsAtMost: Double, secondsPerLadderRow: Double, secondsPerProduct: Double,
    secondsPerLayer: Double, longestCall: Double, interpretedSize: Int, leftOut: [String]
  ) {
    self.steps = steps
    self.effort = effort
    self.secondsAtMost = secondsAtMost
    self.secondsPerLadderRow = secondsPerLadderRow
    self.secondsPerProduct = secondsPerProduct
    self.secondsPerLayer = secondsPerLayer
    self.longestCall = longestCall
    self.interpretedSize = interpretedSize
    self.leftOut = leftOut
  }
}

extension StudyPlan {
  /// About seven minutes on a machine of 2025; after seven and a half no further step begins.
  ///
  /// - Throws: `WorkloadError` if a bundled suite is damaged.
  public static func full() throws(WorkloadError) -> StudyPlan {
    let ladders = try Suite.named("report").entries.enumerated().map { index, entry in
      Step.ladders(NamedProblem(name: entry.name.map { "report.\($0)" }, .product(entry.shape)), isFirst: index == 0)
    }
    let products = try networks(["bert-base", "llama-7b", "resnet50-im2col"])
    let sizes = try squares(upTo: 2100)
    return StudyPlan(
      steps: ladders + [
        .experiment(n: 500), .languages(square(960)), .leadingDimensions(n: 1000), .leadingDimensions(n: 1024),
        .strassen(n: 4096),
      ]
        + (try convolutions()) + products + sizes.map { .square(n: $0) },
      effort: .full, secondsAtMost: 450, secondsPerLadderRow: 0.3, secondsPerProduct: 0.08, secondsPerLayer: 0.05,
      longestCall: 4.5,
      interpretedSize: 128,
      leftOut: ["square products beyond n = \(sizes.max() ?? 0): 'headroom bench gemm --suite squares' has them"])
  }

  /// Less than a minute: one ladder of each operation, smaller products, two networks of products, some layers of one of convolutions.
  ///
  /// - Throws: `WorkloadError` if a bundled suite is damaged.
  public static func quick() throws(WorkloadError) -> StudyPlan {
    let ladder = Step.ladders(square(400), isFirst: true)
    let products = try networks(["bert-base", "resnet50-im2col"])
    let sizes = try squares(upTo: 1100).filter { $0 >= 64 }
    return StudyPlan(
      steps: [ladder, .experiment(n: 240), .languages(square(400))] + (try fewConvolutions()) + products
        + sizes.map { .square(n: $0) },
      effort: .quick, secondsAtMost: 50, secondsPerLadderRow: 0.1, secondsPerProduct: 0.05, secondsPerLayer: 0.03,
      longestCall: 0.3,
      interpretedSize: 96,
      leftOut: [
        "quick: one ladder of products instead of those of the suite 'report', no llama-7b, square products up to n = "
          + "\(sizes.max() ?? 0), the first layers of one network; 'headroom report' measures all"
      ])
  }

  private static func square(_ n: Int) -> NamedProblem { NamedProblem(name: "report.square.\(n)", .square(n)) }

  private static func networks(_ names: [String]) throws(WorkloadError) -> [Step] {
    var steps: [Step] = []
    for name in names { steps += try Suite.named(name).entries.map { .products(NamedProblem($0), [.f32, .bf16f32]) } }
    return steps
  }

  private static func squares(upTo most: Int) throws(WorkloadError) -> [Int] {
    try Suite.named("squares").entries.map(\.shape.m).filter { $0 <= most }
  }
}

extension StudyPlan.Step {
  /// For progress and for what is left out: `llama-7b.down.tok8`, `500x500x500`.
  public var title: String {
    switch self {
    case .ladders(let entry, _): "ladders on \(entry.problem)"
    case .experiment(let n): "every combination of techniques on \(n)x\(n)x\(n)"
    case .leadingDimensions(let n): "leading dimensions of \(n)x\(n)x\(n)"
    case .strassen(let n): "fewer multiplications on \(n)x\(n)x\(n)"
    case .products(let entry, _): entry.title
    case .square(let n): "\(n)x\(n)x\(n)"
    case .languages(let entry): "Swift beside C on \(entry.problem)"
    case .layer(let layer): layer.entry.title
    }
  }

  /// A rough guess, for the progress alone.
  func expectedSeconds(_ plan: StudyPlan) -> Double {
    switch self {
    case .ladders(let entry, let isFirst): entry.problem.operations * 12e-9 + plan.secondsPerLadderRow * (isFirst ? 24 : 14)
    case .experiment(let n): 5 + 2e-7 * Double(n * n * n)
    case .leadingDimensions(let n): plan.secondsPerLadderRow * 6 + Double(n * n * n) * 1e-8
    case .strassen(let n): 4 + Double(n * n * n) * 2e-10
    case .products(let entry, let formats):
      Double(formats.count) * (plan.secondsPerProduct * 1.5 + Double(entry.problem.footprintBytes(.f32)) * 5e-9)
    case .square(let n): plan.secondsPerProduct * 3 + Double(n * n * n) * 1e-10
    case .languages(let entry): plan.secondsPerLadderRow * 8 + entry.problem.operations * 5e-9
    case .layer(let layer):
      (layer.onAllCores ? 2 : 1) * (plan.secondsPerLayer * 1.5 + layer.entry.problem.operations * 3e-10)
    }
  }
}

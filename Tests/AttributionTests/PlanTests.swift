import Attribution
import KernelDispatch
import Results
import Tensors
import Testing

struct PlanTests {
  static let full = HardwareRange(weakest: .sse2, best: .avx512bf16, cores: 6)

  static func options(_ subject: Subject) -> SelectionOptions? {
    if case .dispatch(let options) = subject.code { options } else { nil }
  }

  @Test func theSoftwareLadderStaysOnOneHardwareUntilPrecisionChanges() {
    let rows = LadderPlan.software(on: Self.full).rows
    #expect(
      rows.map(\.technique) == [
        "plain Swift", "naive C", "loop order", "tiled", "SIMD and register tile", "cache blocking and packing", "6 threads",
        "bf16 operands",
      ])
    for row in rows.dropLast() {
      #expect(row.subject.format == .f32)
      switch row.subject.code {
      case .rung(_, let isa): #expect(isa == .avx512)
      case .dispatch(let options): #expect(options.maxISA == .avx512)
      }
    }
    #expect(rows.last?.subject.format == .bf16)
  }

  @Test func eachDispatchStepAddsItsTechnique() throws {
    let rows = LadderPlan.software(on: Self.full).rows.compactMap { Self.options($0.subject) }
    #expect(rows.map(\.without) == [[.cacheBlocking, .packing], [], [], []])
    #expect(rows.map(\.threads) == [1, 1, 6, 6])
  }

  @Test func oneCoreHasNoThreadStep() {
    let alone = HardwareRange(weakest: .sse2, best: .avx2, cores: 1)
    #expect(!LadderPlan.software(on: alone).rows.contains { $0.technique.contains("threads") })
    #expect(LadderPlan.cores(on: alone).rows.map(\.technique) == ["1 core"])
  }

  @Test func instructionSetsGoUpToTheBest() {
    let rows = LadderPlan.instructionSets(on: HardwareRange(weakest: .sse2, best: .amx, cores: 6)).rows
    #expect(rows.compactMap { Self.options($0.subject)?.maxISA } == ISA.allCases)
    #expect(rows.map(\.subject.format) == [.f32, .f32, .f32, .f32, .bf16, .bf16])
    let old = LadderPlan.instructionSets(on: HardwareRange(weakest: .sse2, best: .avx2, cores: 1)).rows
    #expect(old.compactMap { Self.options($0.subject)?.maxISA } == [.scalar, .sse2, .avx2])
  }

  @Test(arguments: [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])])
  func coresDoubleUpToAll(cores: Int, expected: [Int]) {
    let hardware = HardwareRange(weakest: .sse2, best: .avx512, cores: cores)
    #expect(LadderPlan.cores(on: hardware).rows.compactMap { Self.options($0.subject)?.threads } == expected)
  }

  /// So that each row has its ceilings.
  @Test(arguments: [1, 2, 6, 8])
  func everyPlanStaysOnTheCountsOfCores(cores: Int) {
    let hardware = HardwareRange(weakest: .sse2, best: .avx512bf16, cores: cores)
    let plans = [LadderPlan.software(on: hardware), .instructionSets(on: hardware), .cores(on: hardware)]
    let subjects = plans.flatMap { $0.rows.map(\.subject) } + FactorialExperiment(on: hardware).distinctSubjects
    let threads = Set(subjects.compactMap { Self.options($0)?.threads })
    #expect(threads.isSubset(of: hardware.coreCounts))
  }

  @Test func theQuartetsCornersDifferInOneThingAtATime() {
    let plan = QuartetPlan(on: Self.full, naive: "naive-ijk.c")
    #expect(plan.naiveWeakest.code == .rung(name: "naive-ijk.c", isa: .sse2))
    #expect(plan.naiveBest.code == .rung(name: "naive-ijk.c", isa: .avx512))
    #expect(Self.options(plan.tunedWeakest) == SelectionOptions(maxISA: .sse2, threads: 1))
    #expect(Self.options(plan.tunedBest) == SelectionOptions(maxISA: .avx512, threads: 6))
  }

  /// Dispatch has a kernel for every row of every plan, on every kind of machine.
  @Test(arguments: ISA.allCases, [1, 4])
  func everySubjectIsServed(isa: ISA, cores: Int) throws {
    let cache = Cache(bytes: 1 << 20, ways: 16, lineBytes: 64, sharedBy: 1)
    let dispatch = Dispatch(isa: isa, threads: cores, l2: cache, l3: cache)
    let hardware = HardwareRange(isa: isa, threads: cores)
    let plans = [LadderPlan.software(on: hardware), .instructionSets(on: hardware), .cores(on: hardware)]
    let quartet = QuartetPlan(on: hardware, naive: "naive-ijk.c")
    let subjects =
      plans.flatMap { $0.rows.map(\.subject) } + [quartet.tunedWeakest, quartet.tunedBest]
      + FactorialExperiment(on: hardware).distinctSubjects
    for subject in subjects {
      guard let options = Self.options(subject) else { continue }
      var descriptor = GEMMDescriptor(m: 256, n: 256, k: 256, inputType: subject.format == .bf16 ? .bfloat16 : .float32)
      descriptor.options = options
      let selection = try dispatch.select(descriptor)
      #expect(selection.isa <= options.maxISA ?? isa)
      #expect(selection.threads <= options.threads ?? cores)
      if options.without.contains(.simd) { #expect(selection.isa == .scalar) }
    }
  }

  @Test func aMachineBelowSSE2IsItsOwnWeakest() {
    #expect(HardwareRange(isa: .scalar, threads: 4).weakest == .scalar)
    #expect(HardwareRange(isa: .avx512, threads: 4).weakest == .sse2)
  }
}

struct FactorialExperimentTests {
  static let experiment = FactorialExperiment(on: PlanTests.full)

  @Test func theEndsAreNothingAndEverything() {
    let subjects = Self.experiment.subjects
    #expect(subjects.count == 64)
    let everyTechnique = TechniqueSet(Technique.allCases).subtracting(.threads)
    #expect(PlanTests.options(subjects[0]) == SelectionOptions(maxISA: .sse2, threads: 1, without: everyTechnique))
    #expect(PlanTests.options(subjects[63]) == SelectionOptions(maxISA: .avx512, threads: 6))
  }

  @Test func combinationsThatAreTheSameProgramAreTimedOnce() {
    // 2 (blocking) x 2 (tile) x 3 (no SIMD, narrow, wide) x 2 (one core, all).
    #expect(Self.experiment.distinctSubjects.count == 24)
    #expect(Set(Self.experiment.subjects).count == 24)
  }

  @Test func factorsThatTheMachineLacksAreLeftOut() {
    let small = FactorialExperiment(on: HardwareRange(weakest: .sse2, best: .sse2, cores: 1))
    #expect(small.rows.map(\.factor.name) == ["cache blocking and packing", "register tile", "SIMD used"])
    #expect(small.subjects.count == 8 && small.distinctSubjects.count == 8)
  }

  @Test func sharesAreOfTheMeasuredCells() throws {
    // Each software technique doubles the speed, wide vectors (with SIMD) quadruple it and cores (with threads) give six.
    var timed: [Subject: Results.Measurement] = [:]
    for subject in Self.experiment.distinctSubjects {
      let options = try #require(PlanTests.options(subject))
      var seconds = 1000.0
      if !options.without.contains(.packing) { seconds /= 2 }
      if !options.without.contains(.registerTile) { seconds /= 2 }
      if !options.without.contains(.simd) { seconds /= options.maxISA == .avx512 ? 8 : 2 }
      if options.threads == 6 { seconds /= 6 }
      timed[subject] = sampled(seconds).measurement
    }
    let attribution = try Self.experiment.attribution(shape: "64x64x64", timed: timed)
    #expect(attribution.cells.count == 64)
    #expect(attribution.cells[0].on.isEmpty && attribution.cells[63].on.count == 6)
    let speedups = Dictionary(uniqueKeysWithValues: attribution.shares.map { ($0.factor, $0.speedup) })
    for (factor, speedup) in [
      ("cache blocking and packing", 2), ("register tile", 2), ("SIMD used", 4), ("wider instruction set", 2),
      ("threads used", 6.0.squareRoot()), ("more cores", 6.0.squareRoot()),
    ] {
      #expect(abs(try #require(speedups[factor]) / speedup - 1) < 1e-12)
    }
  }

  @Test func aMissingCellIsNamed() {
    var timed = Dictionary(uniqueKeysWithValues: Self.experiment.distinctSubjects.map { ($0, sampled(1).measurement) })
    timed[Self.experiment.subjects[5]] = nil
    let expected = AttributionError.missingCell(on: ["cache blocking and packing", "SIMD used"])
    #expect(throws: expected) { try Self.experiment.attribution(shape: "64x64x64", timed: timed) }
  }
}

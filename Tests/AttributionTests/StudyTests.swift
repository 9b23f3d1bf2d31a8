import Attribution
import KernelDispatch
import Measurement
import Results
import Synchronization
import Testing
import Workloads

/// Contestants that multiply by the definition, or wrongly.
private func textbook(_ subject: Subject, _ problem: Problem, isWrong: Bool = false) -> Contestant {
  Contestant(variant: subject.name, isa: .scalar, threads: 1, format: .f32, command: "headroom bench gemm \(problem)") {
    (operands: GEMMOperands) in
    let shape = operands.shape
    let (a, b, c) = (operands.a, operands.b, operands.c)
    let (lda, ldb, ldc) = (operands.lda, operands.ldb, operands.ldc)
    return {
      for i in 0..<shape.m {
        for j in 0..<shape.n {
          var sum: Float = isWrong ? 1 : 0
          for p in 0..<shape.k {
            let left = a.load(fromByteOffset: 4 * (i * lda + p), as: Float.self)
            sum += left * b.load(fromByteOffset: 4 * (p * ldb + j), as: Float.self)
          }
          c.storeBytes(of: sum, toByteOffset: 4 * (i * ldc + j), as: Float.self)
        }
      }
    }
  }
}

struct StudyTests {
  private static let shape = GEMMShape(m: 24, n: 20, k: 16)
  private static let ladder = StudyPlan.Step.ladders(NamedProblem(name: "report.tiny", .product(shape)), isFirst: true)

  private static func plan(_ steps: [StudyPlan.Step]) -> StudyPlan {
    StudyPlan(
      steps: steps, effort: .quick, secondsAtMost: 1000, secondsPerLadderRow: 0.001, secondsPerProduct: 0.001,
      secondsPerLayer: 0.001,
      longestCall: 1000, interpretedSize: 8, leftOut: ["a plan's own gap"])
  }

  private static func findings(
    _ plan: StudyPlan, _ contestants: StudyContestants? = nil, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> StudyFindings {
    let contestants = contestants ?? StudyContestants(contestant: { textbook($0, $1) }, rungs: { _ in ["naive-ijk.c"] })
    let study = Study(
      plan: plan, contestants: contestants, hardware: HardwareRange(weakest: .sse2, best: .avx2, cores: 2),
      ceilings: Ceilings(rows: []), seed: 1, watch: Study.Watch(isCancelled: isCancelled))
    return study.run(since: Clock.now())
  }

  @Test func oneComparisonGivesLaddersQuartetAndYears() throws {
    let findings = try Self.findings(Self.plan([Self.ladder]))
    #expect(findings.ladders.map(\.kind) == ["software", "hardware", "hardware"])
    #expect(findings.ladders.allSatisfy { $0.shape == "24x20x16" && $0.steps.count >= 2 })
    #expect(findings.quartets.count == 1)
    #expect(findings.hardwareYears.count == HardwareEquivalence.rates.count)
    #expect(findings.measurements.allSatisfy { $0.verified && $0.shapeName == "report.tiny" })
    #expect(findings.missing == ["a plan's own gap"])
    #expect(!findings.isCancelled)
  }

  @Test func theExperimentTimesEveryCombination() throws {
    let findings = try Self.findings(Self.plan([.experiment(n: 8)]))
    let attribution = try #require(findings.attributions.first)
    #expect(attribution.cells.count == 64 && attribution.shares.count == 6)
    // The contestants are equal, so the slowest and the fastest corner may tie to the tick: then there is nothing to share.
    let corners = [attribution.cells[0], attribution.cells[63]].map(\.measurement.seconds.median)
    let expected = corners[0] == corners[1] ? 0.0 : 1
    #expect(abs(attribution.shares.reduce(0) { $0 + $1.share } - expected) < 1e-9)
  }

  @Test func tightAndPaddedRowsAreTimedSideBySide() throws {
    let contestants = StudyContestants(
      contestant: { subject, shape in
        var contestant = textbook(subject, shape)
        contestant.leadingPadding = subject.leadingPadding
        return contestant
      })
    let findings = try Self.findings(Self.plan([.leadingDimensions(n: 12)]), contestants)
    #expect(
      findings.leadingDimensions.map(\.tight.variant) == ["naive-ijk.c", "ikj.c", "the variant that dispatch chooses"])
    for row in findings.leadingDimensions {
      #expect(row.padding == 16 && row.tight.variant == row.padded.variant)
      #expect(row.tight.note == nil && row.padded.note == "leading dimensions padded by 16")
      #expect(row.speedup.value == row.tight.seconds.median / row.padded.seconds.median)
    }
    // They are no points of the sweep over sizes.
    #expect(findings.measurements.isEmpty)
  }

  @Test func anInterpretersTimesAreScaledAndSaidToBe() throws {
    let contestants = StudyContestants(
      contestant: { textbook($0, $1) },
      interpreted: { n in InterpretedProduct(name: "naive-ijk.py", note: "an interpreter", n: n, samples: [1, 2, 3]) })
    let step = try #require(try Self.findings(Self.plan([Self.ladder]), contestants).ladders.first?.steps.first)
    // 24 x 20 x 16 is 15 times 8 x 8 x 8.
    #expect(step.measurement.variant == "naive-ijk.py" && step.measurement.seconds.median == 30)
    #expect(step.extrapolation?.contains("8x8x8") == true && step.extrapolation?.contains("15") == true)
  }

  @Test func aRungThatTakesTooLongIsLeftOutAndNamed() throws {
    var plan = Self.plan([Self.ladder])
    plan.longestCall = 0
    let findings = try Self.findings(plan)
    #expect(!findings.measurements.contains { $0.variant == "naive-ijk.c" })
    #expect(findings.missing.contains { $0.hasPrefix("naive-ijk.c") && $0.contains("one call took") })
    #expect(findings.missing.contains { $0.hasPrefix("the quartet") })
    #expect(findings.quartets.isEmpty)
  }

  @Test func aWrongResultIsNeitherTimedNorHidden() throws {
    let contestants = StudyContestants(contestant: { textbook($0, $1, isWrong: true) })
    let findings = try Self.findings(Self.plan([.square(n: 8)]), contestants)
    #expect(findings.measurements.isEmpty)
    #expect(findings.wrongResults.count == 2)
    #expect(findings.missing.filter { $0.contains("wrong result") }.count == 2)
  }

  @Test func whatCannotServeIsSaid() throws {
    struct Unable: Error, CustomStringConvertible { let description = "too odd" }
    let contestants = StudyContestants(
      contestant: { subject, shape in
        if shape == .square(9) { throw Unable() }
        return textbook(subject, shape)
      })
    let findings = try Self.findings(Self.plan([.square(n: 9), .square(n: 8)]), contestants)
    #expect(findings.measurements.map(\.shape) == ["8x8x8", "8x8x8"])
    #expect(findings.missing.contains { $0.contains("9x9x9") && $0.contains("too odd") })
  }

  @Test func cancellingKeepsTheStepsThatAreDone() throws {
    let calls = Atomic(0)
    let contestants = StudyContestants(
      contestant: { subject, shape in
        if shape == .square(9) { calls.store(1, ordering: .relaxed) }
        return textbook(subject, shape)
      })
    let plan = Self.plan([.square(n: 8), .square(n: 9), .square(n: 10)])
    let findings = try Self.findings(plan, contestants, isCancelled: { calls.load(ordering: .relaxed) == 1 })
    #expect(findings.isCancelled)
    #expect(Set(findings.measurements.map(\.shape)) == ["8x8x8"])
    #expect(findings.missing.last == "interrupted before the end of: 9x9x9 and 1 more")
  }

  @Test func stepsBeyondTheTimeAreLeftOut() throws {
    var plan = Self.plan([.square(n: 8), .square(n: 9)])
    plan.secondsAtMost = -1
    let findings = try Self.findings(plan)
    #expect(findings.measurements.isEmpty && !findings.isCancelled)
    #expect(findings.missing.last?.hasPrefix("8x8x8") == true)
  }

  @Test func theFullPlanAloneComparesLayouts() throws {
    func sizes(_ plan: StudyPlan) -> [Int] {
      plan.steps.compactMap { if case .leadingDimensions(let n) = $0 { n } else { nil } }
    }
    #expect(sizes(try .full()) == [1000, 1024])
    #expect(sizes(try .quick()) == [])
  }

  @Test func theBundledPlansHaveAllThatAReportShows() throws {
    for plan in [try StudyPlan.quick(), try StudyPlan.full()] {
      #expect(plan.steps.filter { if case .ladders(_, isFirst: true) = $0 { true } else { false } }.count == 1)
      #expect((2...7).contains(plan.steps.filter { if case .ladders = $0 { true } else { false } }.count))
      for kind in ["report.", "bert-base.", "resnet50.", "mobilenet-v2."] {
        #expect(plan.steps.contains { $0.shapeName?.hasPrefix(kind) == true })
      }
      #expect(plan.steps.contains { if case .experiment = $0 { true } else { false } })
      for op in ["gemm", "conv"] {
        #expect(plan.steps.contains { if case .ladders(let entry, _) = $0 { entry.problem.op == op } else { false } })
        #expect(plan.steps.contains { if case .languages(let entry) = $0 { entry.problem.op == op } else { false } })
      }
    }
  }
}

extension StudyPlan.Step {
  fileprivate var shapeName: String? {
    switch self {
    case .ladders(let entry, _), .products(let entry, _): entry.name
    case .languages(let entry): entry.name
    case .layer(let layer): layer.entry.name
    case .experiment, .leadingDimensions, .square, .strassen: nil
    }
  }
}

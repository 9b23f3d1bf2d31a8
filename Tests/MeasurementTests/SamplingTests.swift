import Measurement
import Testing

@Suite("Sampling")
struct SamplingTests {
  private let settings = Bench.Settings()

  @Test("A sample of short calls lasts 20 us or longer", arguments: [1e-9, 40e-9, 1e-6, 19e-6])
  func bundles(call: Double) {
    var settings = settings
    settings.secondsPerPoint = 1e-4
    let plan = SamplingPlan(call: call, settings: settings)
    #expect(Double(plan.bundle) * call >= 20e-6)
    #expect(Double(plan.bundle - 2) * call < 20e-6)
  }

  @Test("There are ten samples or more, over all rounds", arguments: [1e-9, 1e-6, 1e-4, 1e-2, 0.1, 0.3], [1, 3, 10])
  func minimum(call: Double, rounds: Int) {
    var settings = settings
    settings.rounds = rounds
    let plan = SamplingPlan(call: call, settings: settings)
    #expect(plan.turns == rounds)
    #expect(plan.turns * plan.samplesPerTurn >= 10)
  }

  @Test(
    "Samples take the time of a point, unless a call is so long that ten of them take more", arguments: [1e-8, 1e-6, 1e-4, 1e-3])
  func time(call: Double) {
    let plan = SamplingPlan(call: call, settings: settings)
    let seconds = Double(plan.turns * plan.samplesPerTurn * plan.bundle) * call
    #expect((0.8...1.2).contains(seconds / settings.secondsPerPoint))
    #expect(plan.samplesPerTurn <= SamplingPlan.mostSamplesPerTurn)
  }

  @Test("A call over 0.3 s is sampled three times")
  func longCalls() {
    let plan = SamplingPlan(call: 0.31, settings: settings)
    #expect(plan.bundle == 1 && plan.samplesPerTurn == 1 && plan.turns == 3)
  }

  @Test("Turns are spread: each contestant takes part as often as planned, from the first round on", arguments: 1...10)
  func spread(turns: Int) {
    var plan = SamplingPlan(call: 1e-3, settings: settings)
    plan.turns = turns
    let rounds = (0..<10).filter { plan.takesPart(inRound: $0, of: 10) }
    #expect(rounds.count == turns)
    #expect(rounds.first == 0)
  }

  @Test("The clock runs forward, in seconds")
  func clock() {
    let start = Clock.now()
    var reads = 0
    while Clock.now() - start < 1e-3 { reads += 1 }
    #expect(reads > 100)
  }
}

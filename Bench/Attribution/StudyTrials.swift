import Foundation
import KernelDispatch
import Measurement
import Results

extension Study {
  /// Takes out the rungs of which one call takes longer than the plan has time for, by trying one.
  func withoutLongCalls(_ subjects: [Subject], on problem: Problem) throws(BenchError) -> [Subject] {
    let operands = try problem.operands(format: .f32, seed: 1)
    var short: [Subject] = []
    for subject in subjects {
      if watch.isCancelled() { throw .cancelled }
      guard case .rung(let name, let isa) = subject.code else {
        short.append(subject)
        continue
      }
      watch.say("\(problem): trying \(name)")
      let seconds = secondsOfOneCall(of: subject, problem, on: operands)
      if seconds <= plan.longestCall {
        short.append(subject)
      } else {
        let took = String(format: "one call took %.1f s, this plan takes those up to %.1f s", seconds, plan.longestCall)
        findings.missing.append("\(name) up to \(isa.name) on \(problem): \(took)")
      }
    }
    return short
  }

  /// 0 for what can't serve: the comparison says why.
  private func secondsOfOneCall(of subject: Subject, _ problem: Problem, on operands: any Operands) -> Double {
    guard let call = try? contestants.contestant(subject, problem).bind(operands) else { return 0 }
    let start = Clock.now()
    call()
    return Clock.now() - start
  }

  /// The product in an interpreter as the first step of a ladder, its times scaled from a small size.
  func interpretedStep(_ entry: NamedProblem) -> LadderBuilder.Step? {
    guard case .product = entry.problem, let product = interpretedProduct else { return nil }
    let n = Double(product.n)
    let factor = entry.problem.operations / (2 * n * n * n)
    let samples = product.samples.map { $0 * factor }
    let median = Statistics.medianInterval(samples)
    let measurement = Results.Measurement(
      op: entry.problem.op, shape: entry.problem.description, shapeName: entry.name, dtype: "f64", threads: 1,
      isa: hardware.weakest.name,
      variant: product.name,
      seconds: Seconds(
        median: median.value, best: samples.min() ?? median.value, samples: samples.count, low: median.low, high: median.high),
      gflops: entry.problem.operations / median.value * 1e-9, verified: true, note: product.note, command: "headroom report")
    return LadderBuilder.Step(
      technique: "plain Python", contestant: Sampled(measurement: measurement, samples: samples),
      extrapolation:
        "timed at \(product.n)x\(product.n)x\(product.n) and multiplied by \(Int(factor.rounded())), the ratio of operations")
  }
}

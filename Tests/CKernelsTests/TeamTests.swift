import CKernels
import Testing

@Suite("Teams of threads")
struct TeamTests {
  /// What the threads of one run leave behind, a slot for each.
  private struct Record {
    var visits = [Int32](repeating: 0, count: 64)
    var threads = [Int32](repeating: 0, count: 64)
    var seen = [Int32](repeating: 0, count: 64)
  }

  /// The record's arrays as pointers, which threads may write at once.
  private struct Slots {
    var visits: UnsafeMutablePointer<Int32>
    var threads: UnsafeMutablePointer<Int32>
    var seen: UnsafeMutablePointer<Int32>
  }

  private func run(_ threads: Int32, _ work: ck_team_fn) -> Record {
    var record = Record()
    record.visits.withUnsafeMutableBufferPointer { visits in
      record.threads.withUnsafeMutableBufferPointer { counts in
        record.seen.withUnsafeMutableBufferPointer { seen in
          guard let visits = visits.baseAddress, let counts = counts.baseAddress, let seen = seen.baseAddress else { return }
          var slots = Slots(visits: visits, threads: counts, seen: seen)
          ck_team_run(ck_team(threads: threads, spin_milliseconds: 1), work, &slots)
        }
      }
    }
    return record
  }

  @Test("Each thread runs once and knows its number", arguments: [1, 2, 3, 16] as [Int32])
  func once(threads: Int32) {
    let record = run(threads) { context, thread, threads in
      guard let slots = context?.assumingMemoryBound(to: Slots.self).pointee else { return }
      slots.visits[Int(thread)] += 1
      slots.threads[Int(thread)] = threads
    }
    let started = record.threads[0]
    #expect((1...threads).contains(started))
    for thread in 0..<64 {
      #expect(record.visits[thread] == (thread < started ? 1 : 0))
      #expect(record.threads[thread] == (thread < started ? started : 0))
    }
  }

  @Test("After the barrier every thread sees what all wrote before it", arguments: [1, 2, 16] as [Int32])
  func barrier(threads: Int32) {
    for _ in 0..<50 {
      let record = run(threads) { context, thread, threads in
        guard let slots = context?.assumingMemoryBound(to: Slots.self).pointee else { return }
        slots.visits[Int(thread)] = thread + 1
        slots.threads[Int(thread)] = threads
        ck_team_barrier()
        slots.seen[Int(thread)] = (0..<threads).reduce(0) { $0 + slots.visits[Int($1)] }
      }
      let started = record.threads[0]
      for thread in 0..<Int(started) { #expect(record.seen[thread] == started * (started + 1) / 2) }
    }
  }

  @Test("A run inside a run stays on its thread")
  func nested() {
    let record = run(2) { context, thread, threads in
      guard let slots = context?.assumingMemoryBound(to: Slots.self).pointee else { return }
      slots.threads[Int(thread)] = threads
      guard threads > 1 else { return }
      var inner = [Int32](repeating: 0, count: 2)
      ck_team_run(
        ck_team(threads: 4, spin_milliseconds: 1),
        { context, thread, threads in
          guard let inner = context?.assumingMemoryBound(to: Int32.self) else { return }
          inner[0] += 1
          inner[1] = threads
        }, &inner)
      slots.visits[Int(thread)] = inner[0]
      slots.seen[Int(thread)] = inner[1]
    }
    let started = record.threads[0]
    guard started > 1 else { return }
    for thread in 0..<Int(started) {
      #expect(record.visits[thread] == 1)
      #expect(record.seen[thread] == 1)
    }
  }
}

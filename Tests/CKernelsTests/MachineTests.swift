import CKernels
import Glibc
import Testing

@Suite("The machine as read")
struct MachineTests {
  private static func read() -> ck_machine {
    var machine = ck_machine()
    ck_machine_read(&machine)
    return machine
  }

  @Test("Counts are possible ones")
  func counts() {
    let machine = Self.read()
    #expect((0..<CK_ISA_COUNT.rawValue).contains(machine.isa.rawValue))
    #expect(machine.cpus_online >= 1)
    #expect((1...machine.cpus_online).contains(machine.cpus_allowed))
    #expect((1...machine.cpus_allowed).contains(machine.threads))
    #expect(machine.cpu_quota >= 0)
    if machine.cpu_quota > 0 { #expect(Double(machine.threads) <= machine.cpu_quota.rounded(.up)) }
  }

  @Test("Caches that are known have whole sets, and grow from level to level")
  func caches() {
    let machine = Self.read()
    let known = [machine.l1d, machine.l2, machine.l3].filter { $0.bytes > 0 }
    for cache in known {
      #expect(cache.line_bytes == 0 || cache.line_bytes.nonzeroBitCount == 1)
      #expect(cache.ways >= 0 && cache.shared_by >= 0)
      if cache.ways > 0 && cache.line_bytes > 0 { #expect(cache.bytes % Int64(cache.ways * cache.line_bytes) == 0) }
    }
    #expect(zip(known, known.dropFirst()).allSatisfy { $0.bytes < $1.bytes })
  }

  @Test("Names are terminated text")
  func names() {
    var machine = Self.read()
    let vendor = withUnsafeBytes(of: &machine.vendor) { Array($0) }
    let brand = withUnsafeBytes(of: &machine.brand) { Array($0) }
    for name in [vendor, brand] {
      let text = name.prefix { $0 != 0 }
      #expect(text.count < name.count)
      #expect(text.allSatisfy { (0x20..<0x7F).contains($0) })
    }
  }

  @Test("Reading again gives the same")
  func stable() {
    let (first, second) = (Self.read(), Self.read())
    #expect(first.isa == second.isa && first.threads == second.threads && first.cpus_online == second.cpus_online)
    #expect(first.l1d.bytes == second.l1d.bytes && first.l2.bytes == second.l2.bytes && first.l3.bytes == second.l3.bytes)
  }

  /// `sched_getaffinity` or `sched_setaffinity`, which Swift's Glibc leaves out.
  private typealias AffinityCall = @convention(c) (pid_t, Int, UnsafeMutableRawPointer) -> Int32

  @Test("A process bound to one CPU is given one thread")
  func affinity() async {
    await #expect(processExitsWith: .success) {
      guard let get = dlsym(nil, "sched_getaffinity"), let set = dlsym(nil, "sched_setaffinity") else {
        preconditionFailure("the C library has no affinity calls")
      }
      var mask = [UInt8](repeating: 0, count: 512)
      precondition(unsafeBitCast(get, to: AffinityCall.self)(getpid(), mask.count, &mask) > -1)
      // The lowest CPU of the mask stays.
      guard let first = mask.firstIndex(where: { $0 != 0 }) else { preconditionFailure("an empty mask") }
      let lowest = mask[first] & ~(mask[first] &- 1)
      mask = mask.indices.map { $0 == first ? lowest : 0 }
      precondition(unsafeBitCast(set, to: AffinityCall.self)(getpid(), mask.count, &mask) == 0)
      let machine = MachineTests.read()
      precondition(machine.cpus_allowed == 1 && machine.threads == 1 && machine.cpus_online >= 1)
    }
  }
}

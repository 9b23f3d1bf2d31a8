import CKernels

/// A data cache as the CPU describes it.
public struct Cache: Sendable, Hashable {
  /// 0 = unknown, as are the other fields.
  public let bytes: Int
  public let ways: Int
  public let lineBytes: Int
  /// Logical CPUs that share one instance.
  public let sharedBy: Int

  init(_ cache: ck_cache) {
    bytes = Int(cache.bytes)
    ways = Int(cache.ways)
    lineBytes = Int(cache.line_bytes)
    sharedBy = Int(cache.shared_by)
  }

  public init(bytes: Int, ways: Int, lineBytes: Int, sharedBy: Int) {
    self.bytes = bytes
    self.ways = ways
    self.lineBytes = lineBytes
    self.sharedBy = sharedBy
  }
}

/// The machine as this process may use it.
public struct Machine: Sendable {
  /// This machine, read once.
  public static let current = Machine()

  /// The highest level that the CPU and the operating system support.
  public let isa: ISA
  public let l1d: Cache
  public let l2: Cache
  public let l3: Cache
  public let cpusOnline: Int
  /// CPUs in the affinity mask.
  public let cpusAllowed: Int
  /// CPUs' worth of time that the cgroup grants; `nil` = no limit.
  public let cpuQuota: Double?
  /// Threads worth starting: the mask, bounded by the quota rounded up.
  public let threads: Int
  public let vendor: String
  public let brand: String
  public let family: Int
  public let model: Int
  public let stepping: Int
  public let hypervisor: Bool

  private init() {
    var machine = ck_machine()
    ck_machine_read(&machine)
    isa = ISA(machine.isa)
    l1d = Cache(machine.l1d)
    l2 = Cache(machine.l2)
    l3 = Cache(machine.l3)
    cpusOnline = Int(machine.cpus_online)
    cpusAllowed = Int(machine.cpus_allowed)
    cpuQuota = machine.cpu_quota > 0 ? machine.cpu_quota : nil
    threads = Int(machine.threads)
    vendor = Machine.text(&machine.vendor)
    brand = Machine.text(&machine.brand)
    family = Int(machine.family)
    model = Int(machine.model)
    stepping = Int(machine.stepping)
    hypervisor = machine.hypervisor
  }

  /// By the processor's maker, as nothing finer has been measured.
  var microarchitecture: Microarchitecture {
    if vendor == "GenuineIntel" { return .intel }
    return vendor == "AuthenticAMD" && family >= Self.familyOfZen5 ? .zen5 : Microarchitecture()
  }

  private static let familyOfZen5 = 26

  /// A string in a C array, trailing blanks dropped.
  private static func text<Tuple>(_ tuple: inout Tuple) -> String {
    withUnsafeBytes(of: &tuple) { bytes in
      var characters = Array(bytes.prefix { $0 != 0 })
      while characters.last == UInt8(ascii: " ") { characters.removeLast() }
      return String(decoding: characters, as: UTF8.self)
    }
  }
}

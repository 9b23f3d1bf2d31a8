/// What a reader needs to repeat a run. What can't be known is the word `unknown`, never a guess.
public struct RunEnvironment: Codable, Sendable, Equatable {
  public var cpu: String
  /// Level, type, size in bytes, CPUs that share it.
  public var caches: [CacheDescription]
  public var cpusOnline: Int
  public var cpusAllowed: Int
  /// CPUs' worth of cgroup quota; nil = no limit.
  public var cpuQuota: Double?
  /// Usable instruction sets, lowest first.
  public var isas: [String]
  public var hypervisor: Bool
  public var memoryBytes: Int
  public var os: String
  public var kernel: String
  /// Of the C kernels and of the Swift code.
  public var compilers: [String]
  public var flags: String
  /// Name and version of every library that takes part.
  public var libraries: [String: String]
  public var commit: String
  public var seed: UInt64
  /// Load average over one minute, and the share of time stolen by the hypervisor during the run.
  public var load: Double?
  public var stealShare: Double?
  /// `HEADROOM_*` overrides in force.
  public var overrides: [String: String]

  public init(
    cpu: String, caches: [CacheDescription], cpusOnline: Int, cpusAllowed: Int, cpuQuota: Double?, isas: [String],
    hypervisor: Bool, memoryBytes: Int, os: String, kernel: String, compilers: [String], flags: String,
    libraries: [String: String], commit: String, seed: UInt64, load: Double?, stealShare: Double?,
    overrides: [String: String]
  ) {
    self.cpu = cpu
    self.caches = caches
    self.cpusOnline = cpusOnline
    self.cpusAllowed = cpusAllowed
    self.cpuQuota = cpuQuota
    self.isas = isas
    self.hypervisor = hypervisor
    self.memoryBytes = memoryBytes
    self.os = os
    self.kernel = kernel
    self.compilers = compilers
    self.flags = flags
    self.libraries = libraries
    self.commit = commit
    self.seed = seed
    self.load = load
    self.stealShare = stealShare
    self.overrides = overrides
  }

  enum CodingKeys: String, CodingKey {
    case cpu, caches, isas, hypervisor, os, kernel, compilers, flags, libraries, commit, seed, load, overrides
    case cpusOnline = "cpus_online"
    case cpusAllowed = "cpus_allowed"
    case cpuQuota = "cpu_quota"
    case memoryBytes = "memory_bytes"
    case stealShare = "steal_share"
  }
}

public struct CacheDescription: Codable, Sendable, Equatable {
  /// `L1d`, `L2`, `L3`.
  public var name: String
  public var bytes: Int
  public var ways: Int
  public var sharedBy: Int

  public init(name: String, bytes: Int, ways: Int, sharedBy: Int) {
    self.name = name
    self.bytes = bytes
    self.ways = ways
    self.sharedBy = sharedBy
  }

  enum CodingKeys: String, CodingKey {
    case name, bytes, ways
    case sharedBy = "shared_by"
  }
}

/// A measured limit of the machine.
public struct Ceiling: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable {
    /// Value in GFLOP/s.
    case compute
    /// Value in GB/s (10^9), counting bytes read plus bytes written by the program.
    case bandwidth
  }

  public var kind: Kind
  /// Compute: `f32` ... ; bandwidth: `read`, `copy`, `triad`.
  public var name: String
  /// Compute: the instruction set; bandwidth: that of its loop.
  public var isa: String
  /// Bandwidth: `L1`, `L2`, `L3`, `DRAM`.
  public var level: String?
  /// Bandwidth: bytes of the operands together, per thread.
  public var footprintBytes: Int?
  public var threads: Int
  public var value: Double

  public init(
    kind: Kind, name: String, isa: String, level: String? = nil, footprintBytes: Int? = nil, threads: Int, value: Double
  ) {
    self.kind = kind
    self.name = name
    self.isa = isa
    self.level = level
    self.footprintBytes = footprintBytes
    self.threads = threads
    self.value = value
  }

  enum CodingKeys: String, CodingKey {
    case kind, name, isa, level, threads, value
    case footprintBytes = "footprint_bytes"
  }
}

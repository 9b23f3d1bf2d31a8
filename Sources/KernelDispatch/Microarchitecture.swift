/// What instruction sets and caches don't tell of a processor. The defaults are those of AMD's.
public struct Microarchitecture: Sendable, Hashable {
  /// Vectors of bf16 pairs that VDPBF16PS multiplies and adds in a cycle: 2, as FMA does of fp32 (Zen 4, Zen 5: twice the peak of fp32), but on
  /// Intel's processors 1/2 (Emerald Rapids: 86 against 172 GFLOP/s), where AMX stands beside it.
  public var pairsPerCycle = 2.0
  /// Whether a tile (of AVX2: none) asks for what comes next although L2 may hold it. On Intel's processors the asking then costs more than the wait
  /// (Emerald Rapids: 128^3 155 instead of 167 GFLOP/s; out of memory it is 115 instead of 96); on Zen 5 it costs 0 to 3 %, and out of memory it is 188
  /// instead of 145 (96^3).
  public var asksWithinL2 = true
  /// Whether multiply-adds broadcast packed A themselves: an instruction less for one load more. Intel's processors gain, most of all beside a busy
  /// neighbour that shares the front end (Emerald Rapids, 1024^3: 155 to 158 GFLOP/s alone, 97 to 110 beside one); on Zen 5 the loads bind
  /// (1024^3: 242 to 228).
  public var foldsBroadcasts = false

  /// How much slower tiles of a convolution are with rows of weights half a page or more apart, two or fewer to a page, than with panels: Zen 4 runs
  /// from one TLB miss to the next (512 channels at 7x7), Zen 5 does not (at 14x14 278 GFLOP/s in place, 235 with the packing).
  public var farWeightsFactor = 1.8

  public init() {}

  public static let zen5: Microarchitecture = {
    var zen5 = Microarchitecture()
    zen5.farWeightsFactor = 1.05
    return zen5
  }()

  public static let intel: Microarchitecture = {
    var intel = Microarchitecture()
    (intel.pairsPerCycle, intel.asksWithinL2, intel.foldsBroadcasts) = (0.5, false, true)
    return intel
  }()
}

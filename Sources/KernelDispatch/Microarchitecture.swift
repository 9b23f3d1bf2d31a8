/// What instruction sets and caches don't tell of a processor. The defaults are those of AMD's.
public struct Microarchitecture: Sendable, Hashable {
  /// Vectors of bf16 pairs that VDPBF16PS multiplies and adds in a cycle: 2, as FMA does of fp32 (Zen 4, Zen 5: twice the peak of fp32), but on
  /// Intel's processors 1/2 (Emerald Rapids: 86 against 172 GFLOP/s), where AMX stands beside it.
  public var pairsPerCycle = 2.0
  /// Multiply-adds in a cycle of bf16 that vectors of 64 bytes widen as they read it, where fp32 and pairs are counted as 2: 2, but of Zen 4, which has no
  /// cycle to spare for the widening, 1.2 (widened in place and by pairs: 16^3 165 and 133 ns, 10 x 16 x 32 196 and 156, 14 x 16 x 16 148 and 169, best
  /// 146 and 149, 13 x 7 x 19 132 and 138).
  public var widenedPerCycle = 1.2

  /// Whether a tile (of AVX2: none) asks for what comes next although L2 may hold it. On Intel's processors the asking then costs more than the wait
  /// (Emerald Rapids: 128^3 155 instead of 167 GFLOP/s; out of memory it is 115 instead of 96); on Zen 5 it costs 0 to 3 %, and out of memory it is 188
  /// instead of 145 (96^3).
  public var asksWithinL2 = true
  /// Whether depthwise convolution takes several vectors of channels abreast although each is a whole line of the caches
  /// (`Dispatch.vectorsAbreast`).
  public var takesLinesAbreast = false
  /// Whether a product of A by columns and B by rows is computed the other way round where A is the larger, which is then packed in wider rows
  /// (Emerald Rapids in fp32, tn: 512 x 128 x 12544 165 to 194 GFLOP/s, 256 x 64 x 50176 130 to 170, by AVX2 95 to 107; two cores 323 to 313 and 227 to
  /// 297; bf16 by tile registers gains as much on one core, and loses it on two). Not measured on AMD's processors.
  public var packsAcross = false
  /// Whether multiply-adds broadcast packed A themselves: an instruction less for one load more. Intel's processors gain, most of all beside a busy
  /// neighbour that shares the front end (Emerald Rapids, 1024^3: 155 to 158 GFLOP/s alone, 97 to 110 beside one); on Zen 5 the loads bind
  /// (1024^3: 242 to 228).
  public var foldsBroadcasts = false

  /// How much slower tiles of a convolution are with rows of weights half a page or more apart, two or fewer to a page, than with panels: Zen 4 runs
  /// from one TLB miss to the next (512 channels at 7x7), Zen 5 does not (at 14x14 278 GFLOP/s in place, 235 with the packing).
  public var farWeightsFactor = 1.8

  /// Whether a row meets 8 columns of a B along K at once rather than 4, of which other rows make no use: memory delivers so many streams faster to
  /// Zen 4 (4096 x 4096 times vector: fp32 16.2 to 16.9 GFLOP/s, bf16 33 to 48; within L3 fp32 gains 3 to 8 %, bf16 up to 7 % and loses as much at
  /// 512 x 512; Zen 4 held to AVX2 in fp32: 43.7 to 46.8 at 768 x 768). Zen 5 loses 3 to 15 %; Zen 3 and Intel's processors were not measured.
  public var meetsEightColumns = true

  /// Ways of L1, where rows of A that lie in place and share a set push each other out before a line is used up, if they are more: each broadcast then
  /// waits for L2 (Zen 4, 196 x 256 x 1024 in fp32: in place 87 to 90 GFLOP/s, packed 110; at a depth of 1008 111 and 108). `nil`: that costs nothing (512 x
  /// 32 x 1024 in place and packed, Zen 5: 142 and 189 us, Emerald Rapids 143 and 239).
  public var waysThatBind: Int? = 8

  /// Depths up to which a product is run by tiles of few rows, whose sums are stored while the next tile's are made: the 28 vectors of 14 rows hold it up
  /// (Zen 4, which stores one every other cycle: a tile of 14 rows takes 83 cycles more than its multiply-adds, of 9 53, of 8 14; 32^3 104 to 109 GFLOP/s,
  /// 512 x 512 x 32 106 to 110, 64 x 2048 x 64 99 to 108; 96^3 loses 1 %, and 3000 x 4096 x 64, whose C goes to memory by rows in pages of their own, 101 to
  /// 94). Sums stored as bf16 are half as many vectors: there 6 rows by two panels gain (100000 x 64 x 16 182 to 196), 8 rows lose. 0: Zen 5, not measured,
  /// and Intel's processors (Emerald Rapids is as fast either way: 32^3, 64^3, 96^3).
  public var shallowDepth = 64
  /// Rows of such tiles, but where two panels are taken at once (`CK_ROWS_OF_TWO_PANELS`).
  static let shallowRows = 8

  /// Most bytes of the last level that are sure to be this process's. That of a server's processor of Intel's is slow, and whom else it serves is not
  /// known: Emerald Rapids's says 300 MiB, of which 37 are read at 26 GB/s and 150 at 15, as memory is (panels that came packed, asked for beyond half of
  /// this: 8 x 4096 x 4096 in fp32 35 to 51 GFLOP/s, on two cores 59 to 93; a thousand products of 64^3 131 to 136, of 32^3 105 to 103). What is stored
  /// past the caches goes by it as well: as soon as L2 can't hold C, 16384 x 64 x 16 has 52 to 88, but with a pass over C, which then comes from memory,
  /// the two together 79 to 73 (100000 x 64 x 16 52 to 61).
  public var mostLastLevelBytes = Int.max

  /// Bytes from row to row of C up to which it may go past a last level that has more than those, and rows which do so however long they are (Emerald
  /// Rapids, fp32: 100000 x 64 x 16 53 to 136 GFLOP/s, 20000 x 512 x 64 135 to 141, 64 x 100000 x 64 112 to 140; but 4096 x 4096 x 64 151 to 138,
  /// 10000 x 1024 x 64 120 to 98).
  static let shortRowBytes = 2048.0
  static let mostLongRows = 64

  public init() {}

  /// Most rows of A, a page of 4 KiB or a part of one apart, that a tile reads in place without waiting.
  func mostRows(apart rowBytes: UInt) -> Int {
    guard let waysThatBind, rowBytes > 0 else { return Int.max }
    let sets = 4096 / min(4096, rowBytes & ~(rowBytes - 1))
    return sets < 64 ? waysThatBind * Int(sets) : Int.max
  }

  public static let zen5: Microarchitecture = {
    var zen5 = Microarchitecture()
    (zen5.farWeightsFactor, zen5.meetsEightColumns, zen5.waysThatBind) = (1.05, false, nil)
    (zen5.shallowDepth, zen5.widenedPerCycle) = (0, 2)
    return zen5
  }()

  public static let intel: Microarchitecture = {
    var intel = Microarchitecture()
    (intel.pairsPerCycle, intel.asksWithinL2, intel.foldsBroadcasts) = (0.5, false, true)
    (intel.takesLinesAbreast, intel.packsAcross) = (true, true)
    (intel.widenedPerCycle, intel.mostLastLevelBytes) = (2, 32 << 20)
    (intel.meetsEightColumns, intel.waysThatBind, intel.shallowDepth) = (false, nil, 0)
    return intel
  }()
}

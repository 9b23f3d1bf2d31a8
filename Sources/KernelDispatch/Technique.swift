/// A software technique that a product uses or, for a ladder, is denied.
public enum Technique: String, CaseIterable, Sendable, Hashable {
  case cacheBlocking = "cache blocking"
  case packing
  case registerTile = "register tile"
  case simd = "SIMD"
  case threads
}

/// A set of techniques, as bits: options are on the path of every call.
public struct TechniqueSet: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public init(_ technique: Technique) {
    switch technique {
    case .cacheBlocking: self = .cacheBlocking
    case .packing: self = .packing
    case .registerTile: self = .registerTile
    case .simd: self = .simd
    case .threads: self = .threads
    }
  }

  public init(_ techniques: some Sequence<Technique>) {
    self = techniques.reduce(into: []) { $0.formUnion(TechniqueSet($1)) }
  }

  public static let cacheBlocking = TechniqueSet(rawValue: 1)
  public static let packing = TechniqueSet(rawValue: 2)
  public static let registerTile = TechniqueSet(rawValue: 4)
  public static let simd = TechniqueSet(rawValue: 8)
  public static let threads = TechniqueSet(rawValue: 16)

  public var techniques: [Technique] { Technique.allCases.filter { contains(TechniqueSet($0)) } }
}

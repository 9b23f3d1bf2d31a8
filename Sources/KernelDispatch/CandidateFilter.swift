import Tensors

/// What a problem's types, the allowed instruction set and the caller's wishes leave of the candidates, with a named reason for each that
/// they don't.
struct CandidateFilter {
  var inputType: ElementType
  /// What the caller, the environment and the machine allow.
  var cap: ISA
  var machineISA = ISA.amx
  var variantIndex: Int?
  var tileSetIndex: Int?
  var without: TechniqueSet = []

  func rejection(of pair: CandidatePair, among pairs: UnsafeBufferPointer<CandidatePair>) -> Rejection? {
    guard serves(pair) else { return .types }
    if pair.set.isa > machineISA { return .isaMissing(needs: pair.set.isa, has: machineISA) }
    if pair.set.isa > cap { return .isaCapped(needs: pair.set.isa, cap: cap) }
    if let variantIndex, pair.variantIndex != variantIndex { return .variantNotAskedFor }
    if let tileSetIndex { return pair.tileSetIndex == tileSetIndex ? nil : .microkernelNotAskedFor }
    if pair.set.language != .c { return .sameTileInC }
    if let technique = techniqueOff(pair) { return .techniqueOff(technique) }
    if pair.set.isOneVector && !without.contains(.registerTile) { return .withoutRegisterTile }
    var better = pair.set.isa
    for other in pairs where other.variantIndex == pair.variantIndex && other.set.isa > better && other.set.isa <= cap {
      let isAlike = other.set.language == pair.set.language && other.set.isOneVector == pair.set.isOneVector
      if isAlike && serves(other) && techniqueOff(other) == nil { better = other.set.isa }
    }
    return better > pair.set.isa ? .isaSuperseded(by: better) : nil
  }

  private func serves(_ pair: CandidatePair) -> Bool {
    if pair.widens { return inputType == .bfloat16 && pair.set.inputType == .float32 }
    if pair.splits { return inputType == .float32 && pair.set.inputType == .bfloat16 }
    return inputType == pair.set.inputType
  }

  private func techniqueOff(_ pair: CandidatePair) -> Technique? {
    if without.contains(.packing) && (pair.packsA || pair.packsB) { return .packing }
    if without.contains(.simd) && pair.set.isa != .scalar { return .simd }
    if without.contains(.registerTile) && !pair.set.isOneVector { return .registerTile }
    return nil
  }
}

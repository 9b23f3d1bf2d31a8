import Glibc

/// What the environment overrides: `HEADROOM_MAX_ISA`, `HEADROOM_THREADS`, `HEADROOM_VARIANT`, `HEADROOM_WINOGRAD`,
/// `HEADROOM_VERBOSE`.
///
/// An option given in a call wins over the environment, except that `HEADROOM_MAX_ISA` caps both.
public struct Overrides: Sendable, Equatable {
  public var maxISA: ISA?
  public var threads: Int?
  public var variant: String?
  /// Whether Winograd's algorithm may run unasked.
  public var winograd = true
  /// Tools say on standard error what dispatch chose. The library itself never prints.
  public var verbose = false

  /// No overrides.
  public init() {}

  /// The overrides in `environment`; an empty value counts as unset.
  ///
  /// - Throws: `HeadroomError.invalidOverride`, naming the variable.
  public init(environment: [String: String]) throws(HeadroomError) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let text = value("HEADROOM_MAX_ISA") {
      let known = ISA.allCases.map(\.name).joined(separator: ", ")
      guard let isa = ISA(name: text) else {
        throw .invalidOverride(variable: "HEADROOM_MAX_ISA", found: text, expected: "one of \(known)")
      }
      maxISA = isa
    }
    if let text = value("HEADROOM_THREADS") {
      guard let count = Int(text), (1...SelectionOptions.mostThreads).contains(count) else {
        let expected = "a whole number, 1 ... \(SelectionOptions.mostThreads)"
        throw .invalidOverride(variable: "HEADROOM_THREADS", found: text, expected: expected)
      }
      threads = count
    }
    if let text = value("HEADROOM_VARIANT") {
      let known = KernelTable.shared.variants.map(\.name) + ConvolutionVariant.all.map(\.name)
      guard known.contains(text) else {
        throw .invalidOverride(variable: "HEADROOM_VARIANT", found: text, expected: "one of \(known.joined(separator: ", "))")
      }
      variant = text
    }
    func isOn(_ name: String, unset: Bool) throws(HeadroomError) -> Bool {
      guard let text = value(name) else { return unset }
      if text != "0" && text != "1" { throw .invalidOverride(variable: name, found: text, expected: "0 or 1") }
      return text == "1"
    }
    winograd = try isOn("HEADROOM_WINOGRAD", unset: true)
    verbose = try isOn("HEADROOM_VERBOSE", unset: false)
  }

  /// Those of this process, read once.
  public static let process: Result<Overrides, HeadroomError> = {
    var environment: [String: String] = [:]
    for name in ["HEADROOM_MAX_ISA", "HEADROOM_THREADS", "HEADROOM_VARIANT", "HEADROOM_WINOGRAD", "HEADROOM_VERBOSE"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    do throws(HeadroomError) {
      return .success(try Overrides(environment: environment))
    } catch {
      return .failure(error)
    }
  }()
}

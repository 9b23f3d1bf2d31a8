import Foundation
import Results

/// Numbers as people read them: three digits that count, with a unit.
public enum Format {
  /// `0.0123`, `1.23`, `12.3`, `123`, `12345`.
  public static func number(_ value: Double) -> String {
    guard value.isFinite else { return "unknown" }
    let magnitude = abs(value)
    guard magnitude > 0 else { return "0" }
    if magnitude < 1e-4 { return String(format: "%.2e", value) }
    var decimals = max(0, 2 - Int(floor(log10(magnitude))))
    // 9.996 has three digits that count as 10.0, not as 10.00.
    if decimals > 0, magnitude + 0.5 * pow(10, -Double(decimals)) >= pow(10, Double(3 - decimals)) { decimals -= 1 }
    return String(format: "%.\(decimals)f", value)
  }

  public static func gflops(_ value: Double) -> String { number(value) + " GFLOP/s" }

  /// A share of 1 as `84.2 %`.
  public static func percent(_ share: Double) -> String {
    share.isFinite ? String(format: "%.1f %%", share * 100) : "unknown"
  }

  /// `12.3 ms`.
  public static func seconds(_ value: Double) -> String {
    for (unit, size) in [("s", 1.0), ("ms", 1e-3), ("us", 1e-6)] where value >= size {
      return "\(number(value / size)) \(unit)"
    }
    return number(value / 1e-9) + " ns"
  }

  /// `32 KiB`, `1.5 MiB`; 0 is `unknown`.
  public static func bytes(_ count: Int) -> String {
    guard count > 0 else { return "unknown" }
    for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where count >= 1 << shift {
      let value = Double(count) / Double(1 << shift)
      return "\(value == value.rounded() ? String(Int(value)) : number(value)) \(unit)"
    }
    return "\(count) B"
  }

  /// `3.21 (3.18 to 3.25)`: the value and its 95 % interval.
  public static func estimate(_ estimate: Estimate) -> String {
    "\(number(estimate.value)) (\(interval(estimate)))"
  }

  public static func interval(_ estimate: Estimate) -> String {
    "\(number(estimate.low)) to \(number(estimate.high))"
  }
}

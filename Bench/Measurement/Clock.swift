import Glibc

/// The time that no adjustment of the wall clock moves.
public enum Clock {
  /// Seconds since some fixed moment. Costs some 20 ns.
  public static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_RAW, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
}

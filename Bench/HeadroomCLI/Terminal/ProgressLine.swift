#if Tools
  import Foundation
  import Measurement
  import Synchronization

  /// How far the work is, on standard error: a bar where a person watches, else a plain line every ten seconds.
  final class ProgressLine: Sendable {
    private static let plainInterval = 10.0
    private static let redrawInterval = 0.1
    /// Work shorter than this shows nothing.
    private static let patience = 1.0
    private static let barWidth = 24
    private static let labelWidth = 48

    private struct State {
      var fraction = 0.0
      var lastDrawn: Double
      var isDrawn = false
    }

    private let isTerminal = StandardError.isTerminal
    private let start = Clock.now()
    private let state: Mutex<State>
    /// Seconds that the whole is expected to take, until its own pace says better.
    private let expected: Double?

    init(expected: Double? = nil) {
      self.expected = expected
      state = Mutex(State(lastDrawn: start))
    }

    /// `fraction` of the work is done, 0...1.
    func advance(to fraction: Double) {
      state.withLock { $0.fraction = min(max(fraction, 0), 1) }
    }

    /// Shows what is done next, unless something was shown a moment ago.
    func say(_ label: String) {
      let now = Clock.now()
      let interval = isTerminal ? Self.redrawInterval : Self.plainInterval
      let fraction = state.withLock { state -> Double? in
        guard now - start > Self.patience, now - state.lastDrawn > interval else { return nil }
        state.lastDrawn = now
        state.isDrawn = true
        return state.fraction
      }
      if let fraction { draw(fraction, label, elapsed: now - start) }
    }

    /// Takes the bar away.
    func finish() {
      guard isTerminal, state.withLock({ $0.isDrawn }) else { return }
      StandardError.write("\r" + String(repeating: " ", count: Self.barWidth + Self.labelWidth + 32) + "\r")
    }

    private func draw(_ fraction: Double, _ label: String, elapsed: Double) {
      let percent = Int(fraction * 100)
      let left = remaining(fraction, elapsed: elapsed).map { ", about \(Self.duration($0)) left" } ?? ""
      guard isTerminal else {
        StandardError.write("\(percent) %\(left): \(label)\n")
        return
      }
      let filled = percent * Self.barWidth / 100
      let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.barWidth - filled)
      let end = (left + "  " + label).prefix(Self.labelWidth + 20)
      let blanks = String(repeating: " ", count: Self.labelWidth + 20 - end.count)
      StandardError.write("\r[\(bar)] \(percent) %\(end)\(blanks)")
    }

    private func remaining(_ fraction: Double, elapsed: Double) -> Double? {
      // The first few per cent say little about the pace of the rest.
      if fraction > 0.1 { return elapsed * (1 - fraction) / fraction }
      return expected.map { max($0 - elapsed, 0) }
    }

    /// `37 s`, `2:05 min`.
    static func duration(_ seconds: Double) -> String {
      let whole = Int(seconds.rounded(.up))
      return whole < 60 ? "\(whole) s" : String(format: "%d:%02d min", whole / 60, whole % 60)
    }
  }
#endif

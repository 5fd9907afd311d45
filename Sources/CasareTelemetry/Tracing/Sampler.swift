package import CasareDomain

/// Decides which traces are recorded.
///
/// A ratio is kept by the trace's ID, so that everybody on the way decides alike, and what is recorded at a small ratio
/// is recorded at a larger one: the last 7 bytes of the ID, taken as a number, are not below `(1 - ratio) · 2⁵⁶`. That is
/// the threshold of OpenTelemetry's "TraceState: Probability Sampling", on the 56 bits that are random by W3C Trace
/// Context, level 2; the sampler `TraceIdRatioBased` leaves open which bits it looks at. No `th` is written to the state.
struct Sampler: Sendable {
    private static let randomMask: UInt64 = 1 << 56 - 1
    /// No number reaches it.
    private static let never: UInt64 = 1 << 56

    private let threshold: UInt64
    /// Whether it does as whoever asks does.
    let followsParent: Bool

    init(_ kind: SamplerKind) { (self.threshold, self.followsParent) = Self.rule(kind) }

    private static func rule(_ kind: SamplerKind) -> (threshold: UInt64, followsParent: Bool) {
        switch kind {
        case .alwaysOn: (0, false)
        case .alwaysOff: (Self.never, false)
        case .ratio(let ratio): (Self.threshold(of: ratio), false)
        case .parentBased(let root): (Self.rule(root).threshold, true)
        }
    }

    private static func threshold(of ratio: Double) -> UInt64 {
        // What is no number is no reason to record.
        guard ratio > 0 else { return self.never }
        guard ratio < 1 else { return 0 }
        return UInt64(((1 - ratio) * Double(self.never)).rounded())
    }

    /// - Parameter parent: of this process or of another one: both are followed alike. `nil`: the trace begins.
    func samples(_ trace: TraceID, below parent: TraceContext?) -> Bool {
        if self.followsParent, let parent { return parent.isSampled }
        return trace.low & Self.randomMask >= self.threshold
    }
}

extension SamplerKind {
    /// What it says of traces that nobody has asked for.
    package var roots: TraceRoots {
        let sampler = Sampler(self)
        return TraceRoots { sampler.samples($0, below: nil) }
    }
}

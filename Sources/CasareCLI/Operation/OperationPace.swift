/// How fast an operation goes, as one sees it who follows it. Does no I/O.
struct OperationPace: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// In less time little is known.
    private static let secondsMin = 2.0

    private var first: (done: Int, at: Instant)?
    private var last: (done: Int, at: Instant)?

    /// - Parameter done: `nil` while it stands still: what comes after is another stretch.
    mutating func saw(_ done: Int?, at now: Instant) {
        guard let done else {
            self.first = nil
            self.last = nil
            return
        }
        self.first = self.first ?? (done, now)
        self.last = (done, now)
    }

    /// How long it goes on for at this pace, from when it was last seen; `nil` while nobody can say.
    func secondsLeft(of count: Int) -> Double? {
        guard let first, let last else { return nil }
        let seconds = (last.at - first.at) / .seconds(1)
        guard seconds >= Self.secondsMin, last.done > first.done, last.done < count else { return nil }
        return Double(count - last.done) * seconds / Double(last.done - first.done)
    }
}

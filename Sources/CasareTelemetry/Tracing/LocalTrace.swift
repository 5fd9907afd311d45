import CasareDomain
import Synchronization

/// What the recorded spans of one trace in this process share: a common clock, and which error was told of last.
///
/// The clock is the steady one, from where the wall's stood when the first of the spans began. So no span ends before it
/// begins, and none begins before its parent, whoever sets the wall's clock meanwhile.
final class LocalTrace: Sendable {
    private struct ToldError {
        let type: String
        let message: String
        /// The span that it was told of, and that one's parent, which hears of it next.
        let span: SpanID
        let parent: SpanID?
    }

    /// Nanoseconds by which the time of a call may differ from that of its argument.
    private static let slack: UInt64 = 1_000_000

    private let clock: TraceClock
    /// Nanoseconds from the steady clock to Unix time. It may wrap around.
    private let offset: UInt64
    private let told = Mutex<ToldError?>(nil)

    init(_ clock: TraceClock) {
        self.clock = clock
        self.offset = clock.wall() &- clock.steady()
    }

    // MARK: - Time

    /// When something happened of which the caller says that it was then, in nanoseconds of Unix time.
    ///
    /// Callers that mean "now" read the wall's clock, because that is what swift-distributed-tracing does for them: they
    /// get the common clock's time. What is not now is a time that the caller knows from elsewhere, and stays as it is.
    func time(of given: UInt64) -> UInt64 {
        let now = self.clock.steady() &+ self.offset
        if Self.isNear(given, now) { return now }
        // Somebody has set the wall's clock since the first span, or the caller means another time.
        return Self.isNear(given, self.clock.wall()) ? now : given
    }

    private static func isNear(_ one: UInt64, _ other: UInt64) -> Bool {
        (one > other ? one - other : other - one) <= self.slack
    }

    // MARK: - Errors

    /// Whether nobody has told yet of an error that a span hears of: on its way out an error passes one span after the
    /// other, and the first is the one to tell.
    func isFirst(toTell type: String, _ message: String, in span: SpanID, below parent: SpanID?) -> Bool {
        self.told.withLock { told in
            var isKnown = false
            if let told {
                isKnown = told.type == type && told.message == message && (told.span == span || told.parent == span)
            }
            told = ToldError(type: type, message: message, span: span, parent: parent)
            return !isKnown
        }
    }
}

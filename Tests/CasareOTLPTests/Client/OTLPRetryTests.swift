@testable import CasareOTLP
import CasareTelemetry
import CasareTestSupport
import Testing

struct OTLPRetryTests {
    /// Chance decides for the least, or for almost the most.
    private struct Fixed: RandomNumberGenerator {
        let number: UInt64

        mutating func next() -> UInt64 { self.number }
    }

    static func first(
        _ status: GRPCStatus, retryDelay: Duration? = nil, timeLeft: Duration? = .seconds(10)
    ) -> OTLPRetry.Action {
        var retry = OTLPRetry()
        var generator = Fixed(number: 0)
        return retry.failed(status, retryDelay: retryDelay, timeLeft: timeLeft, using: &generator)
    }

    static let least = OTLPRetry.firstWait * (1 - OTLPRetry.jitter)

    @Test(arguments: [
        GRPCStatus.cancelled, .deadlineExceeded, .aborted, .outOfRange, .unavailable, .dataLoss,
    ])
    func `what may pass is sent again`(status: GRPCStatus) {
        #expect(Self.first(status) == .retry(after: Self.least))
    }

    @Test(arguments: [
        GRPCStatus.unknown, .invalidArgument, .notFound, .alreadyExists, .permissionDenied, .resourceExhausted,
        .failedPrecondition, .unimplemented, .internalError, .unauthenticated,
    ])
    func `what will not pass is given up at once, under its name`(status: GRPCStatus) {
        #expect(Self.first(status) == .giveUp(errorType: status.name))
    }

    @Test func `every status is one or the other`() {
        let repeated = GRPCStatus.allCases.filter { $0.mayBeRepeated(isAsked: false) }
        #expect(repeated.count == 6 && GRPCStatus.allCases.count == 16)
        #expect(Set(GRPCStatus.allCases.map(\.name)).count == 16)
    }

    @Test func `a server without room is asked again only where it says when`() {
        #expect(Self.first(.resourceExhausted) == .giveUp(errorType: "RESOURCE_EXHAUSTED"))
        #expect(Self.first(.resourceExhausted, retryDelay: .seconds(3)) == .retry(after: .seconds(3)))
    }

    @Test(arguments: [
        GRPCStatus.unknown, .invalidArgument, .unimplemented, .unauthenticated, .permissionDenied, .internalError,
    ])
    func `a server that says when does not make of everything what may pass`(status: GRPCStatus) {
        #expect(Self.first(status, retryDelay: .seconds(1)) == .giveUp(errorType: status.name))
    }

    @Test func `what a server asks for is waited for, and chance only adds to it`() {
        var retry = OTLPRetry()
        var generator = Fixed(number: .max)
        guard
            case .retry(let wait) = retry.failed(
                .unavailable, retryDelay: .seconds(2), timeLeft: .seconds(10), using: &generator)
        else {
            Issue.record("it is not sent again")
            return
        }
        #expect(wait >= .seconds(2) && wait <= .seconds(2) * (1 + OTLPRetry.jitter))
    }

    @Test func `waits grow up to their limit`() {
        var retry = OTLPRetry()
        var generator = Fixed(number: 0)
        let waits = (0..<6).map { _ in
            retry.failed(.unavailable, retryDelay: nil, timeLeft: nil, using: &generator)
        }
        // The least of 1, 1.5, 2.25, 3.375, 5, 5 seconds.
        let expected = [1.0, 1.5, 2.25, 3.375, 5, 5].map { seconds in
            OTLPRetry.Action.retry(after: .seconds(seconds) * (1 - OTLPRetry.jitter))
        }
        #expect(zip(waits, expected).allSatisfy { Self.isAboutTheSame($0, $1) })
    }

    @Test func `waits grow from what a server asked for, also beyond the limit`() {
        var retry = OTLPRetry()
        var generator = Fixed(number: 0)
        let asked: [Duration?] = [.seconds(8), nil, .milliseconds(200), nil]
        let waits = asked.map { delay in
            retry.failed(.unavailable, retryDelay: delay, timeLeft: nil, using: &generator)
        }
        let expected: [OTLPRetry.Action] = [
            .retry(after: .seconds(8)), .retry(after: .seconds(8) * (1 - OTLPRetry.jitter)),
            .retry(after: .milliseconds(200)), .retry(after: .milliseconds(300) * (1 - OTLPRetry.jitter)),
        ]
        #expect(zip(waits, expected).allSatisfy { Self.isAboutTheSame($0, $1) })
    }

    @Test func `a server that only says that a repeat helps is asked again when we think so`() {
        #expect(Self.first(.resourceExhausted, retryDelay: .zero) == .retry(after: Self.least))
    }

    @Test func `chance spreads waits by a fifth to both sides`() {
        var generator = SeededNumbers(seed: 1)
        var seen: Set<Duration> = []
        for _ in 0..<200 {
            var retry = OTLPRetry()
            guard
                case .retry(let wait) = retry.failed(
                    .unavailable, retryDelay: nil, timeLeft: nil, using: &generator)
            else { continue }
            #expect(wait >= .milliseconds(799) && wait <= .milliseconds(1201))
            seen.insert(wait)
        }
        #expect(seen.count > 100)
    }

    @Test func `nothing is waited for that would come after the time`() {
        #expect(Self.first(.unavailable, timeLeft: Self.least) == .giveUp(errorType: "UNAVAILABLE"))
        #expect(
            Self.first(.unavailable, timeLeft: Self.least + .nanoseconds(1)) == .retry(after: Self.least))
        #expect(
            Self.first(.unavailable, retryDelay: .seconds(10), timeLeft: .seconds(10))
                == .giveUp(errorType: "UNAVAILABLE"))
        #expect(
            Self.first(.unavailable, retryDelay: .seconds(10), timeLeft: .milliseconds(10_001))
                == .retry(after: .seconds(10)))
    }

    @Test(arguments: 1...20)
    func `a command that reaches nobody does not wait to try again`(_: Int) {
        var retry = OTLPRetry()
        var generator = SystemRandomNumberGenerator()
        let action = retry.failed(
            .unavailable, retryDelay: nil, timeLeft: TelemetrySettings.commandMax, using: &generator)
        #expect(action == .giveUp(errorType: "UNAVAILABLE"))
    }

    @Test func `chance takes no time that is not there`() {
        var retry = OTLPRetry()
        var generator = Fixed(number: .max)
        let action = retry.failed(
            .unavailable, retryDelay: .seconds(9), timeLeft: .milliseconds(9500), using: &generator)
        #expect(action == .retry(after: .seconds(9)))
    }

    @Test func `a call that was not answered in time is a timeout when no time is left, and else sent again`() {
        #expect(Self.first(.deadlineExceeded, timeLeft: .zero) == .giveUp(errorType: "timeout"))
        #expect(Self.first(.deadlineExceeded, timeLeft: .seconds(5)) == .retry(after: Self.least))
    }

    /// Durations are multiplied in doubles.
    private static func isAboutTheSame(_ one: OTLPRetry.Action, _ other: OTLPRetry.Action) -> Bool {
        guard case .retry(let one) = one, case .retry(let other) = other else { return one == other }
        return one - other < .microseconds(1) && other - one < .microseconds(1)
    }
}

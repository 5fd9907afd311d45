import ArgumentParser
import CasareDomain
import CasareWire
import Testing

@testable import CasareCLI

struct RetryPolicyOptionsTests {
    private static let hour = 3600.0

    private static let written: [(text: String, waits: RetryWaits)] = [
        ("never", .never), ("Never", .never), ("30", .waits(.fixed(30))), ("1m30s", .waits(.fixed(90))),
        ("10s,1m,5m", .waits(.list([10, 60, 300]))), ("0,5", .waits(.list([0, 5]))),
        ("linear:10s+5s", .waits(.linear(initial: 10, step: 5, max: Self.hour))),
        ("linear:2h+1h", .waits(.linear(initial: 7200, step: Self.hour, max: 7200))),
        ("linear:10s+5s..1m", .waits(.linear(initial: 10, step: 5, max: 60))),
        ("exponential:10s*2", .waits(.exponential(initial: 10, factor: 2, max: Self.hour))),
        ("exponential:1s*1.5..30s", .waits(.exponential(initial: 1, factor: 1.5, max: 30))),
    ]

    @Test(arguments: Self.written)
    func `waits are written as people think of them`(text: String, waits: RetryWaits) {
        #expect(RetryWaits(argument: text) == waits)
    }

    @Test(arguments: [
        "", "soon", "10s,", ",10s", "10s,,1m", "-5", "linear:", "linear:10s", "linear:10s*5s", "linear:10s+5s..",
        "linear:10s+5s+5s", "exponential:10s*", "exponential:10s*x", "exponential:10s*inf", "exponential:10s+2",
        "fixed:10s",
    ])
    func `other texts are refused`(text: String) {
        #expect(RetryWaits(argument: text) == nil)
    }

    @Test func `a submit has a policy of its own where any of it is said`() throws {
        func policy(_ words: String...) throws -> RetryPolicy? {
            try #require(try Casarectl.parseAsRoot(["submit", "w"] + words) as? SubmitCommand).request().options.retry
        }
        #expect(try policy() == nil)
        #expect(try policy("--max-attempts", "3") == RetryPolicy(RetryPolicy.standard.backoff, attemptsMax: 3))
        #expect(try policy("--retry", "never") == .never)
        #expect(
            try policy("--retry", "30s", "--retry-jitter", "0%", "--max-attempts", "4")
                == RetryPolicy(.fixed(30), attemptsMax: 4, jitter: 0))
        #expect(
            try policy("--retry", "10s,1m", "--retry-timeouts", "never")
                == RetryPolicy(.list([10, 60]), byKind: [.timeout: .never]))
        #expect(
            try policy("--retry-timeouts", "5m")
                == RetryPolicy(
                    RetryPolicy.standard.backoff, byKind: [.timeout: RetryPolicy(.fixed(300))]))
        #expect(throws: (any Error).self) { try policy("--retry", "never", "--max-attempts", "2") }
        let error = #expect(throws: CommandFailure.self) { try policy("--retry", "40d") }
        #expect(error?.status == .usage && error?.message.contains("delay_seconds") == true)
    }
}

import CasareDomain
import FoundationEssentials
import Testing

struct RetryPolicyTests {
    private static func json(_ policy: RetryPolicy) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(policy), as: UTF8.self)
    }

    private static func policy(_ json: String) throws -> RetryPolicy {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(RetryPolicy.self, from: Data(json.utf8))
    }

    @Test(arguments: zip(1...6, [10, 60, 300, 900, 3600, nil]))
    func `the standard policy waits longer each time and gives up after five retries`(attempt: Int, seconds: Int?) {
        let delay = RetryPolicy.standard.delay(afterAttempt: attempt, randomFraction: 0.5)
        #expect(delay == seconds.map { .seconds($0) })
    }

    @Test func `jitter makes a wait up to a fifth shorter or longer`() {
        #expect(RetryPolicy.standard.delay(afterAttempt: 1, randomFraction: 0) == .seconds(8.0))
        let longest = RetryPolicy.standard.delay(afterAttempt: 1, randomFraction: 1.0.nextDown)
        #expect(longest.map { $0 > .seconds(11.99) && $0 <= .seconds(12) } == true)
    }

    @Test func `an exponential wait doubles until its maximum`() throws {
        let policy = try RetryPolicy(.exponential(initial: 1, factor: 2, max: 5), attemptsMax: 100, jitter: 0)
        let delays = [1, 2, 3, 4, 99].map { policy.delay(afterAttempt: $0, randomFraction: 0.9) }
        #expect(delays == [.seconds(1), .seconds(2), .seconds(4), .seconds(5), .seconds(5)])
        #expect(policy.delay(afterAttempt: 100, randomFraction: 0.9) == nil)
    }

    @Test func `a factor that grows out of range is cut at the maximum`() throws {
        let policy = try RetryPolicy(.exponential(initial: 1, factor: 1e300, max: 7), attemptsMax: 100, jitter: 0)
        #expect(policy.delay(afterAttempt: 99, randomFraction: 0) == .seconds(7))
        let zero = try RetryPolicy(.exponential(initial: 0, factor: 1e300, max: 7), attemptsMax: 100, jitter: 0)
        #expect(zero.delay(afterAttempt: 99, randomFraction: 0) == .zero)
    }

    @Test func `a linear wait grows by its step`() throws {
        let policy = try RetryPolicy(.linear(initial: 5, step: 10, max: 20), jitter: 0)
        let delays = (1...6).map { policy.delay(afterAttempt: $0, randomFraction: 0) }
        #expect(delays == [.seconds(5), .seconds(15), .seconds(20), .seconds(20), .seconds(20), nil])
    }

    @Test func `the last wait of a list repeats when there are more attempts`() throws {
        let policy = try RetryPolicy(.list([1, 2]), attemptsMax: 4, jitter: 0)
        let delays = (1...4).map { policy.delay(afterAttempt: $0, randomFraction: 0) }
        #expect(delays == [.seconds(1), .seconds(2), .seconds(2), nil])
    }

    @Test func `no retry follows the first attempt of never`() {
        #expect(RetryPolicy.never.delay(afterAttempt: 1, randomFraction: 0) == nil)
    }

    @Test(arguments: [
        (RetryPolicy.Backoff.list([]), 2, 0.2), (.list([-1]), 2, 0.2), (.list([.nan]), 2, 0.2),
        (.list([RetryPolicy.delaySecondsMax + 1]), 2, 0.2), (.exponential(initial: 1, factor: 0.5, max: 2), 2, 0.2),
        (.exponential(initial: 1, factor: .infinity, max: 2), 2, 0.2), (.linear(initial: 1, step: -1, max: 2), 2, 0.2),
        (.list([1]), 0, 0.2), (.list([1]), 101, 0.2), (.list([1]), 2, -0.1), (.list([1]), 2, 1.1),
    ])
    func `an impossible policy is refused with a reason`(
        backoff: RetryPolicy.Backoff, attemptsMax: Int, jitter: Double
    ) {
        let error = #expect(throws: RetryPolicy.Invalid.self) {
            try RetryPolicy(backoff, attemptsMax: attemptsMax, jitter: jitter)
        }
        #expect(error?.description.isEmpty == false)
    }

    @Test func `a policy survives its JSON form`() throws {
        let policies = [
            RetryPolicy.standard, .never, try RetryPolicy(.exponential(initial: 1, factor: 3, max: 60), attemptsMax: 4),
            try RetryPolicy(.linear(initial: 1, step: 2, max: 60), attemptsMax: 4, jitter: 0),
        ]
        for policy in policies {
            #expect(try Self.policy(try Self.json(policy)) == policy)
        }
    }

    @Test func `missing members have defaults`() throws {
        #expect(try Self.policy("{}") == .standard)
        #expect(try Self.policy(#"{"max_attempts": 2}"#).attemptsMax == 2)
        #expect(try Self.policy(#"{"delays_seconds": [1, 2, 3]}"#).attemptsMax == 4)
        let exponential = try Self.policy(#"{"backoff": "exponential", "initial_seconds": 4}"#)
        #expect(exponential.backoff == .exponential(initial: 4, factor: 2, max: 3600))
        let linear = try Self.policy(#"{"backoff": "linear", "initial_seconds": 4}"#)
        #expect(linear.backoff == .linear(initial: 4, step: 4, max: 3600))
    }

    @Test(arguments: [
        #"{"max_attempts": 0}"#, #"{"max_attempts": "3"}"#, #"{"jitter": 2}"#, #"{"backoff": "magic"}"#,
        #"{"delays_seconds": []}"#, #"{"backoff": "exponential", "factor": 0}"#,
    ])
    func `JSON of an impossible policy is refused`(json: String) {
        #expect(throws: DecodingError.self) { try Self.policy(json) }
    }
}

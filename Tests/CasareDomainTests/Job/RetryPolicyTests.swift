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

    @Test func `a fixed wait stays the same`() throws {
        let policy = try RetryPolicy(.fixed(30), jitter: 0)
        let delays = (1...6).map { policy.delay(afterAttempt: $0, randomFraction: 0) }
        #expect(delays == Array(repeating: .seconds(30), count: 5) + [nil])
    }

    private static func failure(_ kind: Failure.Kind, asking seconds: Double? = nil) -> Failure {
        Failure(kind: kind, message: "m", type: "T", retryAfterSeconds: seconds)
    }

    @Test(arguments: Failure.Kind.allCases)
    func `only what may end differently is tried again, each kind by its own rule`(kind: Failure.Kind) throws {
        let timeouts = try RetryPolicy(.fixed(7), attemptsMax: 2, jitter: 0)
        let policy = try RetryPolicy(.fixed(30), attemptsMax: 3, jitter: 0, byKind: [.timeout: timeouts])
        let delays = (1...3).map { policy.delay(after: Self.failure(kind), attempt: $0, randomFraction: 0) }
        switch kind {
        case .application: #expect(delays == [.seconds(30), .seconds(30), nil])
        case .timeout: #expect(delays == [.seconds(7), nil, nil])
        case .business, .crashLoop, .expired, .rejected: #expect(delays == [nil, nil, nil])
        }
        let never = try RetryPolicy(.fixed(30), byKind: [.timeout: .never])
        #expect(never.delay(after: Self.failure(.timeout), attempt: 1, randomFraction: 0) == nil)
    }

    @Test(arguments: [(nil, 10.0), (0, 10), (9.9, 10), (10, 10), (10.1, 10.1), (1e9, RetryPolicy.delaySecondsMax)])
    func `nobody comes back sooner than a server has asked for`(asked: Double?, seconds: Double) throws {
        let policy = try RetryPolicy(.fixed(10), attemptsMax: 2, jitter: 0)
        let failure = Self.failure(.application, asking: asked)
        #expect(policy.delay(after: failure, attempt: 1, randomFraction: 0) == .seconds(seconds))
        #expect(policy.delay(after: failure, attempt: 2, randomFraction: 0) == nil)
    }

    @Test func `what a server asks for is cut at its bounds`() {
        #expect(Self.failure(.application, asking: -1).retryAfterSeconds == 0)
        #expect(Self.failure(.application, asking: .nan).retryAfterSeconds == nil)
        #expect(Self.failure(.application, asking: .infinity).retryAfterSeconds == RetryPolicy.delaySecondsMax)
    }

    @Test(arguments: [Failure.Kind.business, .crashLoop, .expired, .rejected])
    func `a rule for a kind that is never tried again is refused`(kind: Failure.Kind) {
        let error = #expect(throws: RetryPolicy.Invalid.self) { try RetryPolicy(.fixed(1), byKind: [kind: .standard]) }
        #expect(error?.description.hasPrefix("by_kind.\(kind.rawValue): ") == true)
        #expect(throws: RetryPolicy.Invalid.self) {
            try RetryPolicy(json: ["by_kind": .object([kind.rawValue: "never"])])
        }
    }

    @Test func `a rule takes over what it does not say itself`() throws {
        let whole = #"{"backoff": "exponential", "initial_seconds": 4, "jitter": 0, "max_attempts": 5, "by_kind": "#
        let longer = try Self.policy(whole + #"{"timeout": {"initial_seconds": 9}}}"#)
        #expect(
            longer.byKind[.timeout]
                == (try RetryPolicy(.exponential(initial: 9, factor: 2, max: 3600), attemptsMax: 5, jitter: 0)))
        let listed = try Self.policy(whole + #"{"timeout": {"delays_seconds": [1, 2]}}}"#)
        #expect(listed.byKind[.timeout] == (try RetryPolicy(.list([1, 2]), attemptsMax: 3, jitter: 0)))
        let other = try Self.policy(whole + #"{"application": {"backoff": "fixed"}}}"#)
        #expect(other.byKind[.application] == (try RetryPolicy(.fixed(10), attemptsMax: 5, jitter: 0)))
        #expect(try Self.policy(whole + #"{"timeout": "never"}}"#).byKind == [.timeout: .never])
    }

    @Test(arguments: [
        (#""always""#, #"it is a string; expected an object such as {"backoff": "fixed", "delay_seconds": 30, "#),
        (#"{"max_atempts": 1}"#, #"there is no member "max_atempts"; did you mean max_attempts?"#),
        (#"{"backoff": "magic"}"#, #"backoff is "magic"; expected one of fixed, list, exponential, linear"#),
        (#"{"delays_seconds": [1, "2"]}"#, #"delays_seconds is [1,"2"]; expected a list of seconds"#),
        (#"{"max_attempts": 1.5}"#, "max_attempts is 1.5; expected a whole number"),
        (#"{"max_attempts": 101}"#, "max_attempts is 101; it must be from 1 to 100"),
        (#"{"by_kind": "never"}"#, "by_kind is a string; expected an object such as"),
        (#"{"by_kind": {"sometimes": "never"}}"#, "by_kind.sometimes: there is no such kind of failure"),
        (#"{"by_kind": {"timeout": {"jitter": 2}}}"#, "by_kind.timeout: jitter is 2.0; it must be from 0 to 1"),
        (#"{"by_kind": {"timeout": {"by_kind": {}}}}"#, #"by_kind.timeout: there is no member "by_kind""#),
    ])
    func `what a person writes wrong is named`(json: String, message: String) throws {
        let value = try Value(parsingJSON: json)
        let error = #expect(throws: RetryPolicy.Invalid.self) { try RetryPolicy(json: value) }
        #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        "{}", #""never""#, #"{"backoff": "fixed", "delay_seconds": 3}"#, #"{"max_attempts": null, "by_kind": null}"#,
        #"{"backoff": "linear", "step_seconds": 2, "by_kind": {"timeout": {"max_seconds": 9}}}"#,
    ])
    func `a policy in a document means what it means in a request`(json: String) throws {
        #expect(try RetryPolicy(json: try Value(parsingJSON: json)) == Self.policy(json))
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
            try RetryPolicy(.fixed(5), attemptsMax: 3),
            try RetryPolicy(
                .fixed(5), byKind: [.timeout: .never, .application: RetryPolicy(.list([1, 2]), jitter: 0)]),
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

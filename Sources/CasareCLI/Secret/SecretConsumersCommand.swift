import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension SecretCommand {
    struct Consumers: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "consumers",
            abstract: "List running jobs that hold a secret, by the version that they were given.",
            discussion: """
                  casarectl secret consumers db/prod --version 4
                  casarectl secret consumers db/prod --wait --timeout 1h

                A job holds what it was given until its attempt ends. With --wait it stays until none holds an older \
                version than the current one, or than --version.
                """)
        @Argument(help: "The secret's name or ID.", transform: Text.notEmpty) var secret: String
        @Option(
            parsing: .unconditional, help: ArgumentHelp("Only those that hold this version.", valueName: "n"),
            transform: Text.number(in: 1...Int(Int32.max)))
        var version: Int?
        @Flag(help: "Wait until no job holds an older version.") var wait = false
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Stop waiting after this long and end with 8.", valueName: "time"),
            transform: TimeSpan.parse)
        var timeout: TimeSpan?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            guard self.wait || self.timeout == nil else {
                throw ValidationError("--timeout limits the waiting: add --wait.")
            }
        }

        func run() async throws {
            try await self.answer.show(SecretConsumerInfo.columns.map(\.heading)) { client, _ in
                var version = self.version
                if self.wait {
                    if version == nil { version = try await client.secret(self.secret).currentVersion }
                    try await ConsumerWaiter(client, secret: self.secret, timeout: self.timeout)
                        .wait(untilAllHave: version ?? 0)
                }
                let list = try await client.secretConsumers(of: self.secret, version: self.version)
                if list.isPartial { StandardStreams.report("casarectl: there are more; name a --version") }
                return try Presentation(
                    list: list.consumers, columns: SecretConsumerInfo.columns, name: \.job.description)
            }
        }
    }
}

/// Waits until no running job holds an older version of a secret, and shows on stderr how many do.
struct ConsumerWaiter: Sendable {
    /// Between two looks: there is nothing that a server could wake a client with.
    private static let pause = Duration.seconds(2)
    /// What a job was given is to be seen a moment after it was read: nobody counts as having it when that is over.
    private static let settling = Duration.milliseconds(500)
    /// As many jobs are named when the time is up.
    private static let namedMax = 5

    private let client: CasareClient
    private let secret: String
    private let deadline: ContinuousClock.Instant?

    /// The time limit runs from now on.
    init(_ client: CasareClient, secret: String, timeout: TimeSpan?) {
        self.client = client
        self.secret = secret
        self.deadline = timeout.map { .now + $0.duration }
    }

    /// - Throws: `.waitTimedOut`, or as the signal says on ^C; in both cases the jobs go on.
    func wait(untilAllHave version: Int) async throws {
        let ending = try await Interruption.watching {
            var lines = ConsumerLines(version: version, rewrites: Terminal.canRewrite)
            var hasSettled = false
            while true {
                let left = self.deadline.map { max(.zero, $0 - .now) }
                let list = try await Outage.withstanding(until: self.deadline) {
                    try await self.client.secretConsumers(of: self.secret, version: nil)
                }
                let holders = list.consumers.filter { $0.version < version }
                let count = holders.count
                if let text = lines.saw(count, isPartial: list.isPartial, at: .now) { StandardStreams.prompt(text) }
                // By version, the lowest first: where there are more than one answer holds, the first are older.
                if count == 0 {
                    if hasSettled || left == .zero { return }
                    hasSettled = true
                    try await Task.sleep(for: min(Self.settling, left ?? Self.settling))
                    continue
                }
                hasSettled = false
                if left == .zero { throw Self.timedOut(holders, of: self.secret, before: version) }
                try await Task.sleep(for: min(Self.pause, left ?? Self.pause))
            }
        }
        switch ending {
        case .finished: return
        case .interrupted(let reason):
            throw CommandFailure(
                reason,
                "stopped waiting; casarectl secret consumers \(self.secret) --wait goes on with it")
        }
    }

    private static func timedOut(
        _ holders: [SecretConsumerInfo], of secret: String, before version: Int
    ) -> CommandFailure {
        let named = holders.prefix(self.namedMax).map(\.job.description).joined(separator: ", ")
        let more = holders.count > self.namedMax ? " and \(holders.count - self.namedMax) more" : ""
        return CommandFailure(
            .waitTimedOut,
            "\(Count.text(holders.count, "job")) still held an older version than \(version) of \(secret) by "
                + "--timeout: \(named)\(more)")
    }
}

/// What is said while jobs hold an older version. Does no I/O.
struct ConsumerLines: Sendable {
    /// While the count stays.
    static let interval = Duration.seconds(10)

    private let version: Int
    /// Whether a line may be written over.
    private let rewrites: Bool
    private var count: Int?
    private var last: ContinuousClock.Instant?

    init(version: Int, rewrites: Bool) {
        self.version = version
        self.rewrites = rewrites
    }

    /// - Returns: what to write to stderr now, line ends included.
    mutating func saw(_ count: Int, isPartial: Bool, at now: ContinuousClock.Instant) -> String? {
        let isNews = count != self.count
        let isDue = self.last.map { now - $0 >= Self.interval } ?? true
        let isFirst = self.count == nil
        self.count = count
        guard isNews || isDue else { return nil }
        self.last = now
        if count == 0 {
            let text = "no running job holds an older version than \(self.version)\n"
            return self.rewrites && !isFirst ? "\r\u{1B}[K" + text : text
        }
        let jobs = isPartial ? "more than \(count) jobs hold" : count == 1 ? "1 job holds" : "\(count) jobs hold"
        let text = "waiting: \(jobs) an older version than \(self.version)"
        return self.rewrites ? "\r\(text)\u{1B}[K" : text + "\n"
    }
}

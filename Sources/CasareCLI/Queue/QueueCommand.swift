import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Queues: where the jobs of an environment wait for its robots.",
        discussion: "What is changed holds at once, without a restart. casarectl explain QUEUE says what holds one up.",
        subcommands: [List.self, Stats.self, Pause.self, Resume.self, Limit.self], aliases: ["queues"])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List queues.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(QueueInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                let queues = try await self.paging.collect { limit, cursor in
                    let page = try await client.queues(limit: limit, cursor: cursor)
                    return (page.queues, page.nextCursor)
                }
                if queues.isEmpty, self.output.format == .table {
                    StandardStreams.report("there is no queue yet; the first job of an environment makes its queue")
                }
                try self.output.print(
                    try Presentation(
                        list: queues, columns: QueueInfo.columns, name: \.name, json: { try ValueEncoder.encode($0) }))
            }
        }
    }

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "stats", abstract: "Show one queue from nearer by.")
        @Argument(help: "The queue's name, which is that of its environment.", transform: Text.notEmpty)
        var queue: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(QueueInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                try self.output.print(try await client.queue(self.queue).presentation)
            }
        }
    }
}

/// What the commands that steer a queue have in common.
struct QueueControlOptions: ParsableArguments {
    @Argument(help: "The queue's name, which is that of its environment.", transform: Text.notEmpty) var queue: String
    @Option(help: ArgumentHelp("Only jobs of this key.", valueName: "key"), transform: Text.notEmpty) var key: String?
    @Option(help: ArgumentHelp("Why; kept with what was done.", valueName: "text"), transform: Text.notEmpty)
    var reason: String?
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    /// "queue prod", "key acme of queue prod".
    var subject: String { (self.key.map { "key \($0) of " } ?? "") + "queue \(self.queue)" }

    /// Says what would be done, or asks where the context is one of production, and does it.
    func run(
        _ what: String, past: String, _ change: (CasareClient) async throws -> (QueueInfo, QueueKeyInfo?)
    ) async throws {
        try self.output.check(QueueInfo.columns.map(\.heading))
        try await self.connection.withClient { client, server in
            if self.bulk.dryRun {
                let queue = try await client.queue(self.queue).queue
                return try self.output.print(try queue.presentation(saying: "would \(what)"))
            }
            try Consent.needed(
                isSelection: false, server: server, yes: self.bulk.yes, canAsk: Terminal.standard.canAsk
            ).obtain(for: what)
            let (queue, key) = try await change(client)
            try self.output.print(try queue.presentation(saying: past, key: key))
        }
    }
}

extension QueueCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Lease nothing more from a queue, or of one key of it.",
            discussion: "What runs goes on, and what is submitted waits. Pausing again changes reason and end.")
        @OptionGroup var control: QueueControlOptions
        @Option(
            name: .customLong("for"), parsing: .unconditional,
            help: ArgumentHelp("It ends by itself after this time.", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var length: PositiveTimeSpan?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("It ends by itself at this time (ISO 8601).", valueName: "time"),
            transform: Moment.parse)
        var until: Moment?

        func validate() throws {
            if self.length != nil, self.until != nil {
                throw ValidationError("--for and --until both say when it ends: give one of them.")
            }
        }

        func run() async throws {
            let end =
                self.until.map { " until \(Timestamp.text($0.date))" }
                ?? self.length.map { " for \(TimeSpan.text(seconds: $0.seconds))" } ?? ""
            try await self.control.run(
                "pause \(self.control.subject)\(end)", past: "paused \(self.control.subject)\(end)"
            ) { client in
                let queue = try await client.pauseQueue(
                    self.control.queue,
                    PauseQueueRequest(
                        key: self.control.key, reason: self.control.reason, until: self.until?.date,
                        forSeconds: self.length?.seconds))
                return (queue, nil)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "End a pause.",
            discussion: "The pause of a key and that of its queue are two: --key ends the key's.")
        @OptionGroup var control: QueueControlOptions

        func run() async throws {
            try await self.control.run(
                "resume \(self.control.subject)", past: "resumed \(self.control.subject)"
            ) { client in
                let request = ResumeQueueRequest(key: self.control.key, reason: self.control.reason)
                return (try await client.resumeQueue(self.control.queue, request), nil)
            }
        }
    }

    struct Limit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "limit", abstract: "Limit how many jobs of a queue run at once, and how often one begins.",
            discussion: """
                casarectl queue limit prod --concurrency 20 --rate 100/min --key-concurrency 2
                casarectl queue limit prod --key acme --concurrency 5

                --key-concurrency and --key-rate hold for each key that has no limit of its own; with --key, --concurrency \
                and --rate are that key's own. The word none lifts a limit, --clear lifts all of the queue's, or of the \
                key's. What runs goes on, also where it is more than a new limit allows.
                """)
        @OptionGroup var control: QueueControlOptions
        @Option(
            parsing: .unconditional, help: ArgumentHelp("Jobs at once; 0 lets none begin.", valueName: "n|none"),
            transform: LimitArgument<Int>.concurrency)
        var concurrency: LimitArgument<Int>?
        @Option(
            help: ArgumentHelp("Jobs that may begin, such as 10/s, 100/min or 5/30s.", valueName: "rate|none"),
            transform: LimitArgument<RateArgument>.rate)
        var rate: LimitArgument<RateArgument>?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "So many may begin at once after a rest (default: as many as --rate names).", valueName: "n"),
            transform: Text.number(in: 1...Int(Int32.max)))
        var burst: Int?
        @Option(
            parsing: .unconditional, help: ArgumentHelp("Jobs at once of each key.", valueName: "n|none"),
            transform: LimitArgument<Int>.concurrency)
        var keyConcurrency: LimitArgument<Int>?
        @Option(
            help: ArgumentHelp("Jobs of each key that may begin.", valueName: "rate|none"),
            transform: LimitArgument<RateArgument>.rate)
        var keyRate: LimitArgument<RateArgument>?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("So many of a key may begin at once after a rest.", valueName: "n"),
            transform: Text.number(in: 1...Int(Int32.max)))
        var keyBurst: Int?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "After this time a job that waits is as urgent as one whose priority is higher by one (default: 60s).",
                valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var ageing: PositiveTimeSpan?
        @Flag(help: "Lift all limits.") var clear = false

        func validate() throws {
            let request = self.request
            if self.clear, !request.isEmpty, request != self.cleared {
                throw ValidationError("--clear lifts all limits: give it without others.")
            }
            if !self.clear, request.isEmpty {
                throw ValidationError(
                    "Say what is to be limited: --concurrency, --rate, --key-concurrency, --key-rate, or --clear.")
            }
            if self.burst != nil, self.rate?.value == nil { throw ValidationError("--burst goes with --rate.") }
            if self.keyBurst != nil, self.keyRate?.value == nil {
                throw ValidationError("--key-burst goes with --key-rate.")
            }
            if self.control.key != nil, self.keyConcurrency != nil || self.keyRate != nil || self.ageing != nil {
                throw ValidationError("--key is about one key: its limits are --concurrency and --rate.")
            }
        }

        private var cleared: ChangeLimitsRequest {
            var request = ChangeLimitsRequest(
                key: self.control.key, reason: self.control.reason, concurrency: .lift, rate: .lift)
            if self.control.key == nil {
                request.keyConcurrency = .lift
                request.keyRate = .lift
                request.ageingSeconds = .lift
            }
            return request
        }

        private var request: ChangeLimitsRequest {
            if self.clear, self.concurrency == nil, self.rate == nil, self.keyConcurrency == nil, self.keyRate == nil,
                self.ageing == nil
            {
                return self.cleared
            }
            return ChangeLimitsRequest(
                key: self.control.key, reason: self.control.reason, concurrency: .init(self.concurrency) { $0 },
                rate: .init(self.rate) { $0.info(burst: self.burst) },
                keyConcurrency: .init(self.keyConcurrency) { $0 },
                keyRate: .init(self.keyRate) { $0.info(burst: self.keyBurst) },
                ageingSeconds: self.ageing.map { .set($0.seconds) } ?? .keep)
        }

        /// "concurrency 20, no rate".
        private var words: String {
            func words<Limit>(
                _ change: ChangeLimitsRequest.Change<Limit>, _ name: String, _ text: (Limit) -> String
            ) -> String? {
                switch change {
                case .keep: nil
                case .lift: "no \(name)"
                case .set(let limit): "\(name) \(text(limit))"
                }
            }
            let request = self.request
            return [
                words(request.concurrency, "concurrency") { String($0) }, words(request.rate, "rate") { $0.text },
                words(request.keyConcurrency, "key concurrency") { String($0) },
                words(request.keyRate, "key rate") { $0.text },
                words(request.ageingSeconds, "ageing") { TimeSpan.text(seconds: $0) },
            ].compactMap(\.self).joined(separator: ", ")
        }

        func run() async throws {
            try await self.control.run(
                "limit \(self.control.subject): \(self.words)", past: "limited \(self.control.subject): \(self.words)"
            ) { client in
                let response = try await client.changeLimits(of: self.control.queue, self.request)
                return (response.queue, response.key)
            }
        }
    }
}

import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Queues: where the jobs of an environment wait for its robots.",
        discussion: """
            What is changed holds at once, without a restart. casarectl explain QUEUE says what holds one up. Its kind:

            plain    it has no rules: robots lease straight from it
            lanes    it has rules: its jobs have keys or requirements, or its keys have limits
            limited  it has rules, and a limit or a rate for the whole of it
            paused   nothing is leased from it now
            """,
        subcommands: [List.self, Stats.self, Pause.self, Resume.self, Limit.self], aliases: ["queues"])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List queues.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(QueueInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                try await self.paging.show(as: self.output.format) { limit, cursor in
                    let page = try await client.queues(limit: limit, cursor: cursor)
                    return (page.queues, page.nextCursor)
                } to: { queues in
                    if queues.isEmpty, self.output.format == .table {
                        StandardStreams.report("there is no queue yet; the first job of an environment makes its queue")
                    }
                    try self.output.print(
                        try Presentation(
                            list: queues, columns: QueueInfo.columns, name: \.name,
                            json: { try ValueEncoder.encode($0) }))
                }
            }
        }
    }

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "stats", abstract: "Show one queue from nearer by.")
        @Argument(help: "The queue's name, which is that of its environment.", transform: Text.notEmpty)
        var queue: String
        @Flag(help: "List its keys by name, with the pause, limits and jobs of each.") var keys = false
        @OptionGroup(title: "Keys") var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if !self.keys, self.paging.limit != PageLimit.standard {
                throw ValidationError("--limit says how many keys: give --keys with it.")
            }
        }

        func run() async throws {
            guard !self.keys else { return try await self.listKeys() }
            try self.output.check(QueueInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                try self.output.print(try await client.queue(self.queue).presentation)
            }
        }

        private func listKeys() async throws {
            try self.output.check(QueueKeyInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                try await self.paging.show(as: self.output.format) { limit, cursor in
                    let page = try await client.queueKeys(of: self.queue, limit: limit, cursor: cursor)
                    return (page.keys, page.nextCursor)
                } to: { keys in
                    if keys.isEmpty, self.output.format == .table {
                        StandardStreams.report(
                            "no job of queue \(self.queue) has had a key, and nothing is said of any")
                    }
                    try self.output.print(
                        try Presentation(
                            list: keys, columns: QueueKeyInfo.columns, name: \.key,
                            json: { try ValueEncoder.encode($0) }))
                }
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

    /// What a dry run shows programs, beside the request itself.
    private struct Plan: Sendable {
        let queue: String
        let key: String?
        let what: String

        static let columns: [Column<Plan>] = [
            Column("queue") { .text($0.queue) }, Column("key") { .text($0.key) },
            Column("would", shrinks: true) { .text($0.what) },
        ]
    }

    /// Says what would be done, or asks where the context is one of production, and does it.
    ///
    /// - Parameters:
    ///   - request: what is asked of the server; a dry run shows it to programs.
    ///   - change: asks, and says what to print.
    func run(
        _ what: String, request: some Encodable, _ change: (CasareClient) async throws -> Presentation
    ) async throws {
        let headings = self.bulk.dryRun ? Plan.columns.map(\.heading) : QueueInfo.columns.map(\.heading)
        try self.output.check(headings)
        try await self.connection.withClient { client, server in
            if self.bulk.dryRun {
                let queue = try await client.queue(self.queue).queue
                var sheet = Sheet("would \(what)")
                sheet.sections.append(.fields(title: "As it is now", queue.fields))
                return try self.output.print(
                    Presentation(
                        single: Plan(queue: self.queue, key: self.key, what: what), columns: Plan.columns,
                        name: self.queue, json: try ValueEncoder.encode(request), sheet: sheet))
            }
            try Consent.needed(
                isSelection: false, server: server, yes: self.bulk.yes, canAsk: Terminal.standard.canAsk
            ).obtain(for: what)
            try self.output.print(try await change(client))
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
            if let until, until.date <= Date() {
                throw ValidationError("--until is past: a pause that is over from the start holds nothing up.")
            }
        }

        func run() async throws {
            let end =
                self.until.map { " until \(Timestamp.text($0.date))" }
                ?? self.length.map { " for \(TimeSpan.text(seconds: $0.seconds))" } ?? ""
            let request = PauseQueueRequest(
                key: self.control.key, reason: self.control.reason, until: self.until?.date,
                forSeconds: self.length?.seconds)
            try await self.control.run("pause \(self.control.subject)\(end)", request: request) { client in
                let answer = try await client.pauseQueue(self.control.queue, request)
                return try answer.queue.presentation(
                    saying: "paused \(self.control.subject)\(end)", answer: answer, key: answer.key)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "End a pause.",
            discussion: "The pause of a key and that of its queue are two: --key ends the key's.")
        @OptionGroup var control: QueueControlOptions

        func run() async throws {
            let request = ResumeQueueRequest(key: self.control.key, reason: self.control.reason)
            try await self.control.run("resume \(self.control.subject)", request: request) { client in
                let answer = try await client.resumeQueue(self.control.queue, request)
                for line in Self.remarks(on: answer, subject: self.control.subject, isKey: self.control.key != nil) {
                    StandardStreams.report(TerminalText.line("casarectl: " + line))
                }
                return try answer.queue.presentation(
                    saying: "\(answer.wasPaused ? "resumed" : "nothing to resume:") \(self.control.subject)",
                    answer: answer, key: answer.key)
            }
        }

        /// What somebody may have meant who finds nothing resumed, and what is still paused.
        static func remarks(on answer: PauseQueueResponse, subject: String, isKey: Bool) -> [String] {
            var lines: [String] = []
            if !answer.wasPaused { lines.append("\(subject) was not paused; nothing was changed") }
            if !isKey, answer.keysPaused > 0 {
                let keys = answer.keysPaused == 1 ? "1 key of it is" : "\(answer.keysPaused) keys of it are"
                lines.append("\(keys) paused: casarectl queue stats \(answer.queue.name) --keys shows who and why")
            }
            if isKey, let pause = answer.queue.pause {
                lines.append("the queue itself is paused \(pause.text)")
            }
            return lines
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
            help: ArgumentHelp(
                "Jobs that may begin, such as 10/s, 100/min or 5/30s, up to \(RateArgument.countMax)/s.",
                valueName: "rate|none"),
            transform: LimitArgument<RateArgument>.rate)
        var rate: LimitArgument<RateArgument>?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp(
                "So many may begin at once after a rest, 1 to \(RateArgument.countMax) (default: as many as --rate names).",
                valueName: "n"),
            transform: Text.number(in: 1...RateArgument.countMax))
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
            transform: Text.number(in: 1...RateArgument.countMax))
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
                    "Say what is to change: --concurrency, --rate, --key-concurrency, --key-rate, --ageing, or --clear."
                )
            }
            if self.burst != nil, self.rate?.value == nil {
                throw ValidationError("--burst goes with --rate: give the rate again with it.")
            }
            if self.keyBurst != nil, self.keyRate?.value == nil {
                throw ValidationError("--key-burst goes with --key-rate: give the rate again with it.")
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

        /// "concurrency 20, rate unlimited".
        var words: String {
            let lifted = self.control.key == nil ? "unlimited" : "as the queue says of all keys"
            func words<Limit>(
                _ change: ChangeLimitsRequest.Change<Limit>, _ name: String, lifted: String, _ text: (Limit) -> String
            ) -> String? {
                switch change {
                case .keep: nil
                case .lift: "\(name) \(lifted)"
                case .set(let limit): "\(name) \(text(limit))"
                }
            }
            let request = self.request
            return [
                words(request.concurrency, "concurrency", lifted: lifted) { String($0) },
                words(request.rate, "rate", lifted: lifted) { $0.text },
                words(request.keyConcurrency, "key concurrency", lifted: lifted) { String($0) },
                words(request.keyRate, "key rate", lifted: lifted) { $0.text },
                words(
                    request.ageingSeconds, "ageing",
                    lifted: TimeSpan.text(seconds: QueueLimits.ageingSecondsDefault) + " again"
                ) { TimeSpan.text(seconds: $0) },
            ].compactMap(\.self).joined(separator: ", ")
        }

        func run() async throws {
            let request = self.request
            try await self.control.run("limit \(self.control.subject): \(self.words)", request: request) { client in
                let answer = try await client.changeLimits(of: self.control.queue, request)
                return try answer.queue.presentation(
                    saying: "limited \(self.control.subject): \(self.words)", answer: answer, key: answer.key)
            }
        }
    }
}

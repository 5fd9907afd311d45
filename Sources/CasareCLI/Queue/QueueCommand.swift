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

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List queues.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(
                QueueInfo.columns, name: \.name,
                orElse: "there is no queue yet; the first job of an environment makes its queue", to: self.answer
            ) { client, limit, cursor in
                let page = try await client.queues(limit: limit, cursor: cursor)
                return (page.queues, page.nextCursor)
            }
        }
    }

    struct Stats: AsyncParsableCommand, Answering {
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
            try await self.answer.show(QueueInfo.columns.map(\.heading)) { client, _ in
                try await client.queue(self.queue).presentation
            }
        }

        private func listKeys() async throws {
            try await self.paging.list(
                QueueKeyInfo.columns, name: \.key,
                orElse: "no job of queue \(self.queue) has had a key, and nothing is said of any", to: self.answer
            ) { client, limit, cursor in
                let page = try await client.queueKeys(of: self.queue, limit: limit, cursor: cursor)
                return (page.keys, page.nextCursor)
            }
        }
    }
}

/// What the commands that steer a queue have in common.
struct QueueControlOptions: ParsableArguments, Changing {
    @Argument(help: "The queue's name, which is that of its environment.", transform: Text.notEmpty) var queue: String
    @Option(help: ArgumentHelp("Only jobs of this key.", valueName: "key"), transform: Text.notEmpty) var key: String?
    @OptionGroup var why: ReasonOption
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
        let isDryRun = self.bulk.dryRun
        let headings = isDryRun ? Plan.columns.map(\.heading) : QueueInfo.columns.map(\.heading)
        try await self.change.run(headings, what) { client in
            let queue = try await client.queue(self.queue).queue
            var sheet = Sheet("would \(what)")
            sheet.sections.append(.fields(title: "As it is now", queue.fields))
            return .shown(
                Presentation(
                    single: Plan(queue: self.queue, key: self.key, what: what), columns: Plan.columns,
                    name: self.queue, json: try ValueEncoder.encode(request), sheet: sheet))
        } asked: { client, _ in
            try await change(client)
        }
    }
}

extension QueueCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Lease nothing more from a queue, or of one key of it.",
            discussion: "What runs goes on, and what is submitted waits. Pausing again changes reason and end.")
        @OptionGroup var control: QueueControlOptions
        @OptionGroup var end: PauseEndOptions

        func run() async throws {
            let end =
                self.end.until.map { " until \(Timestamp.text($0.date))" }
                ?? self.end.length.map { " for \(TimeSpan.text(seconds: $0.seconds))" } ?? ""
            let request = PauseQueueRequest(
                key: self.control.key, reason: self.control.why.reason, until: self.end.until?.date,
                forSeconds: self.end.length?.seconds)
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
            let request = ResumeQueueRequest(key: self.control.key, reason: self.control.why.reason)
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
}

import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the server, who you are to it, and what is waiting.")
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    /// What two requests bring.
    struct Overview: Sendable {
        let server: Server
        let status: StatusResponse
        let identity: IdentityResponse

        static let columns: [Column<Overview>] = [
            Column("url") { .text($0.server.url.text) },
            Column("version") { .text($0.status.version) },
            Column("database") { .text($0.status.database) },
            Column("pending") { $0.count($0.status.jobs.pending, "jobs.pending") },
            Column("scheduled") { $0.count($0.status.jobs.scheduled, "jobs.scheduled") },
            Column("running") { $0.count($0.status.jobs.running, "jobs.running") },
            Column("blocked") { $0.count($0.status.jobs.blocked, "jobs.blocked") },
            Column("paused") { overview in
                overview.status.jobs.paused.map { overview.count($0, "jobs.paused") } ?? .empty
            },
            Column("robots_online") { .number($0.status.robotsOnline) },
            Column("robots_available") { .number($0.status.robotsAvailable) },
            Column("dead_letters_open") { $0.count($0.status.deadLettersOpen, "dead_letters_open") },
        ]

        private func count(_ number: Int, _ name: String) -> Cell {
            .count(number, isExact: self.status.isExact(name))
        }

        /// "10000+ waiting".
        private func words(_ number: Int, _ name: String, _ words: String) -> String {
            "\(number)\(self.status.isExact(name) ? "" : "+") \(words)"
        }

        private var robots: Cell {
            let online = self.status.robotsOnline
            let available = self.status.robotsAvailable ?? online
            return .state(
                available == online ? "\(online) online" : "\(online) online, \(available) of them taking jobs",
                available > 0 ? .good : .attention)
        }

        func json() throws -> Value {
            let status = try ValueEncoder.encode(self.status).object ?? [:]
            return .object(
                Object([
                    ("url", .string(self.server.url.text)),
                    ("context", self.server.contextName.map(Value.string) ?? .null),
                    ("identity", try ValueEncoder.encode(self.identity)),
                ]).merging(status))
        }

        var sheet: Sheet {
            let jobs = self.status.jobs
            var sheet = Sheet("\(self.server.url), version \(self.status.version)")
            sheet.add("context", .text(self.server.contextName))
            sheet.add("you", .text("\(self.identity.name) (\(self.identity.role.rawValue))"))
            sheet.add("database", .text(self.status.database))
            sheet.add("robots", self.robots)
            sheet.add(
                "jobs",
                .text(
                    [
                        self.words(jobs.pending, "jobs.pending", "waiting"),
                        self.words(jobs.scheduled, "jobs.scheduled", "due later"),
                        self.words(jobs.running, "jobs.running", "running"),
                        self.words(jobs.blocked, "jobs.blocked", "blocked"),
                        jobs.paused.flatMap { $0 > 0 ? self.words($0, "jobs.paused", "paused") : nil },
                    ].compactMap(\.self).joined(separator: ", ")))
            sheet.add(
                "dead letters",
                .state(
                    self.words(self.status.deadLettersOpen, "dead_letters_open", "open"),
                    self.status.deadLettersOpen > 0 ? .attention : .plain))
            sheet.add(self.status.blockedJobs ?? [])
            return sheet
        }
    }

    func run() async throws {
        try self.output.check(Overview.columns.map(\.heading))
        try await self.connection.withClient { client, server in
            let overview = Overview(
                server: server, status: try await client.status(), identity: try await client.identity())
            try self.output.print(
                Presentation(
                    single: overview, columns: Overview.columns, name: server.url.text, json: try overview.json(),
                    sheet: overview.sheet))
        }
    }
}

extension Sheet {
    /// The blocked jobs that wait longest, and how they are answered.
    mutating func add(_ blocked: [BlockedJobInfo]) {
        guard let first = blocked.first else { return }
        self.sections.append(
            .table(
                title: "Waiting for an answer, the longest first", BlockedJobInfo.columns.map(\.heading),
                blocked.map { job in BlockedJobInfo.columns.map { $0.cell(job) } }))
        self.sections.append(.lines(title: "To answer", ["casarectl job resolve \(first.id)"]))
    }
}

extension BlockedJobInfo {
    static let columns: [Column<BlockedJobInfo>] = [
        Column("id") { .text($0.id.description) },
        Column("workflow", shrinks: true) { .text($0.workflow) },
        Column("node") { .text($0.question.node) },
        Column("since") { .time($0.since) },
        Column("question", shrinks: true) { .text($0.question.text) },
    ]
}

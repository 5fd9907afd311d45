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
            Column("pending") { .number($0.status.jobs.pending) },
            Column("scheduled") { .number($0.status.jobs.scheduled) },
            Column("running") { .number($0.status.jobs.running) },
            Column("blocked") { .number($0.status.jobs.blocked) },
            Column("robots_online") { .number($0.status.robotsOnline) },
            Column("dead_letters_open") { .number($0.status.deadLettersOpen) },
        ]

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
            sheet.add(
                "robots",
                .state("\(self.status.robotsOnline) online", self.status.robotsOnline > 0 ? .good : .attention))
            sheet.add(
                "jobs",
                .text(
                    "\(jobs.pending) waiting, \(jobs.scheduled) due later, \(jobs.running) running, "
                        + "\(jobs.blocked) blocked"))
            sheet.add(
                "dead letters",
                .state("\(self.status.deadLettersOpen) open", self.status.deadLettersOpen > 0 ? .attention : .plain))
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

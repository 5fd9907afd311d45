import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the server, who you are to it, and how everything stands.",
        discussion: """
            One screen: queues, robots by state, dead letters and the largest groups of them, workflows that failed \
            within the last hour, jobs that wait for an answer, schedules that ought to have fired, and what is not as it \
            was applied from files. casarectl top shows it live.
            """)
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
            Column("late_schedules") { overview in
                overview.status.schedules.map { overview.count($0.late, "schedules.late") } ?? .empty
            },
            Column("drift") { overview in
                overview.status.drift.map { overview.count($0.count, "drift.count") } ?? .empty
            },
            Column("oldest_dead_letter_at") { .time($0.status.deadLetters?.oldestOpenAt) },
        ]

        private func count(_ number: Int, _ name: String) -> Cell {
            .count(number, isExact: self.status.isExact(name))
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
            var sheet = Sheet("\(self.server.url), version \(self.status.version)")
            sheet.add("context", .text(self.server.contextName))
            sheet.add("you", .text("\(self.identity.name) (\(self.identity.role.rawValue))"))
            sheet.add("database", .text(self.status.database))
            sheet.add("robots", self.status.robotsCell)
            sheet.add("jobs", .text(self.status.jobsText))
            sheet.add("dead letters", self.status.deadLettersCell)
            sheet.add("oldest dead letter", .time(self.status.deadLetters?.oldestOpenAt))
            sheet.add("schedules", self.status.lateSchedulesCell)
            sheet.add("files", self.status.driftCell)
            sheet.add(queuesOf: self.status)
            sheet.add(late: self.status.schedules?.lateSchedules ?? [])
            sheet.add(drift: self.status.drift?.resources ?? [])
            sheet.add(failing: self.status.failingWorkflows ?? [])
            sheet.add(groups: self.status.deadLetters?.groups ?? [])
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

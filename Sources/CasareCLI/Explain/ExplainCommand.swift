import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why a job does not run, or what holds a queue or a robot up.",
        discussion: """
            Everything that holds at this moment, what decides first comes first, with the command that removes it where \
            there is one. What is asked about is found out: a UUID is a job, other words are a robot's ID or a queue's name.
            """)

    enum Kind: String, EnumerableFlag {
        case job, queue, robot

        static func help(for value: Kind) -> ArgumentHelp? { "It is a \(value.rawValue)." }
    }

    @Argument(
        help: ArgumentHelp("A job's or a robot's ID, or a queue's name.", valueName: "job|queue|robot"),
        transform: Text.notEmpty)
    var subject: String
    @Flag(exclusivity: .exclusive) var kind: Kind?
    @Flag(
        help: """
            Ask again and again, and print it anew when something has changed, until ^C or the end of the job; then end \
            as casarectl job watch does.
            """)
    var watch = false
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    private static let pause = Duration.seconds(1)

    func run() async throws {
        try self.output.check(ExplanationInfo.Reason.columns.map(\.heading))
        try await self.connection.withClient { client, _ in
            let (first, ask) = try await self.found(client)
            try self.show(first)
            guard self.watch else { return }
            switch try await Interruption.watching({ try await self.follow(first, ask) }) {
            case .finished(let last):
                if last.exitReason != .success { throw QuietExit(last.exitReason) }
            case .interrupted(let reason):
                throw QuietExit(reason)
            }
        }
    }

    private func show(_ explanation: ExplanationInfo) throws {
        try self.output.print(try explanation.presentation(self.output))
    }

    /// Prints it anew when something else is to be read, until a job has ended.
    private func follow(
        _ first: ExplanationInfo, _ ask: @Sendable () async throws -> ExplanationInfo
    ) async throws -> ExplanationInfo {
        var last = first
        while last.reasons.first?.code != .ended {
            try await Task.sleep(for: Self.pause)
            let next = try await Outage.withstanding { try await ask() }
            if !next.reads(as: last) {
                if self.output.format == .table { try StandardStreams.print("\n") }
                try self.show(next)
            }
            last = next
        }
        return last
    }

    private typealias Found = (ExplanationInfo, @Sendable () async throws -> ExplanationInfo)

    private func found(_ client: CasareClient) async throws -> Found {
        let subject = self.subject
        switch self.kind {
        case .job:
            let id = try JobIDs.id(subject)
            return (try await client.explain(job: id), { try await client.explain(job: id) })
        case .queue:
            return (try await client.explain(queue: subject), { try await client.explain(queue: subject) })
        case .robot:
            guard let id = Robot.ID(rawValue: subject) else {
                throw CommandFailure(.usage, "'\(subject)' cannot be the ID of a robot: expected \(RobotArgument.form)")
            }
            return (try await client.explain(robot: id), { try await client.explain(robot: id) })
        case nil: break
        }
        if let id = Job.ID(subject) {
            return (try await client.explain(job: id), { try await client.explain(job: id) })
        }
        let queue = try await Self.known { () throws(ClientError) in try await client.explain(queue: subject) }
        guard let id = Robot.ID(rawValue: subject),
            let robot = try await Self.known({ () throws(ClientError) in try await client.explain(robot: id) })
        else {
            guard let queue else {
                throw CommandFailure(
                    .notFound,
                    "there is no job, queue or robot '\(subject)'; casarectl job list, "
                        + "casarectl queue list and casarectl robot list show those there are")
            }
            return (queue, { try await client.explain(queue: subject) })
        }
        guard queue == nil else {
            throw CommandFailure(.usage, "'\(subject)' is a queue and a robot; add --queue or --robot")
        }
        return (robot, { try await client.explain(robot: id) })
    }

    private static func known(
        _ ask: () async throws(ClientError) -> ExplanationInfo
    ) async throws(ClientError) -> ExplanationInfo? {
        do throws(ClientError) {
            return try await ask()
        } catch {
            if case .api(let problem) = error, problem.code == .notFound { return nil }
            throw error
        }
    }
}

extension ExplanationInfo.Reason {
    static let columns: [Column<ExplanationInfo.Reason>] = [
        Column("code") { .text($0.code.rawValue) },
        Column("message", shrinks: true) { .text($0.message) },
        Column("clears") { .text($0.clears) },
    ]
}

extension ExplanationInfo {
    func presentation(_ output: OutputOptions) throws -> Presentation {
        try Presentation(
            report: self, sheet: self.sheet, parts: self.reasons, columns: Reason.columns, name: \.code.rawValue,
            for: output)
    }

    /// Whether a person would read the same: facts behind a reason change with every heartbeat.
    func reads(as other: ExplanationInfo) -> Bool {
        self.reasons.elementsEqual(other.reasons) { one, another in
            (one.code, one.message, one.clears) == (another.code, another.message, another.clears)
        }
    }

    /// How a command ends that waited for this job's end.
    var exitReason: ExitReason {
        self.reasons.contains { $0.code == .ended && $0.detail["kind"] != "completed" } ? .jobEndedBadly : .success
    }

    var sheet: Sheet {
        var sheet = Sheet("\(self.kind.rawValue) \(self.subject)")
        for (position, reason) in self.reasons.enumerated() {
            sheet.sections.append(
                .lines(
                    title: "\(position + 1). \(reason.code.rawValue)",
                    [RelativeTime.annotated(reason.message, now: self.explainedAt)]
                        + (reason.clears.map { ["→ \($0)"] } ?? [])))
        }
        return sheet
    }
}

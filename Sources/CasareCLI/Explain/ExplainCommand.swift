import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why a job does not run, or what holds a queue or a robot up.",
        discussion: """
            Everything that holds at this moment, what decides first comes first, each with the command that removes it.
            What is asked about is found out: a UUID is a job, other words are a robot's ID or a queue's name.
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
    @Flag(help: "Ask again and again, and print what has changed, until ^C or the job has ended.") var watch = false
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    private static let pause = Duration.seconds(1)

    func run() async throws {
        try self.output.check(ExplanationInfo.Reason.columns.map(\.heading))
        try await self.connection.withClient { client, _ in
            let (first, ask) = try await self.found(client)
            try self.show(first)
            guard self.watch else { return }
            let ending = try await Interruption.watching { try await self.follow(first, ask) }
            if case .interrupted(let reason) = ending { throw QuietExit(reason) }
        }
    }

    private func show(_ explanation: ExplanationInfo) throws {
        try self.output.print(try explanation.presentation(self.output))
    }

    /// Prints what changes. The words of a reason may change with every second while it stays the same one.
    private func follow(
        _ first: ExplanationInfo, _ ask: @Sendable () async throws -> ExplanationInfo
    ) async throws {
        var last = first
        while last.reasons.first?.code != .ended {
            try await Task.sleep(for: Self.pause)
            let next = try await ask()
            if next.reasons != last.reasons {
                if self.output.format == .table { try StandardStreams.print("\n") }
                try self.show(next)
            }
            last = next
        }
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
    /// One thing with its reasons, for people and for JSON; a reason a row for the formats that have rows.
    func presentation(_ output: OutputOptions) throws -> Presentation {
        let hasRows =
            switch output.format {
            case .table: output.layout.columns != nil
            case .json, .yaml: false
            case .wide, .jsonl, .csv, .name: true
            }
        guard !hasRows else {
            return try Presentation(
                list: self.reasons, columns: Reason.columns, name: \.code.rawValue,
                json: { try ValueEncoder.encode($0) })
        }
        return Presentation(
            single: self, columns: [Column("subject") { .text($0.subject) }], name: self.subject,
            json: try ValueEncoder.encode(self), sheet: self.sheet)
    }

    private var sheet: Sheet {
        var sheet = Sheet("\(self.kind.rawValue) \(self.subject)")
        for (position, reason) in self.reasons.enumerated() {
            sheet.sections.append(
                .lines(
                    title: "\(position + 1). \(reason.code.rawValue)",
                    [reason.message] + (reason.clears.map { ["→ \($0)"] } ?? [])))
        }
        return sheet
    }
}

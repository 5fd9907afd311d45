import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials

struct RobotLogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what a robot itself has logged.",
        discussion: """
            Its own lines, wherever it runs: when it started, what it leased, what it lost. What workflows write has \
            casarectl job logs. Lines are there about a second after they were logged, from the level on that the robot was \
            told by CASARE_ROBOT_LOG_LEVEL, and stay for the days of the server's CASARE_ROBOT_LOG_DAYS.

            Without --since and --tail it prints the last \(standardTail). --since counts when lines were kept.

              casarectl robot logs r1 --follow
              casarectl robot logs r1 --since 10m --level warning
              casarectl robot logs r1 --tail 500 -o jsonl
            """)

    /// What is printed of a long log where nobody says how much.
    private static let standardTail = 100

    @Argument(help: "The robot's ID.", transform: RobotArgument.parse) var robot: RobotArgument
    @Flag(name: .shortAndLong, help: "Print lines as they come, until you stop it.") var follow = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Kept since then: ISO 8601, or how long ago, such as 10m.", valueName: "time"),
        transform: PastMoment.parse)
    var since: PastMoment?
    @Option(help: "Only lines of this level, and what is more urgent.") var level: CaseArgument<Robot.LogLine.Level>?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only the last lines, so many of them.", valueName: "n"),
        transform: Text.number(in: PageLimit.range))
    var tail: Int?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func validate() throws {
        if self.follow, !self.isPlain, !self.output.format.isLineByLine {
            throw ValidationError(
                "--follow prints line by line: with -o jsonl or name, or with neither -o nor --columns.")
        }
    }

    func run() async throws {
        try self.output.check(RobotLogLineInfo.columns.map(\.heading))
        try await self.connection.withClient { client, _ in
            let log = RobotLog(client: client, robot: self.robot.id, level: self.level?.value)
            if self.follow { try await self.printAsTheyCome(log) } else { try await self.printAll(log) }
        }
    }

    /// `nil`: all.
    private var linesMax: Int? { self.tail ?? (self.since == nil ? Self.standardTail : nil) }

    private func printAll(_ log: RobotLog) async throws {
        var lines: [RobotLogLineInfo] = []
        _ = try await log.read(since: self.since?.date(now: Date()), tail: self.linesMax) { lines += $0 }
        try self.print(lines)
        if lines.isEmpty {
            StandardStreams.report("casarectl: nothing of that is kept of what robot \(log.robot) has logged")
        }
    }

    private func printAsTheyCome(_ log: RobotLog) async throws {
        let command = self
        let ending = try await Interruption.watching {
            let since = command.since?.date(now: Date())
            let place = try await log.read(since: since, tail: command.linesMax) { try command.print($0) }
            try await log.follow(from: place) { try command.print($0) }
        }
        switch ending {
        case .finished: break
        case .interrupted(let reason): throw CommandFailure(reason, "stopped following robot \(log.robot)")
        }
    }

    // MARK: - Printing

    /// Lines as people read them, and nothing else.
    private var isPlain: Bool { self.output.format == .table && self.output.layout.columns == nil }

    private func print(_ lines: [RobotLogLineInfo]) throws(CommandFailure) {
        guard !self.isPlain else { return try StandardStreams.print(lines.map(\.text).joined()) }
        try self.output.print(
            Presentation(
                list: lines, columns: RobotLogLineInfo.columns, name: { $0.message }, json: { $0.json }))
    }
}

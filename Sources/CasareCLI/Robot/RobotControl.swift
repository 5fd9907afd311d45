import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

/// What the commands that steer robots have in common.
struct RobotControlOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("IDs of robots, or - for stdin.", valueName: "robot")) var robots: [String]
    @OptionGroup var why: ReasonOption
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    /// Does one thing with each of the robots, after a question where several are meant or where it `isFinal`.
    ///
    /// - Parameters:
    ///   - verb: `drain`; `past` is what is said of a lone robot afterwards.
    ///   - wait: Done with each at the end, once all have been told.
    func run(
        _ verb: String, past: String, isFinal: Bool = false,
        _ change: (CasareClient, Robot.ID) async throws -> RobotInfo,
        wait: ((CasareClient, Robot.ID) async throws -> RobotInfo)? = nil
    ) async throws {
        try self.output.check(RobotInfo.columns.map(\.heading))
        let ids = try RobotIDs(self.robots).all
        let named = NamedChange(
            bulk: self.bulk, output: self.output, noun: "robot", verb: verb, isFinal: isFinal)
        try await self.connection.withClient { client, server in
            let ended = try await named.outcome(on: ids.map(\.description), of: server) {
                try await client.robot(try RobotIDs.id($0)).detail
            } asked: {
                try await change(client, try RobotIDs.id($0))
            }
            guard case (var outcome, let selection)? = ended else { return }
            if let wait {
                let told = outcome.done.map { Selection.Item(id: $0.id.description, detail: "") }
                let waited = await BulkOutcome.of(told, verb: "wait for") {
                    try await wait(client, try RobotIDs.id($0.id))
                }
                if told.count == 1, let failure = waited.failures.first?.failure { throw failure }
                outcome = waited.adding(outcome.failures)
            }
            try named.show(
                outcome.done, of: selection, columns: RobotInfo.columns, name: \.id.description
            ) { try $0.presentation(saying: "\(past) \($0.id)") }
            try Self.check(outcome, selection)
        }
    }

    /// - Throws: as `BulkOutcome.check`; but when robots merely had not ended in time, that.
    static func check(_ outcome: BulkOutcome<RobotInfo>, _ selection: Selection) throws(CommandFailure) {
        guard let first = outcome.failures.first, selection.items.count > 1,
            outcome.failures.allSatisfy({ $0.failure.status == .waitTimedOut })
        else { return try outcome.check(selection) }
        let others = outcome.failures.count - 1
        throw CommandFailure(
            .waitTimedOut,
            first.failure.message + (others == 0 ? "" : "; \(Count.text(others, "other")) too"))
    }
}

/// Whether a command stays until robots have ended.
struct RobotWaitOptions: ParsableArguments {
    @Flag(help: "Wait until its session has ended.") var wait = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Stop waiting after this long and end with 8; the robot goes on ending.", valueName: "time"),
        transform: TimeSpan.parse)
    var timeout: TimeSpan?

    func validate() throws {
        if self.timeout != nil && !self.wait { throw ValidationError("--timeout limits the waiting: add --wait.") }
    }

    private static let pause = Duration.milliseconds(500)

    var waiter: ((CasareClient, Robot.ID) async throws -> RobotInfo)? {
        guard self.wait else { return nil }
        let giveUpAt = self.timeout.map { ContinuousClock.now + $0.duration }
        return { client, id in
            var told: Int?
            while true {
                let robot = try await Outage.withstanding(until: giveUpAt) { try await client.robot(id) }
                // A supervisor may have started it again at once: then nothing asks the new session to end.
                if robot.status == .offline || robot.status != .stale && robot.ending == nil { return robot }
                if told != robot.slotsInUse {
                    told = robot.slotsInUse
                    StandardStreams.report("\(id) has \(Count.text(robot.slotsInUse, "job")) left")
                }
                if let giveUpAt, .now >= giveUpAt {
                    throw CommandFailure(
                        .waitTimedOut,
                        "\(id) still has \(Count.text(robot.slotsInUse, "job")); it goes on ending by itself")
                }
                try await Task.sleep(for: Self.pause)
            }
        }
    }
}

extension RobotCommand {
    struct Cordon: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cordon", abstract: "Lease nothing more to robots.",
            discussion: "What they run goes on. It holds over restarts, until casarectl robot uncordon.")
        @OptionGroup var control: RobotControlOptions

        func run() async throws {
            try await self.control.run("cordon", past: "cordoned") {
                try await $0.cordonRobot($1, reason: self.control.why.reason)
            }
        }
    }

    struct Uncordon: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "uncordon", abstract: "Lease jobs to robots again.")
        @OptionGroup var control: RobotControlOptions

        func run() async throws {
            try await self.control.run("uncordon", past: "uncordoned") {
                try await $0.uncordonRobot($1, reason: self.control.why.reason)
            }
        }
    }

    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "drain", abstract: "Have robots finish what they run, and end.",
            discussion: """
                From now on nothing is leased to them. When its last job has ended, a robot's session ends, and its \
                process with it. To keep one out that a supervisor starts again, cordon it first.
                """)
        @OptionGroup var control: RobotControlOptions
        @OptionGroup var waiting: RobotWaitOptions

        func run() async throws {
            try await self.control.run(
                "drain", past: self.waiting.wait ? "drained" : "draining",
                { try await $0.endRobot($1, .drain, reason: self.control.why.reason) }, wait: self.waiting.waiter)
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "stop", abstract: "Have robots hand back what they run, and end.",
            discussion: """
                Jobs end after the step they are in, or in a wait, and go on elsewhere; that consumes no attempt. A robot \
                hears of it within a heartbeat, ten seconds at most.
                """)
        @OptionGroup var control: RobotControlOptions
        @OptionGroup var waiting: RobotWaitOptions

        func run() async throws {
            try await self.control.run(
                "stop", past: self.waiting.wait ? "stopped" : "stopping",
                { try await $0.endRobot($1, .stop, reason: self.control.why.reason) }, wait: self.waiting.waiter)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Forget robots that have ended.",
            discussion: """
                Tokens that speak for such a robot alone are revoked. What it has done stays with the jobs. One that has a \
                session is refused: stop it first.
                """)
        @OptionGroup var control: RobotControlOptions

        func run() async throws {
            try await self.control.run("remove", past: "removed", isFinal: true) {
                try await $0.removeRobot($1, reason: self.control.why.reason)
            }
        }
    }

    struct Token: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "token", abstract: "Create a token for one robot and print it.",
            discussion: "It is shown this once. casarectl token revoke NAME makes it worthless.")
        @Argument(help: "The robot's ID.", transform: RobotArgument.parse) var robot: RobotArgument
        @Option(help: "The token's name (default: robot-ID).", transform: Text.notEmpty) var name: String?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("It is worthless after this time, such as 90d (default: never).", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var expiresIn: PositiveTimeSpan?
        @Flag(help: "Show what would be created, and create nothing.") var dryRun = false
        @OptionGroup var why: ReasonOption
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(TokenInfo.headings)
            try await self.connection.withClient { client, _ in
                // A token for a robot that nobody knows is mostly a slip of the pen.
                _ = try await client.robot(self.robot.id)
                let request = CreateTokenRequest(
                    name: self.name ?? "robot-\(self.robot.id)", role: .robot, robot: self.robot.id,
                    expiresAt: self.expiresIn.map { Date(timeIntervalSinceNow: $0.seconds) }, reason: self.why.reason)
                if self.dryRun { return try self.output.print(try await request.dryRun(client)) }
                try self.output.print(try await client.createToken(request).shownOnce())
            }
        }
    }
}

import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct RobotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "robot", abstract: "Robots: the processes that run jobs.",
        discussion: """
            live      it has a free slot
            busy      every slot runs a job
            cordoned  it finishes what it runs and gets nothing more
            draining  it was asked to end
            wedged    it renews its session, but a job has outlived its time limit, or it asks for no jobs
            stale     it has missed renewals: before long its jobs go to others
            offline   it has no session
            """,
        subcommands: [
            List.self, Get.self, RobotLogsCommand.self, Register.self, Cordon.self, Uncordon.self, Drain.self,
            Stop.self, Remove.self, Token.self, Enroll.self, EnrollmentCommand.self, Certificates.self,
            Certificate.self,
        ], aliases: ["robots"])

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List robots.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(
                RobotInfo.columns, name: \.id.description,
                orElse: "no robot has registered; start casare-robot, or casarectl dev", to: self.answer
            ) { client, limit, cursor in
                let page = try await client.robots(limit: limit, cursor: cursor)
                return (page.robots, page.nextCursor)
            }
        }
    }

    struct Get: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "Show one robot.")
        @Argument(help: "The robot's ID.", transform: RobotArgument.parse) var robot: RobotArgument
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(RobotInfo.columns.map(\.heading)) { client, _ in
                try await client.robot(self.robot.id).presentation(saying: nil)
            }
        }
    }

    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "register", abstract: "Make a robot known, or change what is known of it.",
            discussion: """
                What is not given stays as it is. A robot that runs hears of its slots within a heartbeat. Its own settings \
                count again when it starts anew: to keep what is said here, give its process CASARE_ROBOT_TAGS and \
                the like too. Its token comes from casarectl robot token ID.
                """)
        @Argument(help: "1 to 64 letters, digits, '.', '_' and '-'.", transform: RobotArgument.parse) var robot:
            RobotArgument
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Jobs it runs at once, 1 to 1000 (default for a new one: 1).", valueName: "n"),
            transform: Text.number(in: RegisterRobotRequest.slotsRange))
        var slots: Int?
        @Option(
            help: "It runs jobs of this environment (default for a new one: \(SubmitJobRequest.environmentDefault)).",
            transform: Text.notEmpty)
        var environment: String?
        @Option(
            name: .customLong("tag"), help: "A tag, instead of those it has; may be given several times.",
            transform: Text.label)
        var tags: [String] = []
        @Flag(help: "It has no tags any more.") var noTags = false
        @Option(
            name: .customLong("capability"),
            help: "Something it can do, instead of what it could; may be given several times.", transform: Text.label)
        var capabilities: [String] = []
        @Flag(help: "It has no capabilities any more.") var noCapabilities = false
        @OptionGroup var why: ReasonOption
        @Flag(help: "Show what it would be like, and change nothing.") var dryRun = false
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.noTags, !self.tags.isEmpty { throw ValidationError("--tag and --no-tags: give one of them.") }
            if self.noCapabilities, !self.capabilities.isEmpty {
                throw ValidationError("--capability and --no-capabilities: give one of them.")
            }
        }

        /// - Parameter known: the robot as it is; `nil` for one that is new.
        func request(_ known: RobotInfo?) -> RegisterRobotRequest {
            RegisterRobotRequest(
                id: self.robot.id,
                environment: self.environment ?? known?.environment ?? SubmitJobRequest.environmentDefault,
                tags: self.noTags || !self.tags.isEmpty ? self.tags : known?.tags ?? [],
                capabilities: self.noCapabilities || !self.capabilities.isEmpty
                    ? self.capabilities : known?.capabilities ?? [],
                slots: self.slots ?? known?.slotsEach ?? known?.slots ?? 1, reason: self.why.reason)
        }

        func run() async throws {
            try self.output.check(RobotInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                let known = try await self.known(client)
                let request = self.request(known)
                if self.dryRun {
                    var sheet = Sheet("would \(known == nil ? "register" : "change") \(request.id)")
                    sheet.add("slots", .number(request.slots))
                    sheet.add("environment", .text(request.environment))
                    sheet.add("tags", .text(request.tags.isEmpty ? nil : request.tags.joined(separator: " ")))
                    sheet.add(
                        "capabilities",
                        .text(request.capabilities.isEmpty ? nil : request.capabilities.joined(separator: " ")))
                    return try self.output.print(
                        Presentation(
                            single: request, columns: Self.columns, name: request.id.description,
                            json: try ValueEncoder.encode(request), sheet: sheet))
                }
                let robot = try await client.registerRobot(request)
                if self.environment != nil || !self.tags.isEmpty || !self.capabilities.isEmpty {
                    StandardStreams.report(
                        "casarectl: \(robot.id) brings its own environment, tags and capabilities when it starts: "
                            + "give its process CASARE_ENVIRONMENT, CASARE_ROBOT_TAGS and CASARE_ROBOT_CAPABILITIES too"
                    )
                }
                try self.output.print(try robot.presentation(saying: "registered \(robot.id)"))
            }
        }

        private static let columns: [Column<RegisterRobotRequest>] = [
            Column("id") { .text($0.id.description) }, Column("slots") { .number($0.slots) },
            Column("environment") { .text($0.environment) },
        ]

        /// The robot as it is; `nil` for one that is new.
        private func known(_ client: CasareClient) async throws -> RobotInfo? {
            do throws(ClientError) {
                return try await client.robot(self.robot.id)
            } catch {
                if case .api(let problem) = error, problem.code == .notFound { return nil }
                throw error
            }
        }
    }
}

struct RobotArgument: ArgumentForm, Hashable {
    static let form = "a robot's ID: 1 to 64 letters, digits, '.', '_' and '-', a letter or digit first"

    let id: Robot.ID

    init?(argument: String) {
        guard let id = Robot.ID(rawValue: argument) else { return nil }
        self.id = id
    }
}

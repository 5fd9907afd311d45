import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct RobotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "robot", abstract: "Robots: the processes that run jobs.",
        subcommands: [List.self, Get.self, Register.self], aliases: ["robots"])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List robots.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(RobotInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                let robots = try await self.paging.collect { limit, cursor in
                    let page = try await client.robots(limit: limit, cursor: cursor)
                    return (page.robots, page.nextCursor)
                }
                if robots.isEmpty, self.output.format == .table {
                    StandardStreams.report("no robot has registered; start casare-robot, or casarectl dev")
                }
                try self.output.print(
                    try Presentation(
                        list: robots, columns: RobotInfo.columns, name: \.id.description,
                        json: { try ValueEncoder.encode($0) }))
            }
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "Show one robot.")
        @Argument(help: "The robot's ID.", transform: RobotArgument.parse) var robot: RobotArgument
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(RobotInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                try self.output.print(try await client.robot(self.robot.id).presentation(saying: nil))
            }
        }
    }

    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "register", abstract: "Make a robot known, or change what is known of it.",
            discussion: "Its token comes from casarectl token create NAME --role robot --robot ID.")
        @Argument(help: "1 to 64 letters, digits, '.', '_' and '-'.", transform: RobotArgument.parse) var robot:
            RobotArgument
        @Option(
            parsing: .unconditional, help: ArgumentHelp("Jobs it runs at once, 1 to 1000.", valueName: "n"),
            transform: Text.number(in: RegisterRobotRequest.slotsRange))
        var slots = 1
        @Option(help: "It runs jobs of this environment.", transform: Text.notEmpty) var environment = SubmitJobRequest
            .environmentDefault
        @Option(name: .customLong("tag"), help: "A tag; may be given several times.", transform: Text.notEmpty)
        var tags: [String] = []
        @Option(
            name: .customLong("capability"), help: "Something it can do; may be given several times.",
            transform: Text.notEmpty)
        var capabilities: [String] = []
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(RobotInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                let robot = try await client.registerRobot(
                    RegisterRobotRequest(
                        id: self.robot.id, environment: self.environment, tags: self.tags,
                        capabilities: self.capabilities, slots: self.slots))
                try self.output.print(try robot.presentation(saying: "registered \(robot.id)"))
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

extension RobotInfo {
    static let columns: [Column<RobotInfo>] = [
        Column("id") { .text($0.id.description) },
        Column("status") { robot in
            switch robot.status {
            case .online, .busy: .state(robot.status.rawValue, .good)
            case .offline: .state(robot.status.rawValue, .faint)
            }
        },
        Column("slots_in_use") { .number($0.slotsInUse) },
        Column("slots") { .number($0.slots) },
        Column("environment") { .text($0.environment) },
        Column("last_seen_at") { .time($0.lastSeenAt) },
        Column("tags", wide: true) { .text($0.tags.joined(separator: " ")) },
        Column("capabilities", wide: true) { .text($0.capabilities.joined(separator: " ")) },
        Column("registered_at", wide: true) { .time($0.registeredAt) },
    ]

    func presentation(saying sentence: String?) throws -> Presentation {
        var sheet = Sheet(sentence ?? "\(self.id) is \(self.status.rawValue)")
        if sentence == nil {
            sheet.add("slots", .text("\(self.slotsInUse) of \(self.slots) in use"))
            sheet.add("environment", .text(self.environment))
            sheet.add("tags", .text(self.tags.isEmpty ? nil : self.tags.joined(separator: " ")))
            sheet.add(
                "capabilities", .text(self.capabilities.isEmpty ? nil : self.capabilities.joined(separator: " ")))
            sheet.add("last seen", .time(self.lastSeenAt))
            sheet.add("registered", .time(self.registeredAt))
        }
        return Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }
}

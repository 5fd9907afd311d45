import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension WorkflowCommand {
    struct Assign: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "assign", abstract: "Say which robots alone run a workflow.",
            discussion: """
                casarectl workflow assign invoices r1 r2
                casarectl workflow assign invoices --any

                They run it instead of those that did so far. It holds for what is submitted from now on, and for \
                jobs that wait and were submitted while the workflow was assigned; what runs goes on. casarectl \
                workflow get shows who runs it.
                """)
        @Argument(help: "Name or ID.", transform: Text.notEmpty) var workflow: String
        @Argument(help: "IDs of robots.", transform: RobotArgument.parse) var robots: [RobotArgument] = []
        @Flag(name: .customLong("any"), help: "Any robot runs it.") var anyRobot = false
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            guard self.robots.isEmpty == self.anyRobot else {
                throw ValidationError(
                    self.anyRobot
                        ? "--any has every robot run it: give it without IDs of robots."
                        : "Say who is to run it: IDs of robots, or --any.")
            }
        }

        /// "assign invoices to r1, r2".
        private var what: String {
            let robots = self.robots.map(\.id.rawValue).joined(separator: ", ")
            return "assign \(self.workflow) to \(self.anyRobot ? "any robot" : robots)"
        }

        func run() async throws {
            let request = AssignWorkflowRequest(robots: self.robots.map(\.id), reason: self.why.reason)
            try await self.change.run(WorkflowRobotsInfo.columns.map(\.heading), self.what) { client in
                // What the command itself would stumble over.
                for robot in request.robots { _ = try await client.robot(robot) }
                let now = try await client.assignment(of: self.workflow)
                var sheet = Sheet("would \(self.what)")
                sheet.add("robots now", .text(now.robotsText))
                return .shown(
                    try Presentation(
                        single: request, columns: [Column("robots") { .text(Self.list($0.robots)) }],
                        name: now.name, sheet: sheet))
            } asked: { client, _ in
                let info = try await client.assign(self.workflow, to: request.robots, reason: request.reason)
                return try Presentation(
                    single: info, columns: WorkflowRobotsInfo.columns, name: info.name,
                    sheet: Sheet("\(info.name): \(info.robotsText)"))
            }
        }

        private static func list(_ robots: [Robot.ID]) -> String {
            robots.map(\.rawValue).joined(separator: " ")
        }
    }
}

extension WorkflowRobotsInfo {
    static let columns: [Column<WorkflowRobotsInfo>] = [
        Column("name") { .text($0.name) },
        Column("robots", shrinks: true) {
            .text($0.robots.isEmpty ? nil : $0.robots.map(\.rawValue).joined(separator: " "))
        },
        Column("assigned_by") { .text($0.assignedBy) },
        Column("assigned_at") { .time($0.assignedAt) },
        Column("workflow_id", wide: true) { .text($0.workflowID.description) },
    ]

    /// "r1, r2 alone", "any".
    var robotsText: String {
        self.robots.isEmpty ? "any robot" : self.robots.map(\.rawValue).joined(separator: ", ") + " alone"
    }
}

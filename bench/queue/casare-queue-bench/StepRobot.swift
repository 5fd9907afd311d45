import CasareDomain
import CasareEngine
import CasareNodes
import CasarePostgres
import CasareRobot
import CasareStore
import FoundationEssentials
import Logging

/// A robot over SQL in this process, for workflows of no-op steps whose results are committed one by one.
struct StepRobot: Sendable {
    private static let nodeType = "BenchStepNode"
    private static let workflow = "steps"

    let agent: RobotAgent
    private let database: Database
    private let bell: ReadyBell

    /// - Parameters:
    ///   - performed: a step begins, of the job with this ID; it ends when the closure returns.
    init(
        _ request: Request, slots: Int, opened: @escaping @Sendable () -> Void = {},
        completed: @escaping @Sendable () -> Void, performed: @escaping @Sendable (String) async throws -> Void
    ) throws {
        // Its result is durable before the next step begins.
        let step = NodeType(
            Self.nodeType, family: "Benchmark", "Does nothing.", outputs: [.init("result")], effect: .idempotent,
            .perform { _, environment in
                try await performed(String(environment.idempotencyKey.prefix { $0 != "/" }))
                return NodeResult(["result": .null])
            })
        guard let robot = Robot.ID(rawValue: "steps") else { throw BenchError("this is no robot's ID") }
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        self.database = try request.database()
        self.bell = ReadyBell(try request.configuration())
        self.agent = RobotAgent(
            broker: CountingBroker(
                broker: SQLBroker(database: try request.database(), logger: logger), opened: opened,
                completed: completed),
            catalogue: NodeCatalogue(StandardNodes.catalogue.types + [step]),
            configuration: RobotConfiguration(
                description: RobotDescription(
                    id: robot, environment: NewJob.environmentDefault, tags: [], capabilities: [], slots: slots),
                workingDirectory: "\(request.scratch)/runs"),
            logger: logger)
    }

    /// Runs the robot, and the bell for it, while `body` does.
    func whileRunning<Result: Sendable>(_ body: @Sendable @escaping () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await self.agent.run()
                return nil
            }
            group.addTask {
                await self.bell.run()
                return nil
            }
            group.addTask { try await body() }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let ended { return ended }
            }
            throw BenchError("the robot has ended by itself")
        }
    }

    /// Stores the workflow of so many steps.
    func push(steps: Int) async throws -> Workflow.ID {
        let nodes = (0..<steps).map { #""s\#($0)":{"node_type":"\#(Self.nodeType)"}"# }.joined(separator: ",")
        let connections = (1..<max(1, steps)).map {
            #"{"source_node":"s\#($0 - 1)","source_port":"exec_out","target_node":"s\#($0)","target_port":"exec_in"}"#
        }.joined(separator: ",")
        let document =
            #"{"metadata":{"name":"\#(Self.workflow)"},"nodes":{\#(nodes)},"connections":[\#(connections)]}"#
        return try await self.database.asTenant(.default) { connection in
            try WorkflowStore.push(name: Self.workflow, document: document, by: "bench", on: connection)
                .version.workflow
        }
    }

    func submit(_ count: Int, of workflow: Workflow.ID, _ variables: Object) async throws {
        try await self.database.asTenant(.default) { connection in
            let jobs = (0..<count).map { _ in NewJob(workflow: workflow, workflowVersion: 1, variables: variables) }
            _ = try JobStore.submit(jobs, by: "bench", on: connection)
        }
        self.bell.ring(.default)
    }

    /// What an orchestrator's loop does with the leases of robots that are gone, as often as it does, until cancelled.
    func sweep() async throws {
        while !Task.isCancelled {
            let report = try await self.database.asSystem { connection in try LeaseStore.sweep(on: connection) }
            _ = report
            self.bell.ring(.default)
            try await Task.sleep(for: .milliseconds(250))
        }
    }
}

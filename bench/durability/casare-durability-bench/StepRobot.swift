import CasareDomain
import CasareEngine
import CasareRobot
import CasareStore
import Logging

/// A robot in this process, as `casare-robot` builds it, that knows the steps of one workflow alone.
struct StepRobot: Sendable {
    private let agent: RobotAgent

    init(
        _ request: Request, name: String, opened: @escaping @Sendable () -> Void = {},
        completed: @escaping @Sendable () -> Void, performed: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        guard let robot = Robot.ID(rawValue: name) else { throw BenchError("this is no robot's ID") }
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        let broker: any Broker
        if let url = request.url, let token = request.token {
            broker = try APIBroker(url: url, token: token)
        } else {
            broker = SQLBroker(database: try request.database(), logger: logger)
        }
        self.agent = RobotAgent(
            broker: BenchBroker(
                broker: broker, journaling: request.journal ?? .on, opened: opened, completed: completed),
            catalogue: NodeCatalogue([request.workflow.type(stepTime: request.stepTime, performed: performed)]),
            configuration: RobotConfiguration(
                description: RobotDescription(
                    id: robot, environment: NewJob.environmentDefault, tags: [], capabilities: [],
                    slots: request.slotsCount),
                workingDirectory: "\(request.scratch)/runs"),
            logger: logger)
    }

    /// Runs the robot while `body` does.
    func whileRunning<Result: Sendable>(_ body: @Sendable @escaping () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await self.agent.run()
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
}

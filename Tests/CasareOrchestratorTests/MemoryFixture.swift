import AsyncHTTPClient
import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import FoundationEssentials
import ServiceLifecycle
import Testing

/// A server on a queue in memory, and somebody who does to its jobs what robots do.
struct MemoryFixture: Sendable {
    let server: OrchestratorFixture
    let queue: SharedMemoryQueue

    static func with<R: Sendable>(_ body: @escaping @Sendable (MemoryFixture) async throws -> R) async throws -> R {
        let queue = SharedMemoryQueue()
        let token = SoleToken(name: "the admin")
        let orchestrator = MemoryOrchestrator(
            host: "127.0.0.1", port: 0, queue: queue, token: token, catalogue: OrchestratorFixture.catalogue,
            logger: OrchestratorFixture.logger)
        let group = ServiceGroup(
            configuration: .init(services: [orchestrator], logger: OrchestratorFixture.logger))
        return try await withThrowingTaskGroup(of: R?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                let port = try await orchestrator.boundPort
                let http = HTTPClient(eventLoopGroupProvider: .singleton)
                // Nobody connects to it.
                let none = Database(
                    try PostgresConfiguration(url: "postgres://nobody@127.0.0.1:1/none"), connectionsMax: 1)
                let server = OrchestratorFixture(
                    database: none, url: "http://127.0.0.1:\(port)", tokens: [.admin: token.text.reveal()], http: http,
                    group: group, waitingRoom: WaitingRoom(), events: EventHub(none, logger: OrchestratorFixture.logger)
                )
                let result = await Result<R, any Error> { () async throws -> R in
                    try await body(MemoryFixture(server: server, queue: queue))
                }
                await group.triggerGracefulShutdown()
                try await http.shutdown()
                return try result.get()
            }
            var found: R?
            for try await result in tasks {
                if let result { found = result }
            }
            return try #require(found)
        }
    }
}

/// What robots do with the most urgent job, whichever way a server keeps its jobs.
enum RobotDeed: Sendable {
    case lease, fail, complete, block

    static let failure = Failure(kind: .business, message: "no such customer 17", type: "ValueError", node: "s")
    static let question = Job.Question(step: 0, node: "s", nodeType: "StartNode", text: "Did it happen?")
    static let result = RunResult(success: true, error: nil, variables: ["x": 1], logs: [], nodeErrors: [])
    static let robot = Robot.ID(rawValue: "r1")!  // The literal is a robot's ID.
    /// Nobody renews the sessions, and on a busy machine the calls take their time.
    static let leaseDuration = Duration.seconds(600)
    static let step = JournalRow(
        step: 0, node: "s", nodeType: "StartNode", effect: "effect", result: #"{"outputs":{}}"#,
        startedAt: Date(timeIntervalSince1970: 1), finishedAt: Date(timeIntervalSince1970: 2))

    static let line = Job.LogLine(
        number: 1, at: Date(timeIntervalSince1970: 1.5), level: .info, node: "s", message: "began")

    func perform(in database: Database) async throws {
        try await database.asTenant(.default) { connection in
            _ = try RobotStore.register(
                Self.robot, environment: "default", tags: ["t"], capabilities: [], slots: 2, on: connection)
            let session = try LeaseStore.openSession(
                Self.robot, boot: UUID(), kind: .api, slots: 2, leaseDuration: Self.leaseDuration, on: connection)
            var cursor = LeaseCursor()
            let jobs = try LeaseStore.lease(session, limit: 1, cursor: &cursor, on: connection)
            guard let lease = jobs.first?.lease else { return }
            try LeaseStore.checkpoint(lease, entries: [Self.step], on: connection)
            _ = try JobLogStore.append([Self.line], under: lease, on: connection)
            switch self {
            case .lease: break
            case .fail: _ = try LeaseStore.fail(lease, failure: Self.failure, result: nil, on: connection)
            case .complete: try LeaseStore.complete(lease, result: Self.result, on: connection)
            case .block: try LeaseStore.block(lease, question: Self.question, on: connection)
            }
        }
    }

    func perform(in queue: SharedMemoryQueue) throws {
        try queue.access { queue, now throws(StoreError) in
            queue.register(
                Self.robot, environment: "default", tags: ["t"], capabilities: [], slots: 2, now: now)
            let session = try queue.openSession(
                Self.robot, boot: UUID(), leaseDuration: Self.leaseDuration, now: now)
            guard let lease = try queue.lease(session, limit: 1, now: now).first?.lease else { return }
            try queue.checkpoint(lease, entries: [Self.step])
            _ = try queue.log([Self.line], under: lease)
            switch self {
            case .lease: break
            case .fail: try queue.fail(lease, failure: Self.failure, result: nil, now: now)
            case .complete: try queue.complete(lease, result: Self.result, now: now)
            case .block: try queue.block(lease, question: Self.question, now: now)
            }
        }
    }
}

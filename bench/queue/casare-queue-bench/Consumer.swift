import CasareDomain
import CasarePostgres
import CasareRobot
import CasareStore
import FoundationEssentials

/// A consumer process: leases batches, runs a no-op handler with each payload, completes.
enum Consumer {
    static let result = RunResult(success: true, error: nil, variables: [:], logs: [], nodeErrors: [])
    /// How long a consumer that found nothing waits before it asks again, when no bell wakes it.
    private static let rest = Duration.milliseconds(500)

    static func openSession(
        _ kind: SessionKind, slots: Int, on connection: isolated PostgresConnection
    ) throws -> Robot.SessionID {
        guard let robot = Robot.ID(rawValue: "bench-\(UUID().uuidString.lowercased())") else {
            throw BenchError("this is no robot's ID")
        }
        _ = try RobotStore.register(
            robot, environment: NewJob.environmentDefault, tags: [], capabilities: [], slots: slots, on: connection)
        return try LeaseStore.openSession(robot, boot: UUID(), kind: kind, slots: slots, on: connection)
    }

    static func run(_ request: Request) async throws {
        switch request.way {
        case .sql: try await self.overSQL(request)
        case .api: try await self.overAPI(request)
        }
    }

    /// What a handler is given is looked at, so that nothing of it can be left out.
    static func handle(_ job: LeasedJob) throws {
        guard job.variables.contains(where: { _ in true }) else { throw BenchError("a job came without its payload") }
    }

    // MARK: SQL

    private static func overSQL(_ request: Request) async throws {
        let configuration = try request.configuration()
        let connection = try await Database(configuration, connectionsMax: 1).connect(as: .default)
        let session = try await Database.asTenant(.default, on: connection) { connection in
            try self.openSession(.sql, slots: request.batch, on: connection)
        }
        let bell = ReadyWatch(configuration)
        var turn = ConsumerTurn(request, session)
        // Statements are prepared; nothing is leased.
        turn = try await connection.run { [turn] connection in
            var turn = turn
            try turn.prepare(on: connection)
            return turn
        }
        turn.seat.ready()
        while true {
            // One hop to the connection's thread for as many batches as there are.
            turn = try await connection.run { [turn] connection in
                var turn = turn
                while try turn.take(on: connection) {}
                return turn
            }
            await bell.wait(until: .now + self.rest)
        }
    }

    // MARK: API

    private static func overAPI(_ request: Request) async throws {
        let (url, token) = try request.url()
        let broker = try APIBroker(url: url, token: token)
        guard let robot = Robot.ID(rawValue: "bench-\(UUID().uuidString.lowercased())") else {
            throw BenchError("this is no robot's ID")
        }
        _ = try await broker.open(
            RobotDescription(
                id: robot, environment: NewJob.environmentDefault, tags: [], capabilities: [], slots: request.batch))
        var seat = WorkerSeat()
        seat.ready()
        while true {
            let jobs = try await broker.lease(slots: request.batch, waiting: self.rest)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for job in jobs {
                    group.addTask {
                        try self.handle(job)
                        try await broker.complete(job.lease, result: self.result, rows: [])
                    }
                }
                try await group.waitForAll()
            }
            seat.finished(jobs.count, isLull: jobs.count < request.batch)
        }
    }
}

import CasareDomain
import CasareStore

/// So many jobs, from the moment at which they are there to the last one's completion.
enum TimedRun {
    struct Found: Encodable {
        let jobs: Int
        let steps: Int
        let seconds: Double
    }

    static func run(_ request: Request) async throws -> Found {
        let (completions, completed) = AsyncStream.makeStream(of: Void.self)
        let robot = try StepRobot(request, name: "steps", completed: { completed.yield() })
        let database = try request.database()
        let bell = ReadyBell(try request.configuration())
        let ringing = Task { await bell.run() }
        let found = try await robot.whileRunning {
            var endings = completions.makeAsyncIterator()
            // The session is open and the statements are prepared, on all connections.
            try await request.workflow.submit(request.slotsCount, to: database)
            bell.ring(.default)
            for _ in 0..<request.slotsCount { _ = await endings.next() }
            let jobs = request.jobsCount
            try await request.workflow.submit(jobs, to: database)
            let startedAt = ContinuousClock.now
            bell.ring(.default)
            for _ in 0..<jobs { _ = await endings.next() }
            let elapsed = ContinuousClock.now - startedAt
            return Found(jobs: jobs, steps: jobs * request.workflow.steps, seconds: elapsed / .seconds(1))
        }
        ringing.cancel()
        await ringing.value
        await database.close()
        return found
    }
}

import CasareStore
import Synchronization

/// Producing and consuming at once: a number of jobs, or for a time with a bounded backlog.
enum Flow {
    private final class Counter: Sendable {
        let count = Atomic(0)
    }

    @Sendable static func run(_ request: Request) async throws -> OperationResult {
        let submitter = try await Submitter(request)
        let bell = ReadyBell(try request.configuration())
        let ringing = Task { await bell.run() }
        let fleet = try Fleet(request.consumers, of: request)
        let batch = request.params.enqueueBatch ?? 10
        let consumed = Counter()
        let result = try await withThrowingTaskGroup(of: Int.self) { group in
            let startedAt = Marks.start()
            fleet.go()
            if let seconds = request.params.seconds {
                let deadline = startedAt + .seconds(seconds)
                group.addTask {
                    try await self.produce(
                        batch, with: submitter, until: deadline, backlog: request.params.backlog ?? 20_000, bell
                    ) { consumed.count.load(ordering: .relaxed) }
                }
            } else {
                let jobs = try request.jobs()
                group.addTask {
                    var left = jobs
                    while left > 0 {
                        try await submitter.submit(min(left, batch), bell: bell)
                        left -= min(left, batch)
                    }
                    return jobs
                }
            }
            var progress = Progress()
            let jobs = try request.params.seconds == nil ? request.jobs() : Int.max
            while fleet.done < jobs {
                try fleet.listen(.milliseconds(20))
                // The producer runs on another thread.
                await Task.yield()
                consumed.count.store(fleet.done, ordering: .relaxed)
                let elapsed = ContinuousClock.now - startedAt
                if let seconds = request.params.seconds, elapsed >= .seconds(seconds) { break }
                guard elapsed < request.limit else {
                    throw BenchError("\(fleet.done) of \(jobs) jobs after \(elapsed)")
                }
                progress.note(fleet.done, after: elapsed)
            }
            let elapsed = Marks.stop() - startedAt
            progress.end(fleet.done, after: elapsed)
            return OperationResult(jobs: fleet.done, seconds: elapsed.inSeconds, progress: progress.points)
        }
        fleet.stop()
        ringing.cancel()
        await ringing.value
        await submitter.close()
        return result
    }

    /// Submits as fast as it can while fewer than `backlog` jobs wait.
    private static func produce(
        _ batch: Int, with submitter: Submitter, until deadline: ContinuousClock.Instant, backlog: Int,
        _ bell: ReadyBell, consumed: @Sendable () -> Int
    ) async throws -> Int {
        var submitted = 0
        while ContinuousClock.now < deadline {
            if submitted - consumed() >= backlog {
                try await Task.sleep(for: .milliseconds(5))
            } else {
                try await submitter.submit(batch, bell: bell)
                submitted += batch
            }
        }
        return submitted
    }
}

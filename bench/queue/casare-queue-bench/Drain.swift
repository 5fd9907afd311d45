/// A filled queue is emptied by consumer processes.
enum Drain {
    @Sendable static func run(_ request: Request) async throws -> OperationResult {
        let jobs = try request.jobs()
        let fleet = try Fleet(request.consumers, of: request)
        var progress = Progress()
        let startedAt = Marks.start()
        fleet.go()
        while fleet.done < jobs {
            try fleet.listen(.milliseconds(200))
            let elapsed = ContinuousClock.now - startedAt
            guard elapsed < request.limit else { throw BenchError("\(fleet.done) of \(jobs) jobs after \(elapsed)") }
            progress.note(fleet.done, after: elapsed)
        }
        let elapsed = Marks.stop() - startedAt
        progress.end(fleet.done, after: elapsed)
        fleet.stop()
        return OperationResult(jobs: jobs, seconds: elapsed.inSeconds, progress: progress.points)
    }
}

/// How far it was about once a second.
struct Progress {
    private(set) var points: [[Double]] = [[0, 0]]
    private var notedAt = Duration.zero

    mutating func note(_ done: Int, after elapsed: Duration) {
        guard elapsed - self.notedAt >= .seconds(1) else { return }
        self.notedAt = elapsed
        self.points.append([elapsed.inSeconds, Double(done)])
    }

    mutating func end(_ done: Int, after elapsed: Duration) {
        self.points.append([elapsed.inSeconds, Double(done)])
    }
}

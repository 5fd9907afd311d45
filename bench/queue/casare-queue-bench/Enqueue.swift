import CasareStore

enum Enqueue {
    @Sendable static func run(_ request: Request) async throws -> OperationResult {
        var submitters: [Submitter] = []
        for _ in 0..<(request.params.clients ?? 1) { submitters.append(try await Submitter(request)) }
        // Statements are prepared, and what is read once has been.
        for submitter in submitters { try await submitter.submit(request.batch) }
        let bell = ReadyBell(try request.configuration())
        let ringing = Task { await bell.run() }
        let startedAt = Marks.start()
        let deadline = startedAt + .seconds(request.params.seconds ?? 4)
        let jobs = try await withThrowingTaskGroup(of: Int.self) { group in
            for submitter in submitters {
                group.addTask { try await submitter.submit(request.batch, until: deadline, bell: bell) }
            }
            return try await group.reduce(0, +)
        }
        let stoppedAt = Marks.stop()
        ringing.cancel()
        await ringing.value
        for submitter in submitters { await submitter.close() }
        return OperationResult(jobs: jobs, seconds: (stoppedAt - startedAt).inSeconds)
    }
}

import Synchronization

/// Workflows of sequential no-op steps through the engine and a robot.
enum Workflows {
    @Sendable static func run(_ request: Request) async throws -> OperationResult {
        let (steps, concurrency) = (request.params.steps ?? 1, request.params.concurrency ?? 1)
        let (completions, completed) = AsyncStream.makeStream(of: Void.self)
        let robot = try StepRobot(
            request, slots: concurrency, completed: { completed.yield() }, performed: { _ in })
        let workflow = try await robot.push(steps: steps)
        let payload = try request.payloadObject()
        return try await robot.whileRunning {
            var endings = completions.makeAsyncIterator()
            // The session is open and the statements are prepared.
            try await robot.submit(1, of: workflow, payload)
            _ = await endings.next()
            let startedAt = Marks.start()
            let deadline = startedAt + .seconds(request.params.seconds ?? 4)
            try await robot.submit(concurrency, of: workflow, payload)
            var (running, done) = (concurrency, 0)
            while running > 0 {
                _ = await endings.next()
                (running, done) = (running - 1, done + 1)
                if ContinuousClock.now < deadline {
                    try await robot.submit(1, of: workflow, payload)
                    running += 1
                }
            }
            let elapsed = Marks.stop() - startedAt
            return OperationResult(seconds: elapsed.inSeconds, workflows: done, steps: steps)
        }
    }

    /// Runs until it is killed.
    @Sendable static func crashRun(_ request: Request) async throws -> OperationResult {
        let (workflows, steps) = (request.params.workflows ?? 20, request.params.steps ?? 20)
        let stepTime = Duration.milliseconds(request.params.stepMs ?? 50)
        let performed = Mutex<[String: Int]>([:])
        let robot = try StepRobot(request, slots: workflows, completed: {}) { job in
            let isMid = performed.withLock { performed in
                performed[job, default: 0] += 1
                // The result of the last of these is durable when the next step begins.
                return performed[job] == steps / 2 + 2 && performed.count == workflows
                    && performed.values.allSatisfy { $0 > steps / 2 + 1 }
            }
            if isMid { Marks.say("@mid") }
            try await Task.sleep(for: stepTime)
        }
        let workflow = try await robot.push(steps: steps)
        let payload = try request.payloadObject()
        return try await robot.whileRunning {
            try await robot.submit(workflows, of: workflow, payload)
            try await Task.sleep(for: .seconds(3600))
            return OperationResult(error: "nobody killed it")
        }
    }

    /// Goes on with what `crashRun` left.
    @Sendable static func crashResume(_ request: Request) async throws -> OperationResult {
        struct Moments {
            var launched: Double?
            var firstStep: Double?
        }
        let sinceSpawn: @Sendable () -> Double = {
            Double(Marks.monotonicNanoseconds() - request.spawnedNs) / 1e9
        }
        let imported = sinceSpawn()
        let workflows = request.params.workflows ?? 20
        let stepTime = Duration.milliseconds(request.params.stepMs ?? 50)
        let moments = Mutex(Moments())
        let (completions, completed) = AsyncStream.makeStream(of: Void.self)
        let robot = try StepRobot(
            request, slots: workflows,
            opened: { moments.withLock { $0.launched = $0.launched ?? sinceSpawn() } },
            completed: { completed.yield() }
        ) { _ in
            moments.withLock { $0.firstStep = $0.firstStep ?? sinceSpawn() }
            try await Task.sleep(for: stepTime)
        }
        return try await robot.whileRunning {
            _ = Marks.start()
            let sweeping = Task { try await robot.sweep() }
            var endings = completions.makeAsyncIterator()
            for _ in 0..<workflows { _ = await endings.next() }
            let allDone = sinceSpawn()
            _ = Marks.stop()
            sweeping.cancel()
            _ = await sweeping.result
            let (launched, firstStep) = moments.withLock { ($0.launched, $0.firstStep) }
            return OperationResult(
                importedS: imported, launchedS: launched, firstStepS: firstStep, allDoneS: allDone)
        }
    }
}

import CasareDomain
import CasareRobot
import CasareStore
import FoundationEssentials
import Logging

/// From just before a submit to the first line of the job's handler, through the brokers that robots use.
enum Latency {
    private static let submittedAtKey = "t0"
    private static let jobsPerLoadCall = 10

    @Sendable static func run(_ request: Request) async throws -> OperationResult {
        let samples = (request.params.samples ?? 300) + (request.params.warmup ?? 20)
        let bell = ReadyBell(try request.configuration())
        let ringing = Task { await bell.run() }
        let submitter = try await Submitter(request)
        let load = request.params.load == nil ? nil : try await Submitter(request)
        let fleet = try Fleet(1, of: request)
        fleet.go()
        // The consumer subscribes, and goes idle.
        try await Task.sleep(for: .seconds(2))
        _ = Marks.start()
        let loading = load.map { load in
            Task { try await self.submitSteadily(request.params.load ?? 0, with: load, bell) }
        }
        let payload = try request.payloadObject()
        let gap = request.params.gapMs ?? 40
        for _ in 0..<samples {
            try await Task.sleep(for: .microseconds(Int64(gap * 1000 * Double.random(in: 0.5...1.5))))
            try await submitter.submit(1, self.timed(payload), bell: bell)
        }
        let deadline = ContinuousClock.now + request.limit
        while fleet.done < samples {
            try fleet.listen(.milliseconds(100))
            guard ContinuousClock.now < deadline else { throw BenchError("\(fleet.done) of \(samples) samples came") }
        }
        _ = Marks.stop()
        loading?.cancel()
        _ = await loading?.result
        fleet.stop()
        ringing.cancel()
        await ringing.value
        await submitter.close()
        await load?.close()
        return OperationResult(latencyUs: try self.read(request))
    }

    /// The payload at the same size, with the time in it.
    private static func timed(_ payload: Object) -> Object {
        var timed = payload
        let size = Value.object(payload).jsonText(.compact).utf8.count
        timed[self.submittedAtKey] = .int(Int(Marks.monotonicNanoseconds()))
        let grown = Value.object(timed).jsonText(.compact).utf8.count - size
        if let pad = payload["pad"]?.string { timed["pad"] = .string(String(pad.dropFirst(grown))) }
        return timed
    }

    private static func submitSteadily(_ rate: Double, with submitter: Submitter, _ bell: ReadyBell) async throws {
        let pause = Duration.seconds(Double(self.jobsPerLoadCall) / rate)
        var next = ContinuousClock.now
        while !Task.isCancelled {
            try await submitter.submit(self.jobsPerLoadCall, bell: bell)
            next += pause
            try await Task.sleep(until: next)
        }
    }

    private static func file(_ request: Request) -> String { "\(request.scratch)/latencies.json" }

    private static func read(_ request: Request) throws -> [Double] {
        let nanoseconds = try JSONDecoder().decode(
            [Int64].self, from: try Data(contentsOf: URL(filePath: self.file(request))))
        return nanoseconds.dropFirst(request.params.warmup ?? 20).map { Double($0) / 1000 }
    }

    // MARK: The consumer

    static func consume(_ request: Request) async throws {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let slots = 100
        let broker: any Broker
        switch request.way {
        case .sql: broker = SQLBroker(database: try request.database(), logger: logger)
        case .api:
            let (url, token) = try request.url()
            broker = try APIBroker(url: url, token: token)
        }
        guard let robot = Robot.ID(rawValue: "bench") else { throw BenchError("this is no robot's ID") }
        _ = try await broker.open(
            RobotDescription(
                id: robot, environment: NewJob.environmentDefault, tags: [], capabilities: [], slots: slots))
        let samples = (request.params.samples ?? 300) + (request.params.warmup ?? 20)
        var seen: [Int64] = []
        var seat = WorkerSeat()
        seat.ready()
        while true {
            let jobs = try await broker.lease(slots: slots, waiting: .seconds(20))
            let timed = jobs.compactMap { job in
                job.variables[self.submittedAtKey]?.int.map { Marks.monotonicNanoseconds() - Int64($0) }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for job in jobs {
                    group.addTask { try await broker.complete(job.lease, result: Consumer.result, rows: []) }
                }
                try await group.waitForAll()
            }
            seen += timed
            if seen.count >= samples {
                try JSONEncoder().encode(seen).write(to: URL(filePath: self.file(request)), options: .atomic)
            }
            seat.finished(timed.count, isLull: true)
        }
    }
}

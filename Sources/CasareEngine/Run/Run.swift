import CasareDomain
import FoundationEssentials

/// The state of one run: the interpreter, and what its answers are made of.
struct Run {
    let driver: RunDriver
    let recorded: [Int: JournalEntry]
    private let lastRecordedStep: Int
    var interpreter: Interpreter
    /// Entries that are not durable yet.
    var pending: [JournalEntry] = []
    /// `pending` holds the result of something that changed the world.
    var mustFlush = false
    let deadline: ContinuousClock.Instant
    let session = RunSession()
    /// Replayed steps whose sessions must be open again before anything new is done: the last of each node.
    var reopenings: [Interpreter.Step] = []

    init(driver: RunDriver, recorded: [Int: JournalEntry]) {
        self.driver = driver
        self.recorded = recorded
        self.lastRecordedStep = recorded.keys.max() ?? -1
        self.interpreter = Interpreter(
            program: driver.program, variables: driver.variables, options: driver.options, seed: driver.seed,
            executionsMax: driver.environment.executionsMax)
        self.deadline = .now + Duration(clampingSeconds: driver.options.timeoutSeconds)
    }

    mutating func run() async throws -> RunConclusion {
        while true {
            let request = self.interpreter.next()
            self.report(isReplay: self.isReplaying(request))
            if self.driver.environment.isStopRequested() { return self.interrupted(request) }
            switch request {
            case .finished(let failed):
                return self.finished(failed)
            case .yield:
                try Task.checkCancellation()
                if self.isOverdue { return self.timedOut() }
                await Task.yield()
            case .sleep(let seconds):
                try await self.flush()
                if self.isOverdue { return self.timedOut() }
                // No longer than the job may take; the next look at the clock then ends it.
                let rest = self.deadline - .now
                try await self.driver.environment.sleep(min(Duration(clampingSeconds: seconds), rest))
                if self.isOverdue { return self.timedOut() }
            case .readClock(let step, let node):
                self.interpreter.resume(at: try self.clock(step, node))
            case .perform(let step):
                if self.recorded[step.index] == nil, self.isOverdue { return self.timedOut() }
                if let question = try await self.perform(step) { return self.inDoubt(question) }
                if self.isOverdue { return self.timedOut() }
            }
        }
    }

    /// Commits what must be durable before anything that takes time.
    mutating func flush() async throws {
        guard self.mustFlush else { return }
        try await self.driver.journal.record(self.pending)
        self.pending.removeAll(keepingCapacity: true)
        self.mustFlush = false
    }

    var isOverdue: Bool { ContinuousClock.now >= self.deadline }

    // MARK: The time

    /// The name under which clock readings stand in the journal; no node type can have it.
    private static let clockType = "$clock"

    private mutating func clock(_ step: Int, _ node: String) throws -> ClockReading {
        if let entry = self.recorded[step] {
            guard entry.nodeType == Self.clockType, entry.node == node,
                case .succeeded(let result) = entry.result,
                let seconds = result.outputs["seconds"]?.double, let offset = result.outputs["utc_offset"]?.int
            else {
                throw JournalMismatch(
                    step: step, recorded: "\(entry.node) (\(entry.nodeType))", requested: "the time for \(node)")
            }
            return ClockReading(secondsSince1970: seconds, utcOffsetSeconds: offset)
        }
        let now = self.driver.environment.now()
        let reading = ClockReading(
            secondsSince1970: now.timeIntervalSince1970,
            utcOffsetSeconds: TimeZone.current.secondsFromGMT(for: now))
        self.pending.append(
            JournalEntry(
                step: step, node: node, nodeType: Self.clockType, effect: .captured,
                result: .succeeded(
                    NodeResult([
                        "seconds": .double(reading.secondsSince1970), "utc_offset": .int(reading.utcOffsetSeconds),
                    ])),
                startedAt: now, finishedAt: now))
        return reading
    }

    // MARK: Events

    private func isReplaying(_ request: Interpreter.Request) -> Bool {
        switch request {
        case .perform(let step): step.index <= self.lastRecordedStep
        case .readClock(let step, _): step <= self.lastRecordedStep
        case .sleep, .yield, .finished: false
        }
    }

    private mutating func report(isReplay: Bool) {
        guard let onEvent = self.driver.environment.onEvent else { return }
        for line in self.interpreter.takeNewLogs() where !isReplay {
            onEvent(.log(level: line.level, node: line.node, message: line.message))
        }
    }
}

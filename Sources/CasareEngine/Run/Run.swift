import CasareDomain
import FoundationEssentials

/// The state of one run: the interpreter, and what its answers are made of.
struct Run {
    let driver: RunDriver
    /// What earlier attempts recorded, by step: nothing before `readJournal`.
    private(set) var recorded: [Int: JournalEntry] = [:]
    private var lastRecordedStep = -1
    private var hasReadJournal = false
    /// When the last recorded step ended, and what was paused since then; `nil` as soon as something new is done.
    var journalEndedAt: Date?
    /// The step that is asked for next.
    private(set) var nextStep = 0
    var interpreter: Interpreter
    /// Entries that are not durable yet.
    var pending: [JournalEntry] = []
    /// `pending` holds the result of something that changed the world.
    var mustFlush = false
    var deadline: ContinuousClock.Instant
    /// When the limits of the frames that are open end, the outermost first.
    var frameDeadlines: [(limit: FrameLimit, at: ContinuousClock.Instant)] = []
    let session = RunSession()
    /// `nil`: nothing that the run has is a secret.
    private(set) var seal: JournalSeal?
    /// What this attempt was told of the program's secrets; `nil`: it has not asked.
    var secretAnswers: [String: SecretAnswer]?
    /// Replayed steps whose sessions must be open again before anything new is done: the last of each node.
    var reopenings: [Interpreter.Step] = []
    /// When the visits began that have not ended, by number.
    private var visitStarts: [Int: ContinuousClock.Instant] = [:]

    init(driver: RunDriver) {
        let environment = driver.environment
        let watching: RunWatch.Extent =
            switch environment.observer {
            case nil: .nothing
            case let observer? where observer.beforeNode != nil: .visitsAndVariables
            case let observer?: observer.seesValues ? .visits : .names
            }
        self.driver = driver
        self.seal = JournalSeal(of: driver.program, given: driver.variables)
        self.interpreter = Interpreter(
            program: driver.program, variables: driver.variables,
            settings: .init(
                options: driver.options, seed: driver.seed, executionsMax: environment.executionsMax,
                selection: driver.selection, keepsEvents: environment.onEvent != nil, watching: watching,
                submitsJobs: environment.submitter != nil, callDepth: driver.callDepth))
        let limit = Duration(clampingSeconds: driver.options.timeoutSeconds)
        self.deadline = .now + max(.zero, limit - Duration(clampingSeconds: driver.secondsSpent))
    }

    mutating func run() async throws -> RunConclusion {
        while true {
            let request = self.interpreter.next()
            self.report()
            if self.driver.environment.isStopRequested() { return try await self.interrupted(request) }
            switch request {
            case .finished(let failed):
                return try await self.ended(failed)
            case .yield:
                self.tellPosition()
                try Task.checkCancellation()
                if self.isOverdue { return self.timedOut() }
                try await self.flush()
                await Task.yield()
            case .sleep(let seconds):
                try await self.readJournal()
                let pause = Duration(clampingSeconds: seconds)
                if self.isReplaying {
                    // An earlier attempt has waited already.
                    self.countAsSpent(pause)
                    continue
                }
                self.tellPosition()
                // Whoever takes over in the middle of a long pause should know what it came after.
                if pause > Self.shortWait, !self.pending.isEmpty { self.mustFlush = true }
                try await self.flush()
                if try await self.wait(pause) { return try await self.interrupted(request) }
                if self.isOverdue { return self.timedOut() }
            case .readClock(let step, let node):
                try await self.readJournal()
                self.nextStep = step + 1
                self.interpreter.resume(at: try self.clock(step, node))
            case .readSecrets(let step, let node, let references):
                try await self.readJournal()
                self.nextStep = step + 1
                do {
                    let answers = try await self.secrets(references, step: step, node: node)
                    self.interpreter.resume(knowing: answers)
                } catch let lost as SecretLost {
                    return self.ended(by: lost)
                }
                self.seal = JournalSeal(
                    of: self.driver.program, given: self.driver.variables, secrets: self.interpreter.secrets)
            case .observe(let observation):
                // Observers hear of what is replayed that it is.
                try await self.readJournal()
                if try await self.observe(observation) { return try await self.interrupted(request) }
            case .perform(let step):
                try await self.readJournal()
                self.nextStep = step.index + 1
                let entry = self.recorded[step.index]
                if entry == nil, self.isOverdue { return self.timedOut() }
                self.tellPosition(step.node)
                switch try await self.perform(step) {
                case .given: break
                case .needed(let question): return self.inDoubt(question)
                case .left: return try await self.interrupted(request)
                }
                // What an earlier attempt has done stands, although there is no time left to do more.
                if entry?.result == nil, self.isOverdue { return self.timedOut() }
            }
        }
    }

    /// Reads the journal before the first answer that may stand in it: a run that only computes needs none of it.
    mutating func readJournal() async throws {
        guard !self.hasReadJournal else { return }
        self.hasReadJournal = true
        self.recorded = Dictionary(
            try await self.driver.journal.entries().map { ($0.step, $0) }, uniquingKeysWith: { _, last in last })
        self.lastRecordedStep = self.recorded.keys.max() ?? -1
        self.journalEndedAt = self.recorded[self.lastRecordedStep]?.finishedAt
    }

    /// Results of steps that only read wait for the next commit; more than this do not.
    private static let pendingMax = 256

    mutating func append(_ entry: JournalEntry) {
        self.pending.append(entry)
        if self.pending.count >= Self.pendingMax { self.mustFlush = true }
    }

    /// Commits what must be durable before anything that takes time.
    mutating func flush() async throws {
        guard self.mustFlush else { return }
        try await self.driver.journal.record(self.pending)
        self.pending.removeAll(keepingCapacity: true)
        self.mustFlush = false
    }

    /// What comes next is known from the journal, or there is more behind it that is.
    var isReplaying: Bool { self.nextStep <= self.lastRecordedStep }

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
        self.journalEndedAt = nil
        let now = self.driver.environment.now()
        let reading = ClockReading(
            secondsSince1970: now.timeIntervalSince1970,
            utcOffsetSeconds: TimeZone.current.secondsFromGMT(for: now))
        self.append(
            JournalEntry(
                step: step, node: node, nodeType: Self.clockType, effect: .captured,
                result: .succeeded(
                    NodeResult([
                        "seconds": .double(reading.secondsSince1970), "utc_offset": .int(reading.utcOffsetSeconds),
                    ])),
                startedAt: now, finishedAt: now))
        return reading
    }

    // MARK: Those who watch

    private mutating func report() {
        guard let onEvent = self.driver.environment.onEvent else { return }
        let events = self.interpreter.records.takeNewEvents()
        guard !self.isReplaying else { return }
        for event in events { onEvent(event) }
    }

    private func tellPosition(_ node: CompiledNode? = nil) {
        guard let onProgress = self.driver.environment.onProgress, !self.isReplaying else { return }
        onProgress(self.interpreter.position(at: node))
    }

    /// - Returns: Whether the observer wants the run to stop.
    private mutating func observe(_ observation: Observation) async throws -> Bool {
        guard let observer = self.driver.environment.observer else { return false }
        switch observation {
        case .started(var visit):
            visit.isReplayed = self.isReplaying
            if !visit.isReplayed, let beforeNode = observer.beforeNode {
                let start = ContinuousClock.now
                var decision = try await beforeNode(visit)
                while case .set(let variables) = decision {
                    precondition(self.driver.journal is NoJournal && !visit.isPass, "Nobody can set variables here")
                    visit = self.interpreter.setting(variables, before: visit)
                    decision = try await beforeNode(visit)
                }
                self.extendDeadlines(by: .now - start)
                if case .stop = decision { return true }
            }
            observer.nodeStarted(visit)
            self.visitStarts[visit.number] = .now
            if observer.hasSeenEnough?() == true { self.interpreter.watch.sawEnough() }
        case .finished(var end):
            end.isReplayed = self.isReplaying
            end.duration = self.visitStarts.removeValue(forKey: end.number).map { .now - $0 } ?? .zero
            observer.nodeFinished(end)
        }
        return false
    }

    /// Time that a person took to look around is nobody's.
    private mutating func extendDeadlines(by duration: Duration) {
        self.deadline += duration
        for number in self.visitStarts.keys { self.visitStarts[number]? += duration }
        self.extendFrameDeadlines(by: duration)
    }
}

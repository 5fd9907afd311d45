package import CasareDomain
import FoundationEssentials

/// One tenant's workflows, jobs and robots in memory, for where there is no database: lost when the process ends.
///
/// It keeps the promises of the stores, and answers as they do: a lease's token fences every write, a job has one place
/// at a time and so one end, a step's result stays, a failed attempt is followed by what its retry policy says, and a
/// job whose robots keep dying ends in a dead letter. It is plain: priority, due time and retries decide, and nothing
/// else does.
///
/// A value without a clock: every change is told the time, which is not expected to go backwards, and randomness comes
/// from the generator that it was made with. So the same calls have the same effects, in tests too.
/// `SharedMemoryQueue` is what several tasks use.
package struct MemoryQueue: Sendable {
    /// What has changed since somebody last asked.
    package struct Changes: Hashable, Sendable {
        /// Jobs whose status may have changed.
        package internal(set) var jobs: Set<Job.ID> = []
        /// Whether a job became ready.
        package internal(set) var hasReady = false
        /// Sessions whose robots have something to hear.
        package internal(set) var sessions: Set<Robot.SessionID> = []
        /// Jobs that ended without a robot's word, each once.
        package internal(set) var ended: [EndedJob] = []
    }

    /// A job's turn among those that are as urgent.
    struct Turn: Comparable, Sendable {
        let number: Int64
        let job: Job.ID

        static func < (left: Turn, right: Turn) -> Bool { left.number < right.number }
    }

    struct DueTime: Comparable, Sendable {
        let date: Date
        let job: Job.ID

        static func < (left: DueTime, right: DueTime) -> Bool { (left.date, left.job) < (right.date, right.job) }
    }

    struct KeyHolder: Sendable {
        let job: Job.ID
        let requestHash: String
        let expiresAt: Date
    }

    /// Jobs that have ended are forgotten, the first first, when there are more. One whose dead letter is open stays.
    package static let endedJobsMaxDefault = 100_000

    private let endedJobsMax: Int
    var generator: any RandomNumberGenerator & Sendable

    var workflows: [Workflow.ID: WorkflowRecord] = [:]
    var workflowsByName: [String: Workflow.ID] = [:]

    /// Everything about jobs. Where each is stands in its record, and the indexes below follow from that.
    private(set) var records: [Job.ID: Record] = [:]
    private(set) var jobsInOrder = SortedKeys<Job.ID>()
    /// By environment, then by priority.
    private(set) var ready: [String: [SortedKeys<Turn>]] = [:]
    private(set) var scheduled = SortedKeys<DueTime>()
    private(set) var leased: Set<Job.ID> = []
    private(set) var blocked: Set<Job.ID> = []
    private(set) var paused: Set<Job.ID> = []
    /// In the order of their ends.
    private var ended: [Job.ID] = []
    private var openLetterCount = 0

    var keys: [String: KeyHolder] = [:]
    var robots: [Robot.ID: RobotRecord] = [:]
    var sessions: [Robot.SessionID: Session] = [:]
    /// A session has ended without handing back what it held.
    var mayHaveOrphans = false
    var nextPurgeAt = Date.distantPast
    var policyKept = StoredPolicy(policy: SafetyPolicy(), changedAt: nil, changedBy: nil)

    private var lastTurn: Int64 = 0
    private var lastToken: Int64 = 0
    var lastSession: Int64 = 0
    private var changes = Changes()

    package init(
        endedJobsMax: Int = MemoryQueue.endedJobsMaxDefault,
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.endedJobsMax = endedJobsMax
        self.generator = generator
    }

    package mutating func takeChanges() -> Changes {
        defer { self.changes = Changes() }
        return self.changes
    }

    /// How many jobs are where, apart from those that have ended.
    package var counts: JobCounts {
        JobCounts(
            ready: self.ready.values.joined().reduce(0) { $0 + $1.count }, scheduled: self.scheduled.count,
            running: self.leased.count, blocked: self.blocked.count, paused: self.paused.count,
            deadLettersOpen: self.openLetterCount)
    }

    // MARK: - Moving

    mutating func add(_ record: Record, to destination: Destination) {
        precondition(self.records[record.job.id] == nil, "Job \(record.job.id) is there already")
        self.records[record.job.id] = record
        self.jobsInOrder.insert(record.job.id)
        self.enter(record.job.id, destination)
    }

    /// Where a job goes; numbers are given when it gets there.
    enum Destination {
        case ready(attempt: Int, crashes: Int)
        case scheduled(attempt: Int, dueAt: Date)
        case lease(Robot.SessionID, attempt: Int, crashes: Int, since: Date)
        case blocked(Record.Blockage)
        case paused(Record.Halt)
        case end(Job.Outcome, attempt: Int)
    }

    /// Takes a job from where it is to another place: the one way in which that changes. What has ended stays so.
    mutating func move(_ job: Job.ID, to destination: Destination) {
        self.leave(job)
        self.enter(job, destination)
    }

    private mutating func leave(_ job: Job.ID) {
        guard let record = self.records[job] else { preconditionFailure("There is no job \(job)") }
        switch record.place {
        case .new: break
        case .ready(let turn, _, _):
            self.ready[record.job.environment]?[record.job.priority.rawValue].remove(Turn(number: turn, job: job))
        case .scheduled(_, let dueAt): self.scheduled.remove(DueTime(date: dueAt, job: job))
        case .leased: self.leased.remove(job)
        case .blocked: self.blocked.remove(job)
        case .paused: self.paused.remove(job)
        case .ended: preconditionFailure("Job \(job) has ended, and is moved")
        }
    }

    private mutating func enter(_ job: Job.ID, _ destination: Destination) {
        let place: Record.Place
        switch destination {
        case .ready(let attempt, let crashes):
            self.lastTurn += 1
            place = .ready(turn: self.lastTurn, attempt: attempt, crashes: crashes)
            self.line(up: Turn(number: self.lastTurn, job: job))
            self.changes.hasReady = true
        case .scheduled(let attempt, let dueAt):
            place = .scheduled(attempt: attempt, dueAt: dueAt)
            self.scheduled.insert(DueTime(date: dueAt, job: job))
        case .lease(let session, let attempt, let crashes, let since):
            self.lastToken += 1
            place = .leased(
                Record.Holding(
                    token: .init(rawValue: self.lastToken), session: session, attempt: attempt, crashes: crashes,
                    since: since))
            self.leased.insert(job)
        case .blocked(let blockage):
            place = .blocked(blockage)
            self.blocked.insert(job)
        case .paused(let halt):
            place = .paused(halt)
            self.paused.insert(job)
        case .end(let outcome, let attempt):
            place = .ended(outcome, attempt: attempt)
            self.ended.append(job)
        }
        self.records[job]?.place = place
        self.changes.jobs.insert(job)
    }

    private mutating func line(up turn: Turn) {
        guard let job = self.records[turn.job]?.job else { return }
        self.ready[job.environment, default: Self.emptyLanes][job.priority.rawValue].insert(turn)
    }

    private static let emptyLanes = [SortedKeys<Turn>](repeating: SortedKeys(), count: Priority.range.count)

    /// A job that runs is to be paused when it is put back, or no longer.
    mutating func mark(_ job: Job.ID, with pause: Job.Pause?) {
        guard case .leased(var holding) = self.records[job]?.place else {
            preconditionFailure("Job \(job) does not run, and is to be paused later")
        }
        holding.pause = pause
        self.records[job]?.place = .leased(holding)
        self.changes.jobs.insert(job)
    }

    /// The robot of the session has something to hear: a renewal brings it.
    mutating func tell(_ session: Robot.SessionID) { self.changes.sessions.insert(session) }

    /// A job has just ended, and no robot counts it.
    mutating func endedUnreported(_ job: Job.ID) {
        guard let record = self.records[job], case .ended(let outcome, _) = record.place else {
            preconditionFailure("Job \(job) has not ended")
        }
        self.changes.ended.append(
            EndedJob(
                queue: record.job.environment, workflow: record.workflowName, failure: outcome.failure?.kind,
                duration: .seconds(max(0, outcome.finishedAt.timeIntervalSince(record.dueAt)))))
    }

    // MARK: - What a record says beside its place

    mutating func note(_ kind: Record.Event.Kind, _ job: Job.ID, _ detail: Object, _ now: Date) {
        self.records[job]?.events.append(Record.Event(kind: kind, at: now, detail: detail))
    }

    mutating func write(_ entries: [JournalRow], of lease: Lease) {
        for entry in entries where self.records[lease.job]?.journal[entry.step]?.row.result == nil {
            self.records[lease.job]?.journal[entry.step] = Record.Journaled(row: entry, token: lease.token)
        }
    }

    mutating func keep(_ lines: [Record.Logged], of job: Job.ID) { self.records[job]?.log += lines }

    /// Turns an intent into a result, or forgets it. A recorded result stays.
    mutating func settle(
        _ question: Job.Question, of job: Job.ID, with result: String?, askedAt: Date, _ now: Date
    ) {
        let known = self.records[job]?.journal[question.step]
        guard known?.row.result == nil else { return }
        guard let result else {
            self.records[job]?.journal[question.step] = nil
            return
        }
        let intent =
            known?.row
            ?? JournalRow(
                step: question.step, node: question.node, nodeType: question.nodeType, effect: "effect", result: nil,
                startedAt: askedAt, finishedAt: nil)
        self.records[job]?.journal[question.step] = Record.Journaled(
            row: JournalRow(
                step: intent.step, node: intent.node, nodeType: intent.nodeType, effect: intent.effect, result: result,
                startedAt: intent.startedAt, finishedAt: now),
            token: known?.token ?? Lease.Token(rawValue: 0))
    }

    mutating func trimJournal(of job: Job.ID) { self.records[job]?.trimJournal() }

    mutating func keep(_ attempt: Record.Attempt, of job: Job.ID) { self.records[job]?.attempts.append(attempt) }

    mutating func openLetter(_ failure: Failure, of job: Job.ID, _ now: Date) {
        self.records[job]?.letter = Record.Letter(failure: failure, openedAt: now)
        self.openLetterCount += 1
    }

    /// Of a letter that is replayed again nothing but that changes. Those of which the job was the replay wait for the
    /// new one, too.
    mutating func closeLetter(of job: Job.ID, as replay: Job.ID) {
        let wasOpen = self.records[job]?.letter.map { $0.replayedAs == nil } ?? false
        self.records[job]?.letter?.replayedAs = replay
        var again = job
        while let before = self.records[again]?.retryOf, self.records[before]?.letter?.replayedAs == job {
            self.records[before]?.letter?.replayedAs = replay
            again = before
        }
        guard wasOpen else { return }
        self.openLetterCount -= 1
        // Its place among those that may be forgotten was given up while the letter was open.
        self.ended.append(job)
    }

    /// Forgets the jobs that ended first, until few enough are left.
    mutating func forgetOldJobs() {
        let surplus = self.ended.count - self.endedJobsMax
        // Not one by one: the array moves up each time.
        guard surplus > self.endedJobsMax / 16 else { return }
        for job in self.ended.prefix(surplus) {
            guard let record = self.records[job], record.letter.map({ $0.replayedAs != nil }) ?? true else { continue }
            if let key = record.job.idempotency?.key, self.keys[key]?.job == job { self.keys[key] = nil }
            self.records[job] = nil
            self.jobsInOrder.remove(job)
        }
        self.ended.removeFirst(surplus)
    }
}

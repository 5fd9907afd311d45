import CasareDomain
@testable import CasareStore
import FoundationEssentials
import Testing

/// Numbers that are the same in every run (splitmix64).
private struct Numbers: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// What only the queue in memory has to show; what it shares with the others stands in the brokers' conformance tests.
struct MemoryQueueTests {
    private static let robot = Robot.ID(rawValue: "r1")!  // The literal is a robot's ID.
    private static let failure = Failure(kind: .application, message: "no", type: "E")

    private var queue = MemoryQueue(generator: Numbers(state: 1))
    private var generator = Numbers(state: 2)
    private let workflow: Workflow.ID
    private let session: Robot.SessionID

    init() throws {
        self.workflow = self.queue.push(name: "w", document: "{}", by: "ann", now: noon).version.workflow
        self.queue.register(Self.robot, environment: "default", tags: [], capabilities: [], slots: 2, now: noon)
        self.session = try self.queue.openSession(Self.robot, boot: UUID(), now: noon)
    }

    private mutating func submit(
        _ priority: Priority = .normal, key: String? = nil, request: String = "", due: NewJob.Due = .now,
        options: Job.Options = .init(), now: Date = noon
    ) throws -> Job.ID {
        let job = NewJob(
            id: .new(at: now, using: &self.generator), workflow: self.workflow, workflowVersion: 1, priority: priority,
            options: options, idempotency: key.map { .init(key: $0, request: request) }, due: due)
        return try self.queue.submit([job], by: "ann", now: now)[0].id
    }

    private mutating func lease(now: Date = noon) throws -> Lease {
        try #require(try self.queue.lease(self.session, limit: 1, now: now).first).lease
    }

    @Test mutating func `what ends without a robot's word is told once, from when it was first due`() throws {
        let cancelled = try self.submit(due: .after(.seconds(60)))
        let reported = try self.submit()
        _ = self.queue.takeChanges()
        let leased = try #require(try self.queue.lease(self.session, limit: 1, now: noon + 5).first)
        #expect(leased.lease.job == reported && leased.sinceDue == .seconds(5))
        let result = RunResult(success: true, error: nil, variables: [:], logs: [], nodeErrors: [])
        try self.queue.complete(leased.lease, result: result, now: noon + 6)
        try self.queue.cancel(cancelled, by: "ann", reason: nil, now: noon + 90)
        let told = self.queue.takeChanges().ended
        #expect(told == [EndedJob(queue: "default", workflow: "w", failure: nil, duration: .seconds(30))])
        let again = self.queue.takeChanges().ended
        #expect(again.isEmpty)

        _ = try self.submit()
        for round in 1...LeaseStore.crashesMax {
            let now = noon + Double(round) * 3600
            let session = try self.queue.openSession(Self.robot, boot: UUID(), now: now)
            _ = try self.queue.lease(session, limit: 1, now: now)
            _ = self.queue.sweep(now: now + 1800)
            let failures = self.queue.takeChanges().ended.map(\.failure)
            #expect(failures == (round < LeaseStore.crashesMax ? [] : [.crashLoop]))
        }
    }

    @Test mutating func `the most urgent goes first, then who has waited longest`() throws {
        let normal = try [self.submit(), self.submit()]
        let low = try self.submit(.low)
        let urgent = try self.submit(.critical)
        let leased = try self.queue.lease(self.session, limit: 10, now: noon).map(\.lease)
        #expect(leased.map(\.job) == [urgent] + normal + [low])
        #expect(leased.map(\.token) == leased.map(\.token).sorted())
        // Who is handed back lines up anew.
        for lease in [leased[2], leased[1]] { try self.queue.release(lease, reason: "test", now: noon) }
        let again = try self.queue.lease(self.session, limit: 10, now: noon)
        #expect(again.map(\.lease.job) == [normal[1], normal[0]])
        #expect(again.map(\.attempt) == [1, 1])
    }

    @Test mutating func `a cancelled job leaves its line, and those behind it stay`() throws {
        let jobs = try (0..<5).map { _ in try self.submit() }
        for id in [jobs[3], jobs[0]] { try self.queue.cancel(id, by: "ann", reason: nil, now: noon) }
        #expect(
            try self.queue.lease(self.session, limit: 9, now: noon).map(\.lease.job) == [jobs[1], jobs[2], jobs[4]])
        #expect(throws: StoreError.invalidTransition(jobs[0], from: .cancelled, action: "cancelled")) {
            try self.queue.cancel(jobs[0], by: "ann", reason: nil, now: noon)
        }
    }

    @Test mutating func `the robot of a running job that is cancelled has something to hear`() throws {
        let running = try self.submit()
        _ = try self.queue.lease(self.session, limit: 1, now: noon)
        let waiting = try self.submit()
        _ = self.queue.takeChanges()
        try self.queue.cancel(waiting, by: "ann", reason: nil, now: noon)
        let before = self.queue.takeChanges()
        #expect(before.sessions.isEmpty)
        try self.queue.cancel(running, by: "ann", reason: nil, now: noon)
        let after = self.queue.takeChanges()
        #expect(after.sessions == [self.session])
    }

    @Test mutating func `leases that were handed back add up, and those before a failure do not count`() throws {
        _ = try self.submit(options: Job.Options(retry: RetryPolicy(.list([60]), jitter: 0)))
        let first = try self.lease()
        let atFirst = try self.queue.jobJournal(first).secondsSpent
        try self.queue.release(first, reason: "test", now: noon + 10)
        let second = try self.lease(now: noon + 20)
        let atSecond = try self.queue.jobJournal(second).secondsSpent
        try self.queue.fail(second, failure: Self.failure, result: nil, now: noon + 25)
        self.queue.promoteDue(now: noon + 100)
        let third = try self.lease(now: noon + 100)
        let atThird = try self.queue.jobJournal(third).secondsSpent
        #expect([atFirst, atSecond, atThird] == [0, 10, 0])
    }

    @Test mutating func `a job that is due later becomes ready at its time and not before`() throws {
        let second = try self.submit(due: .after(.seconds(20)))
        let first = try self.submit(due: .at(noon + 10))
        #expect(self.queue.counts.scheduled == 2 && self.queue.nextChange == noon + 10)
        #expect(self.queue.promoteDue(now: noon + 9.9) == 0)
        #expect(self.queue.promoteDue(now: noon + 10) == 1)
        #expect(self.queue.job(first)?.state == .pending(dueAt: nil))
        #expect(self.queue.job(second)?.state == .pending(dueAt: noon + 20))
        #expect(self.queue.promoteDue(now: noon + 25) == 1)
        #expect(try self.queue.lease(self.session, limit: 9, now: noon + 25).map(\.lease.job) == [first, second])
    }

    @Test mutating func `retries follow the policy, and then a dead letter tells them all`() throws {
        let twice = Job.Options(retry: try RetryPolicy(.list([7]), jitter: 0))
        let id = try self.submit(options: twice)
        let first = try self.lease()
        #expect(try self.queue.fail(first, failure: Self.failure, result: nil, now: noon) == .retrying(at: noon + 7))
        #expect(throws: StoreError.leaseLost(id)) {
            try self.queue.fail(first, failure: Self.failure, result: nil, now: noon)
        }
        self.queue.promoteDue(now: noon + 7)
        let second = try self.lease(now: noon + 7)
        #expect(try self.queue.fail(second, failure: Self.failure, result: nil, now: noon + 8) == .deadLettered)
        let letter = try #require(self.queue.deadLetter(id))
        #expect(letter.attempts.map(\.number) == [1, 2] && letter.status == .open)
        #expect(self.queue.counts.deadLettersOpen == 1)
        let replay = try self.queue.retry(id, by: "ann", variables: ["x": 1], now: noon + 9)
        #expect(self.queue.job(replay)?.retryOf == id && self.queue.job(replay)?.variables == ["x": 1])
        #expect(throws: StoreError.alreadyReplayed(id, as: replay)) {
            _ = try self.queue.retry(id, by: "bob", now: noon + 10)
        }
        #expect(self.queue.job(id)?.status == .failed && self.queue.counts.deadLettersOpen == 0)
        #expect(
            self.queue.events(id)
                == ["submitted", "leased", "retrying", "leased", "failed", "dead_lettered", "retried"])
    }

    @Test mutating func `a retry keeps the journal up to the last change of the world`() throws {
        func row(_ step: Int, _ effect: String, _ result: String?) -> JournalRow {
            JournalRow(
                step: step, node: "n", nodeType: "T", effect: effect, result: result, startedAt: noon,
                finishedAt: result == nil ? nil : noon)
        }
        let id = try self.submit()
        let lease = try self.lease()
        let rows = [
            row(0, "effect", #"{"outputs":{}}"#), row(1, "captured", #"{"outputs":{}}"#), row(2, "effect", nil),
            row(3, "captured", #"{"outputs":{}}"#), row(4, "effect", #"{"error":"no"}"#),
        ]
        try self.queue.checkpoint(lease, entries: rows)
        try self.queue.fail(lease, failure: Self.failure, result: nil, now: noon)
        #expect(try self.queue.steps(id) == Array(rows[...2]))
    }

    @Test mutating func `a robot that is not heard of loses its jobs, five times in a row at most`() throws {
        let id = try self.submit()
        var now = noon
        var session = self.session
        for crash in 1...5 {
            let lease = try #require(try self.queue.lease(session, limit: 1, now: now).first).lease
            #expect(self.queue.sweep(now: now + 29.9).sessionsEnded == 0)
            now += 30
            let report = self.queue.sweep(now: now)
            #expect(report.sessionsEnded == 1)
            #expect(report.requeued.map(\.job) == (crash < 5 ? [id] : []))
            #expect(throws: StoreError.leaseLost(id)) { try self.queue.checkpoint(lease, entries: []) }
            #expect(throws: StoreError.sessionEnded(session)) {
                _ = try self.queue.renew(session, held: [lease], now: now)
            }
            session = try self.queue.openSession(Self.robot, boot: UUID(), now: now)
        }
        #expect(self.queue.deadLetter(id)?.failure.kind == .crashLoop)
        #expect(self.queue.deadLetter(id)?.attempts.count == 5)
    }

    @Test mutating func `a job that got further than before is not in a crash loop`() throws {
        let id = try self.submit()
        let done = JournalRow(
            step: 0, node: "n", nodeType: "T", effect: "effect", result: "{}", startedAt: noon, finishedAt: noon)
        for boot in 1...6 {
            let session = try self.queue.openSession(Self.robot, boot: UUID(), now: noon)
            let lease = try #require(try self.queue.lease(session, limit: 1, now: noon).first).lease
            if boot == 4 { try self.queue.checkpoint(lease, entries: [done]) }
            _ = self.queue.sweep(now: noon + 30)
        }
        #expect(self.queue.job(id)?.status == .pending)
    }

    @Test mutating func `a boot that opens another session has lost its first, and what that held`() throws {
        let boot = UUID()
        let first = try self.queue.openSession(Self.robot, boot: boot, now: noon)
        let id = try self.submit()
        _ = try self.queue.lease(first, limit: 1, now: noon)
        _ = try self.queue.openSession(Self.robot, boot: boot, now: noon)
        #expect(throws: StoreError.sessionEnded(first)) { _ = try self.queue.lease(first, limit: 1, now: noon) }
        #expect(self.queue.sweep(now: noon).requeued.map(\.job) == [id])
    }

    @Test mutating func `a lease that its robot does not know of is taken from it after a minute`() throws {
        let ids = [try self.submit(), try self.submit()]
        let leases = try self.queue.lease(self.session, limit: 2, now: noon).map(\.lease)
        #expect(try self.queue.renew(self.session, held: [leases[0]], now: noon + 60).lost.isEmpty)
        #expect(self.queue.counts.running == 2)
        #expect(try self.queue.renew(self.session, held: [leases[0]], now: noon + 60.1).lost.isEmpty)
        #expect(self.queue.job(ids[0])?.status == .running && self.queue.job(ids[1])?.status == .pending)
        #expect(try self.queue.renew(self.session, held: leases, now: noon + 61).lost == [ids[1]])
    }

    @Test mutating func `slots in use are the leases that there are`() throws {
        for _ in 0..<3 { _ = try self.submit() }
        let leases = try self.queue.lease(self.session, limit: 2, now: noon).map(\.lease)
        #expect(try self.queue.robot(Self.robot, now: noon).status == .busy)
        try self.queue.release(leases[0], reason: "test", now: noon)
        #expect(try self.queue.robot(Self.robot, now: noon).slotsInUse == 1)
        try self.queue.closeSession(self.session, now: noon)
        let robot = try self.queue.robot(Self.robot, now: noon)
        #expect(robot.slotsInUse == 0 && robot.status == .offline)
        #expect(self.queue.counts.ready == 3)
    }

    @Test mutating func `a key stands for its first job, for its time and for one request`() throws {
        let first = try self.submit(key: "k", request: "a")
        #expect(try self.submit(key: "k", request: "a", now: noon + 86_399) == first)
        #expect(throws: StoreError.idempotencyConflict(key: "k", job: first)) {
            _ = try self.submit(key: "k", request: "b", now: noon + 1)
        }
        #expect(self.queue.counts.ready == 1)
        #expect(try self.submit(key: "k", request: "b", now: noon + 86_400) != first)
    }

    @Test mutating func `a submit that is refused leaves nothing behind`() throws {
        let jobs = [1, 2].map { version in
            NewJob(workflow: self.workflow, workflowVersion: version, idempotency: .init(key: "k", request: ""))
        }
        #expect(throws: StoreError.self) { _ = try self.queue.submit(jobs, by: "ann", now: noon) }
        #expect(self.queue.jobs(limit: 9).isEmpty && self.queue.counts.ready == 0)
        #expect(try self.queue.submit([jobs[0]], by: "ann", now: noon)[0].isDuplicate == false)
    }

    @Test mutating func `the attempt at whose question a job was cancelled is there, and an answered one once`() throws
    {
        let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
        let id = try self.submit()
        let first = try self.lease()
        try self.queue.block(first, question: question, now: noon + 9)
        try self.queue.resolve(id, step: 0, as: .retry, by: "bob", reason: "not there", now: noon + 20)
        let answered = try self.submit()
        let second = try self.lease(now: noon + 21)
        try self.queue.block(second, question: question, now: noon + 29)
        try self.queue.cancel(id, by: "bob", reason: nil, now: noon + 40)
        let attempts = try self.queue.past(of: id).attempts
        #expect(attempts.map(\.number) == [1, 2] && attempts.map(\.robot) == ["r1", "r1"])
        #expect(attempts.map(\.startedAt) == [noon, noon + 21])
        #expect(attempts.map(\.finishedAt) == [noon + 9, noon + 29])
        #expect(attempts.map(\.question?.text) == ["Done?", "Done?"])
        #expect(attempts.map(\.question?.answer?.answer) == ["retry", nil])

        let third = try self.lease(now: noon + 41)
        try self.queue.block(third, question: question, now: noon + 42)
        try self.queue.resolve(answered, step: 0, as: .skip, by: "bob", reason: "seen", now: noon + 43)
        try self.queue.cancel(answered, by: "bob", reason: nil, now: noon + 44)
        #expect(try self.queue.past(of: answered).attempts.map(\.question?.answer?.answer) == ["skip"])
    }

    @Test mutating func `what only a database's queue knows is refused`() throws {
        let job = NewJob(workflow: self.workflow, workflowVersion: 1)
        var asking = [job, job, job, job]
        asking[0].queueKey = "k"
        asking[1].requirements = Job.Requirements(tags: ["gpu"])
        asking[2].deadline = .after(.seconds(60))
        asking[3].uniqueness = try Job.Uniqueness("k")
        for job in asking {
            #expect(throws: StoreError.notInMemory) { try self.queue.submit([job], by: "ann", now: noon) }
        }
        #expect(self.queue.jobs(limit: 9).isEmpty)
    }

    @Test mutating func `what ended first is forgotten first, and an open dead letter is not`() throws {
        self.queue = MemoryQueue(endedJobsMax: 2, generator: Numbers(state: 3))
        _ = self.queue.push(name: "w", document: "{}", by: "ann", now: noon)
        let workflow = try self.queue.workflow(idOrName: "w").id
        self.queue.register(Self.robot, environment: "default", tags: [], capabilities: [], slots: 2, now: noon)
        let session = try self.queue.openSession(Self.robot, boot: UUID(), now: noon)
        let ids = try (0..<5).map { number in
            let job = NewJob(
                id: .new(at: noon + Double(number), using: &self.generator), workflow: workflow, workflowVersion: 1,
                idempotency: .init(key: "\(number)", request: ""))
            return try self.queue.submit([job], by: "ann", now: noon)[0].id
        }
        for (number, leased) in try self.queue.lease(session, limit: 9, now: noon).enumerated() {
            if number == 0 {
                let business = Failure(kind: .business, message: "no", type: "E")
                try self.queue.fail(leased.lease, failure: business, result: nil, now: noon)
            } else {
                try self.queue.complete(
                    leased.lease,
                    result: RunResult(success: true, error: nil, variables: [:], logs: [], nodeErrors: []), now: noon)
            }
        }
        self.queue.sweep(now: noon)
        #expect(self.queue.jobs(limit: 9).map(\.id) == [ids[4], ids[3], ids[0]])
        #expect(try self.queue.deadLetters(limit: 9).letters.map(\.id) == [ids[0]])
    }

    @Test mutating func `lists begin behind the cursor and end at their limit`() throws {
        let ids = try (0..<6).map { try self.submit(now: noon + Double($0)) }
        #expect(self.queue.jobs(limit: 2).map(\.id) == [ids[5], ids[4]])
        #expect(self.queue.jobs(before: ids[4], limit: 2).map(\.id) == [ids[3], ids[2]])
        let span = JobFilter(since: noon + 1, until: noon + 3)
        #expect(self.queue.jobs(span, limit: 9).map(\.id) == [ids[2], ids[1]])
        _ = try self.queue.lease(self.session, limit: 1, now: noon)
        #expect(self.queue.jobs(JobFilter(status: .running), limit: 9).map(\.id) == [ids[0]])
    }

    @Test mutating func `any job that has ended runs again, with the version that is asked for`() throws {
        let cancelled = try self.submit()
        try self.queue.cancel(cancelled, by: "ann", reason: nil, now: noon)
        let completed = try self.submit()
        try self.queue.complete(try self.lease(), result: .ok(), now: noon)
        _ = self.queue.push(name: "w", document: #"{"v": 2}"#, by: "ann", now: noon)
        for id in [cancelled, completed] {
            let same = try self.queue.retry(id, by: "bob", now: noon + 1)
            let latest = try self.queue.retry(id, version: .latest, by: "bob", variables: ["x": 1], now: noon + 2)
            #expect(self.queue.job(same)?.retryOf == id && self.queue.job(same)?.workflowVersion == 1)
            #expect(self.queue.job(latest)?.workflowVersion == 2 && self.queue.job(latest)?.variables == ["x": 1])
            #expect(throws: StoreError.stepsOfOtherVersion(id)) {
                _ = try self.queue.retry(id, from: .step(0), version: .latest, by: "bob", now: noon + 3)
            }
        }
        #expect(throws: StoreError.nothingFailed(completed, status: .completed)) {
            _ = try self.queue.retry(completed, from: .failed, by: "bob", now: noon + 3)
        }
        #expect(throws: StoreError.notFound(.deadLetter, completed.description)) {
            _ = try self.queue.replay(completed, by: "bob", now: noon + 3)
        }
        let pending = try self.submit()
        #expect(throws: StoreError.self) { _ = try self.queue.retry(pending, by: "bob", now: noon + 3) }
    }

    @Test(arguments: [true, false])
    mutating func `a letter is replayed again unless its replay completed`(completes: Bool) throws {
        let id = try self.submit(options: Job.Options(retry: .never))
        try self.queue.fail(try self.lease(), failure: Self.failure, result: nil, now: noon)
        let first = try self.queue.replay(id, by: "ann", now: noon + 1)
        #expect(throws: StoreError.alreadyReplayed(id, as: first)) {
            _ = try self.queue.retry(id, by: "ann", now: noon + 2)
        }
        let lease = try self.lease(now: noon + 2)
        #expect(lease.job == first)
        if completes {
            try self.queue.complete(lease, result: .ok(), now: noon + 3)
            #expect(throws: StoreError.letterResolved(id)) { _ = try self.queue.replay(id, by: "ann", now: noon + 4) }
            #expect(throws: StoreError.alreadyReplayed(id, as: first)) {
                _ = try self.queue.retry(id, by: "ann", now: noon + 4)
            }
        } else {
            try self.queue.fail(lease, failure: Self.failure, result: nil, now: noon + 3)
            let second = try self.queue.replay(id, by: "ann", now: noon + 4)
            #expect(self.queue.deadLetter(id)?.replayedAs == second)
            // That of the job that failed again is the only open one.
            #expect(self.queue.counts.deadLettersOpen == 1)
        }
    }

    @Test mutating func `letters of a chain of replays are resolved by the one that completes`() throws {
        let id = try self.submit(options: Job.Options(retry: .never))
        try self.queue.fail(try self.lease(), failure: Self.failure, result: nil, now: noon)
        var last = id
        for second in 1...2 {
            last = try self.queue.replay(last, by: "ann", now: noon + Double(second))
            let lease = try self.lease(now: noon + Double(second))
            try self.queue.fail(lease, failure: Self.failure, result: nil, now: noon + Double(second))
        }
        let done = try self.queue.replay(last, by: "ann", now: noon + 3)
        #expect(throws: StoreError.alreadyReplayed(id, as: done)) {
            _ = try self.queue.replay(id, by: "bob", now: noon + 3)
        }
        try self.queue.complete(try self.lease(now: noon + 3), result: .ok(), now: noon + 4)
        let letters = try self.queue.deadLetters(limit: 9).letters
        #expect(letters.count == 3 && letters.allSatisfy { $0.status == .resolved && $0.replay?.job == done })
    }

    @Test mutating func `the workflow's policy and what a server asks for count here too`() throws {
        let document = #"{"settings": {"retry": {"backoff": "fixed", "delay_seconds": 40, "jitter": 0}}}"#
        _ = self.queue.push(name: "w", document: document, by: "ann", now: noon)
        let numbers: [(version: Int, asked: Double?, delay: Double)] = [(2, nil, 40), (2, 39, 40), (2, 41, 41)]
        for (version, asked, delay) in numbers {
            let job = NewJob(
                id: .new(at: noon, using: &self.generator), workflow: self.workflow, workflowVersion: version)
            let id = try self.queue.submit([job], by: "ann", now: noon)[0].id
            let failure = Failure(kind: .application, message: "m", type: "E", retryAfterSeconds: asked)
            let lease = try self.lease()
            #expect(lease.job == id)
            #expect(
                try self.queue.fail(lease, failure: failure, result: nil, now: noon) == .retrying(at: noon + delay))
        }
    }

    @Test func `the same calls have the same effects`() throws {
        func trail() throws -> [Job.ID] {
            var queue = MemoryQueue(generator: Numbers(state: 9))
            let workflow = queue.push(name: "w", document: "{}", by: "ann", now: noon).version.workflow
            queue.register(Self.robot, environment: "default", tags: [], capabilities: [], slots: 2, now: noon)
            let session = try queue.openSession(Self.robot, boot: UUID(), now: noon)
            var numbers = Numbers(state: 4)
            for _ in 0..<50 {
                let job = NewJob(id: .new(at: noon, using: &numbers), workflow: workflow, workflowVersion: 1)
                _ = try queue.submit([job], by: "ann", now: noon)
            }
            _ = try queue.lease(session, limit: 50, now: noon)
            _ = queue.sweep(now: noon + 60)
            let next = try queue.openSession(Self.robot, boot: UUID(), now: noon + 60)
            var order: [Job.ID] = []
            for leased in try queue.lease(next, limit: 50, now: noon + 60) {
                let business = Failure(kind: .business, message: "no", type: "E")
                try queue.fail(leased.lease, failure: business, result: nil, now: noon + 60)
                order += [leased.lease.job, try queue.retry(leased.lease.job, by: "ann", now: noon + 61)]
            }
            return order
        }
        #expect(try trail() == trail())
    }
}

struct SortedKeysTests {
    @Test func `keys come in order, however they were put in and taken out`() {
        var numbers = Numbers(state: 5)
        var keys = SortedKeys<Int>()
        var expected: [Int] = []
        for round in 0..<20_000 {
            switch Int.random(in: 0..<10, using: &numbers) {
            case 0..<4:
                keys.insert(round)
                expected.append(round)
            case 4:
                let key = -round
                keys.insert(key)
                expected.insert(key, at: 0)
            case 5..<8:
                guard let first = keys.first else { continue }
                keys.remove(first)
                #expect(expected.removeFirst() == first)
            default:
                guard let key = expected.randomElement(using: &numbers) else { continue }
                keys.remove(key)
                expected.removeAll { $0 == key }
            }
        }
        #expect(Array(keys.all) == expected && keys.count == expected.count)
        let middle = expected[expected.count / 2]
        #expect(Array(keys.below(middle)) == expected.filter { $0 < middle })
    }

    @Test func `many taken from the front are given up`() {
        var keys = SortedKeys<Int>()
        for key in 0..<10_000 { keys.insert(key) }
        for key in 0..<9_990 { keys.remove(key) }
        #expect(Array(keys.all) == Array(9_990..<10_000))
    }
}

import CasareDomain
import FoundationEssentials

extension MemoryQueue {
    /// A job and all that became of it.
    struct Record: Sendable {
        /// Where it stands, with exactly the data that exists there.
        enum Place: Sendable {
            /// Not yet anywhere.
            case new
            case ready(turn: Int64, attempt: Int, crashes: Int)
            case scheduled(attempt: Int, dueAt: Date)
            case leased(Holding)
            case blocked(Blockage)
            case paused(Halt)
            /// Final.
            case ended(Job.Outcome, attempt: Int)
        }

        /// The lease itself: whoever knows its token may end it.
        struct Holding: Sendable {
            let token: Lease.Token
            let session: Robot.SessionID
            let attempt: Int
            /// Consecutive crashes before this attempt.
            let crashes: Int
            let since: Date
            /// The job is to be paused when it is put back.
            var pause: Job.Pause?
        }

        /// A pause, and where the job goes on from.
        struct Halt: Sendable {
            let pause: Job.Pause
            let attempt: Int
            let crashes: Int
            let dueAt: Date?
        }

        struct Blockage: Sendable {
            let question: Job.Question
            let attempt: Int
            let robot: Robot.ID?
            let since: Date
        }

        struct Journaled: Sendable {
            let row: JournalRow
            /// Of the lease under which it was written.
            let token: Lease.Token
        }

        struct Attempt: Sendable {
            let number: Int
            let robot: Robot.ID?
            let startedAt: Date
            let finishedAt: Date
            /// The robot died: such an attempt is not one of those that the retry policy counts.
            let isCrash: Bool
            let failure: Failure
        }

        /// A line of the log.
        struct Logged: Sendable {
            /// With its place in the job's log.
            let line: Job.LogLine
            /// Of the lease under which it was written.
            let token: Lease.Token
            /// Its place among the lines of that lease.
            let number: Int
        }

        struct Letter: Sendable {
            let failure: Failure
            let openedAt: Date
            var replayedAs: Job.ID?
        }

        struct Event: Sendable {
            enum Kind: String, Sendable, CaseIterable {
                case submitted, leased, completed, failed, retrying, cancelled, released, blocked, retried
                case resolved, forked, paused, resumed
                case deadLettered = "dead_lettered"
                case leaseExpired = "lease_expired"
            }

            let kind: Kind
            let at: Date
            let detail: Object
        }

        /// What a job has of another one, whose steps it goes on from.
        struct Heritage: Sendable {
            let origin: Job.Origin
            /// The job whose random numbers go on.
            let seed: Job.ID
        }

        let job: NewJob
        let workflowName: String
        let retryOf: Job.ID?
        let createdAt: Date
        let createdBy: String
        /// For the first time.
        let dueAt: Date
        var heritage: Heritage?
        var place = Place.new
        /// By step.
        var journal: [Int: Journaled] = [:]
        var attempts: [Attempt] = []
        var letter: Letter?
        var events: [Event] = []
        var log: [Logged] = []
    }
}

extension MemoryQueue.Record {
    /// Attempts that failed, crashes not counted.
    var failures: Int { self.attempts.count { !$0.isCrash } }

    var rows: [JournalRow] { self.journal.values.map(\.row).sorted { $0.step < $1.step } }

    /// How long the leases ran that have ended since the job was last to be tried again after a failure, or since a
    /// person answered for a step of it.
    var secondsSpent: Double {
        var (seconds, since): (Double, Date?) = (0, nil)
        for event in self.events {
            switch event.kind {
            case .leased: since = event.at
            case .released, .leaseExpired, .blocked, .paused:
                if let since { seconds += max(0, event.at.timeIntervalSince(since)) }
                since = nil
            case .retrying, .resolved: (seconds, since) = (0, nil)
            case .submitted, .completed, .failed, .cancelled, .retried, .deadLettered, .forked, .resumed:
                break
            }
        }
        return seconds
    }

    /// Drops what an automatic retry does anew: everything after the last change of the world that is known to have
    /// happened or, of an effect without a result, may have happened.
    mutating func trimJournal() {
        let last = self.journal.values.filter { $0.row.isKeptByRetry }.map(\.row.step).max() ?? -1
        self.journal = self.journal.filter { $0.key <= last }
    }

    /// - Parameter robot: of the session that holds the lease.
    func job(withResult: Bool = true, heldBy robot: Robot.ID?) -> Job {
        let state: Job.State
        let attempt: Int
        switch self.place {
        case .new: (state, attempt) = (.pending(dueAt: nil), 0)
        case .ready(_, let begun, _): (state, attempt) = (.pending(dueAt: nil), begun)
        case .scheduled(let begun, let dueAt): (state, attempt) = (.pending(dueAt: dueAt), begun)
        case .leased(let holding):
            state = .running(
                Job.Running(robot: robot?.rawValue ?? "", since: holding.since, pause: holding.pause))
            attempt = holding.attempt
        case .blocked(let blockage):
            (state, attempt) = (.blocked(blockage.question, since: blockage.since), blockage.attempt)
        case .paused(let halt): (state, attempt) = (.paused(halt.pause, dueAt: halt.dueAt), halt.attempt)
        case .ended(let outcome, let begun):
            (state, attempt) = (.finished(withResult ? outcome : outcome.withoutResult), begun)
        }
        return Job(
            id: self.job.id, workflow: self.job.workflow, workflowName: self.workflowName,
            workflowVersion: self.job.workflowVersion, priority: self.job.priority, environment: self.job.environment,
            variables: self.job.variables, options: self.job.options, attempt: attempt, state: state,
            idempotencyKey: self.job.idempotency?.key, retryOf: self.retryOf, createdAt: self.createdAt,
            createdBy: self.createdBy, forkedFrom: self.heritage?.origin, traceID: self.job.trace.traceID)
    }

    /// - Parameters:
    ///   - replay: the last one, where there was one.
    ///   - resolution: that it has completed.
    func deadLetter(replay: DeadLetter.Replay? = nil, resolution: DeadLetter.Note? = nil) -> DeadLetter? {
        self.letter.map { letter in
            var (robot, begun): (String?, Int) = (nil, 0)
            if case .ended(let outcome, let attempt) = self.place { (robot, begun) = (outcome.robot, attempt) }
            return DeadLetter(
                id: self.job.id, workflow: self.job.workflow, workflowName: self.workflowName,
                workflowVersion: self.job.workflowVersion, environment: self.job.environment,
                priority: self.job.priority, queueKey: nil, tags: [], variables: self.job.variables,
                failure: letter.failure, fingerprint: letter.failure.fingerprint, robot: robot,
                step: self.rows.last { $0.result != nil }?.step, attemptCount: begun,
                attempts: self.attempts.map { attempt in
                    DeadLetter.Attempt(
                        number: attempt.number, robot: attempt.robot?.rawValue, startedAt: attempt.startedAt,
                        finishedAt: attempt.finishedAt, failure: attempt.failure)
                }, openedAt: letter.openedAt, replay: replay, resolution: resolution,
                traceID: self.job.trace.traceID)
        }
    }
}

extension JournalRow {
    var isKeptByRetry: Bool {
        guard let result else { return self.effect == "effect" }
        guard self.effect == "effect" || self.effect == "idempotent" else { return false }
        // A result is the engine's own text; one that cannot be read tells of no error.
        guard let failure = try? Value(parsingJSON: result), failure["error"] != nil else { return true }
        // That an effect counts as failed was decided: it may have happened all the same.
        return self.effect == "effect" && failure["type"]?.string == Job.Resolution.failureType
    }
}

extension Job.Outcome {
    fileprivate var withoutResult: Job.Outcome {
        Job.Outcome(
            kind: self.kind, result: nil, message: self.message, robot: self.robot, startedAt: self.startedAt,
            finishedAt: self.finishedAt, failure: self.failure)
    }
}

public import FoundationEssentials

/// Decides what an operation does next: which of its items, how many of them now, or that it waits, or is at its end.
///
/// An operation goes over its items in passes. `act` does the verb to one after the other. A cancellation that can be
/// undone only pauses in that pass, waits until its time to undo is over (`holding`) and cancels in a second one,
/// `release`. `undo` takes back what was done. What a person or the operation itself holds up stays in its pass.
///
/// Whoever performs it asks `next(at:)`, does that, and tells what came of it.
public struct OperationState: Hashable, Sendable {
    public enum Pass: String, Hashable, Sendable, CaseIterable {
        case act, release, undo
    }

    /// Where it stands in its life.
    public enum Phase: Hashable, Sendable {
        case passing(Pass)
        /// All items are held until the time to undo is over.
        case holding(until: Date)
        case over(Ending)
    }

    public enum Ending: String, Hashable, Sendable {
        case completed, cancelled, undone
    }

    /// Who keeps it from going on.
    public enum Halt: String, Hashable, Sendable {
        /// A person.
        case paused
        /// Its canary or its error rate.
        case stopped
        /// That a second person must agree first.
        case awaitingApproval = "awaiting_approval"
    }

    /// What to do now.
    public enum Next: Hashable, Sendable {
        /// Do this to at most so many items of a pass, from its position on.
        case work(Pass, itemsMax: Int)
        /// Look which of the new jobs have ended, and ask again.
        case settle
        /// Nothing before this time.
        case wait(until: Date)
        /// Nothing, until somebody asks for something.
        case rest
    }

    /// Why what somebody asked for cannot be.
    public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// Of the items or ended jobs that its error rate is taken of, at least so many.
    public static let samplesMin = 20
    /// One that watches its error rate has few jobs under way at first, and more with each that has ended: it could not
    /// stop what is submitted already.
    public static let openAtFirst = 20
    public static let openMax = 1_000
    /// What was not used of a rate while nothing could be done is caught up on for this long, and no more.
    public static let burstSeconds = 1.0
    /// Jobs that have been submitted are counted for so long after the last one.
    public static let settlingMax = Duration.seconds(86_400)
    /// How soon it looks again for jobs that have ended, while it waits for them, and when it only counts them.
    public static let settleInterval = 1.0
    public static let idleSettleInterval = 5.0
    /// How soon it looks on where it could not look at all of them at once.
    public static let stretchInterval = 0.1

    public let plan: Operation.Plan
    public let count: Int
    public internal(set) var phase: Phase
    public internal(set) var halt: Halt?
    /// The next item of the pass, from 0.
    public internal(set) var position: Int
    public internal(set) var progress: Operation.Progress
    /// The jobs that ran first have completed, or a person went on without that.
    public internal(set) var isCanaryPassed: Bool
    /// What counted for the error rate before a person resumed it: from then on it counts anew.
    public internal(set) var samplesBefore: Samples
    /// When the next item is due by the rate; `nil`: at once.
    public internal(set) var nextDueAt: Date?
    public internal(set) var startedAt: Date?
    public internal(set) var finishedAt: Date?
    public internal(set) var undoUntil: Date?
    public internal(set) var reason: String?
    public internal(set) var by: String?

    /// What was tried and has ended, and how much of it badly.
    public struct Samples: Hashable, Sendable {
        public var count: Int
        public var failed: Int

        public init(count: Int = 0, failed: Int = 0) {
            self.count = count
            self.failed = failed
        }
    }

    /// One that has just been frozen, or one as it was stored.
    public init(
        plan: Operation.Plan, count: Int, phase: Phase = .passing(.act), halt: Halt? = nil, position: Int = 0,
        progress: Operation.Progress = .init(), isCanaryPassed: Bool = false, samplesBefore: Samples = .init(),
        nextDueAt: Date? = nil, startedAt: Date? = nil, finishedAt: Date? = nil, undoUntil: Date? = nil,
        reason: String? = nil, by: String? = nil
    ) {
        self.plan = plan
        self.count = count
        self.phase = phase
        self.halt = halt
        self.position = position
        self.progress = progress
        self.isCanaryPassed = isCanaryPassed
        self.samplesBefore = samplesBefore
        self.nextDueAt = nextDueAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.undoUntil = undoUntil
        self.reason = reason
        self.by = by
    }

    /// The state's name, as people and programs see it.
    public var status: Operation.Status {
        switch (self.phase, self.halt) {
        case (.over(.completed), _): .completed
        case (.over(.cancelled), _): .cancelled
        case (.over(.undone), _): .undone
        case (_, .paused): .paused
        case (_, .stopped): .stopped
        case (_, .awaitingApproval): .awaitingApproval
        case (.passing(.undo), nil): .undoing
        case (.holding, nil): .holding
        case (.passing(.act), nil), (.passing(.release), nil): .running
        }
    }

    /// Whether a cancellation only holds its jobs at first.
    public var holdsFirst: Bool { self.plan.verb == .cancel && self.plan.undoWithin != nil }

    /// New jobs that have not ended.
    public var openReplays: Int {
        self.plan.verb.isRerun ? max(0, self.progress.succeeded - self.progress.replaysEnded) : 0
    }

    // MARK: Asked by the one who performs it

    public mutating func next(at now: Date) -> Next {
        switch self.phase {
        case .over:
            return self.settling(at: now)
        case .holding(let until):
            guard self.halt == nil else { return .rest }
            guard now >= until else { return .wait(until: until) }
            self.begin(.release)
            return self.next(at: now)
        case .passing(let pass):
            guard self.halt == nil else { return self.openReplays > 0 ? .settle : .rest }
            if self.startedAt == nil { self.startedAt = now }
            guard self.position < self.last(of: pass) else {
                self.passEnded(pass, at: now)
                return self.next(at: now)
            }
            switch pass {
            case .act: return self.nextItems(at: now)
            case .release, .undo: return .work(pass, itemsMax: self.last(of: pass) - self.position)
            }
        }
    }

    /// Items beyond it were never tried, and there is nothing to take back of them.
    private func last(of pass: Pass) -> Int {
        switch pass {
        case .act: self.count
        case .release, .undo: self.progress.done
        }
    }

    private func nextItems(at now: Date) -> Next {
        var items = self.count - self.position
        if let canary = self.plan.canary, !self.isCanaryPassed {
            let rest = canary - self.progress.succeeded
            // The first ones are under way: nothing more until they have ended.
            guard rest > 0 else { return .settle }
            items = min(items, rest)
        }
        if self.plan.stopOnErrorRate != nil {
            let room = min(Self.openMax, Self.openAtFirst + 2 * self.progress.replaysEnded) - self.openReplays
            guard room > 0 else { return .settle }
            items = min(items, room)
        }
        if let rate = self.plan.ratePerSecond {
            let due = self.due(at: now, rate)
            guard due <= now else { return .wait(until: due) }
            items = min(items, Int((now.timeIntervalSince(due) * rate).rounded(.down)) + 1)
        }
        return .work(.act, itemsMax: items)
    }

    /// When the next item is due; what was not used counts for `burstSeconds` at the most.
    private func due(at now: Date, _ rate: Double) -> Date {
        max(self.nextDueAt ?? now, now.addingTimeInterval(-Self.burstSeconds))
    }

    private func settling(at now: Date) -> Next {
        guard self.openReplays > 0, let finishedAt,
            now < finishedAt.addingTimeInterval(Double(Self.settlingMax.components.seconds))
        else { return .rest }
        return .settle
    }

    // MARK: What came of it

    /// What one batch did, in the pass that was asked for.
    public struct Batch: Hashable, Sendable {
        public let pass: Pass
        public var succeeded: Int
        public var failed: Int
        public var skipped: Int
        /// What the first refused item said.
        public var firstError: String?

        public init(pass: Pass, succeeded: Int = 0, failed: Int = 0, skipped: Int = 0, firstError: String? = nil) {
            self.pass = pass
            self.succeeded = succeeded
            self.failed = failed
            self.skipped = skipped
            self.firstError = firstError
        }

        public var count: Int { self.succeeded + self.failed + self.skipped }
    }

    /// - Parameter position: behind the items that were looked at, of which a later pass may leave some alone.
    public mutating func batchDone(_ batch: Batch, upTo position: Int, at now: Date) {
        self.position = position
        switch batch.pass {
        case .act:
            if let rate = self.plan.ratePerSecond {
                self.nextDueAt = self.due(at: now, rate).addingTimeInterval(Double(batch.count) / rate)
            }
            self.progress.done += batch.count
            self.progress.succeeded += batch.succeeded
            self.progress.failed += batch.failed
            self.progress.skipped += batch.skipped
            if let error = batch.firstError, batch.failed > 0, self.isWithCanary {
                self.stop("canary: \(error)")
            }
            self.checkErrorRate()
        case .release:
            // They were counted when they were held.
            self.progress.succeeded -= batch.failed + batch.skipped
            self.progress.failed += batch.failed
            self.progress.skipped += batch.skipped
        case .undo:
            self.progress.undone += batch.succeeded
        }
        if case .passing(let pass) = self.phase, self.position >= self.last(of: pass), self.halt == nil {
            self.passEnded(pass, at: now)
        }
    }

    /// Some of the new jobs have ended.
    ///
    /// - Parameter firstFailure: which of them did not complete, and why.
    public mutating func replaysEnded(completed: Int, failed: Int, firstFailure: String?) {
        self.progress.replaysCompleted += completed
        self.progress.replaysEnded += completed + failed
        self.judge(firstFailure: firstFailure)
    }

    /// What the jobs that have ended say of its canary and its error rate. While a person has it paused nothing is said:
    /// it is looked at when it is resumed.
    mutating func judge(firstFailure: String?) {
        guard case .passing(.act) = self.phase, self.halt == nil else { return }
        if self.isWithCanary, let canary = self.plan.canary {
            // Until it has passed there are no others.
            let failed = self.progress.replaysEnded - self.progress.replaysCompleted
            if failed > 0 {
                self.stop("canary: \(firstFailure ?? "\(failed) of the first \(canary) jobs did not complete")")
            } else if self.progress.replaysCompleted >= canary {
                self.isCanaryPassed = true
                self.nextDueAt = nil
            }
        }
        self.checkErrorRate()
    }

    private var isWithCanary: Bool { self.plan.canary != nil && !self.isCanaryPassed }

    var samples: Samples {
        Samples(
            count: self.progress.failed + self.progress.replaysEnded,
            failed: self.progress.failed + self.progress.replaysEnded - self.progress.replaysCompleted)
    }

    private mutating func checkErrorRate() {
        guard let limit = self.plan.stopOnErrorRate, self.halt == nil, case .passing(.act) = self.phase,
            self.position < self.count
        else { return }
        let count = self.samples.count - self.samplesBefore.count
        let failed = self.samples.failed - self.samplesBefore.failed
        guard count >= Self.samplesMin, Double(failed) > limit * Double(count) else { return }
        self.stop("error rate: \(failed) of \(count) failed, which is more than \(Self.percent(limit))")
    }

    private static func percent(_ share: Double) -> String {
        let hundredths = Int((share * 10_000).rounded())
        return hundredths % 100 == 0 ? "\(hundredths / 100) %" : "\(Double(hundredths) / 100) %"
    }

    private mutating func stop(_ reason: String) {
        guard self.position < self.count else { return }
        self.halt = .stopped
        self.reason = reason
        self.by = nil
    }

    private mutating func begin(_ pass: Pass) {
        self.phase = .passing(pass)
        self.position = 0
        self.nextDueAt = nil
    }

    private mutating func passEnded(_ pass: Pass, at now: Date) {
        switch pass {
        case .act:
            if self.holdsFirst, self.progress.succeeded > 0, let undoWithin = self.plan.undoWithin {
                let until = now.addingTimeInterval(Self.seconds(undoWithin))
                self.undoUntil = until
                self.phase = .holding(until: until)
            } else {
                self.end(.completed, at: now)
            }
        case .release:
            self.undoUntil = nil
            self.end(.completed, at: now)
        case .undo:
            self.undoUntil = nil
            self.end(.undone, at: now)
        }
    }

    mutating func end(_ ending: Ending, at now: Date) {
        self.phase = .over(ending)
        self.halt = nil
        self.finishedAt = now
        // What a cancellation has ended is not to be had back.
        if let undoWithin = self.plan.undoWithin, ending != .undone, !self.holdsFirst, self.progress.succeeded > 0 {
            self.undoUntil = now.addingTimeInterval(Self.seconds(undoWithin))
        }
        if ending == .completed { (self.reason, self.by) = (nil, nil) }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
}

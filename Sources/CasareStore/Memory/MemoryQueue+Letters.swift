package import CasareDomain
import FoundationEssentials

/// As `DeadLetterStore`. Nobody acknowledges letters here; what became of their replays is seen at once.
extension MemoryQueue {
    package func deadLetter(_ job: Job.ID) -> DeadLetter? { self.records[job].flatMap(self.letter(of:)) }

    private func letter(of record: Record) -> DeadLetter? {
        guard let new = record.letter?.replayedAs else { return record.deadLetter() }
        // A job that is forgotten has ended, and nobody knows how.
        guard let replay = self.records[new] else {
            let at = record.letter?.openedAt ?? record.createdAt
            return record.deadLetter(
                replay: DeadLetter.Replay(job: new, at: at, by: DeadLetter.ownActor, endedAt: at))
        }
        var (endedAt, resolution): (Date?, DeadLetter.Note?) = (nil, nil)
        if case .ended(let outcome, _) = replay.place {
            endedAt = outcome.finishedAt
            if outcome.kind == .completed {
                resolution = DeadLetter.Note(at: outcome.finishedAt, by: DeadLetter.ownActor, reason: nil)
            }
        }
        return record.deadLetter(
            replay: DeadLetter.Replay(job: new, at: replay.createdAt, by: replay.createdBy, endedAt: endedAt),
            resolution: resolution)
    }

    /// The next letters that a filter names.
    ///
    /// - Throws: `StoreError.notFound` when there is no workflow as the filter names it.
    package func deadLetters(
        _ filter: DeadLetterFilter = DeadLetterFilter(), order: DeadLetterOrder = .newest,
        after cursor: DeadLetterStore.Cursor? = nil, limit: Int
    ) throws(StoreError) -> DeadLetterStore.Page {
        var workflow: Workflow.ID?
        if let name = filter.workflow { workflow = try self.workflow(idOrName: name).id }
        let letters = self.records.values.compactMap(self.letter(of:))
            .filter { [workflow] letter in
                (workflow.map { letter.workflow == $0 } ?? true) && filter.matches(letter)
            }
            .map { (place: DeadLetterStore.Cursor($0), letter: $0) }
            .sorted { left, right in
                switch order {
                case .newest: right.place.isBefore(left.place)
                case .oldest: left.place.isBefore(right.place)
                }
            }
            .drop(while: { letter in
                guard let cursor else { return false }
                return switch order {
                case .newest: !letter.place.isBefore(cursor)
                case .oldest: !cursor.isBefore(letter.place)
                }
            })
        let page = letters.prefix(limit)
        return DeadLetterStore.Page(
            letters: page.map { $0.letter }, next: letters.count > limit ? page.last?.place : nil)
    }
}

extension MemoryQueue {
    /// What helps to understand a letter.
    package func context(of letter: DeadLetter) -> DeadLetterContext {
        let day = 86_400.0
        let alike = self.records.values.compactMap(\.letter)
            .filter {
                $0.failure.fingerprint == letter.fingerprint
                    && abs($0.openedAt.timeIntervalSince(letter.openedAt)) <= day
            }
            .map(\.openedAt)
        let success = self.jobsInOrder.below(.lowerBound(at: letter.openedAt)).suffix(DeadLetterStore.successSampleMax)
            .reversed().lazy
            .compactMap { id in self.records[id].flatMap { self.success($0, of: letter) } }.first
        return DeadLetterContext(
            similar: DeadLetterContext.Similar(
                count: min(alike.count, DeadLetterStore.similarMax),
                isInexact: alike.count > DeadLetterStore.similarMax, firstOpenedAt: alike.min() ?? letter.openedAt,
                lastOpenedAt: alike.max() ?? letter.openedAt),
            lastSuccess: success)
    }

    /// `nil` unless the job is of the letter's workflow and had completed when it was opened.
    private func success(_ record: Record, of letter: DeadLetter) -> DeadLetterContext.Success? {
        guard record.job.workflow == letter.workflow, case .ended(let outcome, _) = record.place,
            outcome.kind == .completed, outcome.finishedAt < letter.openedAt
        else { return nil }
        return DeadLetterContext.Success(
            job: record.job.id, workflowVersion: record.job.workflowVersion, environment: record.job.environment,
            robot: outcome.robot, finishedAt: outcome.finishedAt, variables: record.job.variables)
    }
}

extension DeadLetterStore.Cursor {
    fileprivate init(_ letter: DeadLetter) {
        self.init(microseconds: Int64((letter.openedAt.timeIntervalSince1970 * 1_000_000).rounded()), job: letter.id)
    }

    fileprivate func isBefore(_ other: Self) -> Bool {
        self.microseconds == other.microseconds ? self.job < other.job : self.microseconds < other.microseconds
    }
}

extension DeadLetterFilter {
    /// Whether all but the workflow is true of a letter.
    fileprivate func matches(_ letter: DeadLetter) -> Bool {
        func holds<T: Equatable>(_ wanted: T?, _ value: T?) -> Bool { wanted == nil || wanted == value }
        let ofFailure =
            holds(self.kind, letter.failure.kind) && holds(self.type, letter.failure.type)
            && holds(self.fingerprint, letter.fingerprint) && holds(self.node, letter.failure.node)
            && (self.error.map { letter.failure.message.lowercased().contains($0.lowercased()) } ?? true)
        let ofJob =
            holds(self.version, letter.workflowVersion) && holds(self.robot, letter.robot)
            && holds(self.environment, letter.environment) && (self.tag.map(letter.tags.contains) ?? true)
            && self.variables.allSatisfy { letter.variables[$0.key] == $0.value }
        let inTime =
            (self.since.map { letter.openedAt >= $0 } ?? true) && (self.until.map { letter.openedAt < $0 } ?? true)
        return ofFailure && ofJob && inTime && (self.statuses.isEmpty || self.statuses.contains(letter.status))
    }
}

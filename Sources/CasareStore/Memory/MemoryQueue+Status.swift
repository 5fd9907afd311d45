import CasareDomain
package import FoundationEssentials

extension MemoryQueue {
    /// How everything stands, beside the counts of jobs and the robots: as `StatusStore` tells it. It looks at every job
    /// once, of which there are few enough here.
    package struct Overview: Hashable, Sendable {
        /// Queues by name, `StatusStore.queuesMax` at most.
        package let queues: [QueueOverview]
        package let hasMoreQueues: Bool
        package let letters: LetterOverview
        /// The shares are of all jobs that have ended within the hour.
        package let failing: [WorkflowFailures]
    }

    package func overview(now: Date) -> Overview {
        var queues: [String: QueueTally] = [:]
        var groups: [GroupKey: GroupTally] = [:]
        var endings: [Workflow.ID: EndingTally] = [:]
        var oldestOpenAt: Date?
        let hourAgo = now.addingTimeInterval(-3600)
        for session in self.sessions.values { queues[session.environment] = QueueTally() }
        for (id, record) in self.records {
            queues[record.job.environment, default: QueueTally()].count(record.place)
            if case .ended(let outcome, _) = record.place, outcome.finishedAt > hourAgo, outcome.kind != .cancelled {
                endings[record.job.workflow, default: EndingTally(workflowName: record.workflowName)].count(outcome)
            }
            guard record.letter?.replayedAs == nil, let letter = record.deadLetter() else { continue }
            oldestOpenAt = min(oldestOpenAt ?? letter.openedAt, letter.openedAt)
            let key = GroupKey(workflow: record.job.workflow, fingerprint: letter.fingerprint)
            groups[key, default: GroupTally(workflowName: record.workflowName)].count(id, letter)
        }
        let names = queues.keys.sorted()
        return Overview(
            queues: names.prefix(StatusStore.queuesMax).compactMap { name in queues[name]?.overview(of: name) },
            hasMoreQueues: names.count > StatusStore.queuesMax,
            letters: LetterOverview(
                acknowledged: BoundedCount(0), oldestOpenAt: oldestOpenAt, groups: Self.largest(groups)),
            failing: Self.worst(endings))
    }

    private struct QueueTally {
        var ready = 0
        var scheduled = 0
        var running = 0
        var paused = 0

        mutating func count(_ place: Record.Place) {
            switch place {
            case .ready: self.ready += 1
            case .scheduled: self.scheduled += 1
            case .leased: self.running += 1
            case .paused: self.paused += 1
            case .new, .blocked, .ended: break
            }
        }

        func overview(of name: String) -> QueueOverview {
            QueueOverview(
                name: name, isPaused: false, ready: BoundedCount(self.ready), scheduled: BoundedCount(self.scheduled),
                running: self.running, pausedJobs: BoundedCount(self.paused))
        }
    }

    private struct EndingTally {
        let workflowName: String
        var failed = 0
        var ended = 0

        mutating func count(_ outcome: Job.Outcome) {
            self.ended += 1
            if outcome.failure != nil { self.failed += 1 }
        }
    }

    private struct GroupKey: Hashable {
        let workflow: Workflow.ID
        let fingerprint: String
    }

    private struct GroupTally {
        let workflowName: String
        var count = 0
        /// The newest letter.
        var sample: (job: Job.ID, failure: Failure, openedAt: Date)?

        mutating func count(_ job: Job.ID, _ letter: DeadLetter) {
            self.count += 1
            if let sample, (sample.openedAt, sample.job) > (letter.openedAt, job) { return }
            self.sample = (job, letter.failure, letter.openedAt)
        }
    }

    private static func largest(_ groups: [GroupKey: GroupTally]) -> [LetterOverview.Group] {
        groups.sorted { one, another in
            (another.value.count, one.key.workflow, one.key.fingerprint)
                < (one.value.count, another.key.workflow, another.key.fingerprint)
        }.prefix(StatusStore.groupsMax).compactMap { key, tally in
            tally.sample.map { sample in
                LetterOverview.Group(
                    workflowName: tally.workflowName, fingerprint: key.fingerprint, count: tally.count,
                    failure: sample.failure, job: sample.job, lastOpenedAt: sample.openedAt)
            }
        }
    }

    private static func worst(_ endings: [Workflow.ID: EndingTally]) -> [WorkflowFailures] {
        endings.filter { $0.value.failed > 0 }.sorted { one, another in
            (another.value.failed, one.key) < (one.value.failed, another.key)
        }.prefix(StatusStore.workflowsMax).map { _, tally in
            WorkflowFailures(
                workflowName: tally.workflowName, failed: BoundedCount(tally.failed),
                share: Double(tally.failed) / Double(tally.ended))
        }
    }
}

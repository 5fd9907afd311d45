import CasareDomain
import CasareStore
import CasareWire

/// What the stores tell at one glance, as the API shows it.
extension StatusResponse {
    /// - Parameters:
    ///   - queues: by name; `hasMoreQueues`: there are others.
    ///   - blocked: the longest first.
    ///   - late: `nil` where there are no schedules.
    ///   - drift: `nil` where nothing can be applied.
    init(
        database: String, counts: JobCounts, robots: [Robot], blocked: [BlockedJob], queues: [QueueOverview],
        hasMoreQueues: Bool, letters: LetterOverview, failing: [WorkflowFailures], late: LateSchedules? = nil,
        drift: AppliedDrift? = nil
    ) {
        var inexact = counts.inexact.map(\.wireName)
        if !letters.acknowledged.isExact { inexact.append("dead_letters.acknowledged") }
        if let late, !late.count.isExact { inexact.append("schedules.late") }
        if let drift, !drift.count.isExact { inexact.append("drift.count") }
        if hasMoreQueues { inexact.append("queues") }
        self.init(
            version: CasareVersion.current, database: database,
            jobs: Jobs(
                pending: counts.ready, scheduled: counts.scheduled, running: counts.running, blocked: counts.blocked,
                paused: counts.paused),
            robotsOnline: robots.count { $0.status != .offline && $0.status != .stale },
            robotsAvailable: robots.count(where: \.takesJobs), deadLettersOpen: counts.deadLettersOpen,
            inexact: inexact.sorted(), blockedJobs: blocked.map(BlockedJobInfo.init),
            queues: queues.map(QueueStatus.init), robots: RobotCounts(robots.map(\.status)),
            deadLetters: LetterStatus(
                open: counts.deadLettersOpen, acknowledged: letters.acknowledged.value,
                oldestOpenAt: letters.oldestOpenAt, groups: letters.groups.map(LetterGroup.init)),
            failingWorkflows: failing.map(StatusResponse.FailingWorkflow.init),
            schedules: late.map { late in
                ScheduleStatus(
                    late: late.count.value,
                    lateSchedules: late.first.map { LateSchedule(name: $0.name, dueAt: $0.dueAt) })
            },
            drift: drift.map { DriftStatus(count: $0.count.value, resources: $0.first.map(AppliedInfo.init)) })
    }
}

extension JobCounts.Kind {
    /// As `StatusResponse.inexact` names it.
    fileprivate var wireName: String {
        switch self {
        case .ready: "jobs.pending"
        case .scheduled: "jobs.scheduled"
        case .running: "jobs.running"
        case .blocked: "jobs.blocked"
        case .paused: "jobs.paused"
        case .deadLettersOpen: "dead_letters_open"
        }
    }
}

extension StatusResponse.QueueStatus {
    fileprivate init(_ queue: QueueOverview) {
        let counts = [("ready", queue.ready), ("scheduled", queue.scheduled), ("paused_jobs", queue.pausedJobs)]
        self.init(
            name: queue.name, isPaused: queue.isPaused, ready: queue.ready.value, scheduled: queue.scheduled.value,
            running: queue.running, pausedJobs: queue.pausedJobs.value,
            inexact: counts.filter { !$0.1.isExact }.map(\.0))
    }
}

extension StatusResponse.LetterGroup {
    fileprivate init(_ group: LetterOverview.Group) {
        self.init(
            workflow: group.workflowName, fingerprint: group.fingerprint, count: group.count,
            kind: group.failure.kind.rawValue, type: group.failure.type, message: group.failure.message,
            job: group.job, lastOpenedAt: group.lastOpenedAt)
    }
}

extension StatusResponse.FailingWorkflow {
    fileprivate init(_ workflow: WorkflowFailures) {
        self.init(
            workflow: workflow.workflowName, failed: workflow.failed.value, isInexact: !workflow.failed.isExact,
            share: workflow.share)
    }
}

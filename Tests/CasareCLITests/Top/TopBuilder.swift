import CasareDomain
import CasareWire
import FoundationEssentials

@testable import CasareCLI

/// What tests of `casarectl top` show.
enum TopBuilder {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    static func id(_ number: Int) -> Job.ID {
        let digits = String(number)
        return Job.ID("01890000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits)!
    }

    static func job(_ number: Int, workflow: String = "invoices", _ state: Job.State? = nil) -> JobInfo {
        let state = state ?? .running(Job.Running(robot: "r1", since: Self.now, pause: nil))
        return JobInfo(
            Job(
                id: Self.id(number), workflow: Workflow.ID(rawValue: Self.id(number).rawValue), workflowName: workflow,
                workflowVersion: 3, priority: .normal, environment: "default", variables: [:], options: .init(),
                attempt: 1, state: state, idempotencyKey: nil, retryOf: nil,
                createdAt: Self.now.addingTimeInterval(-60), createdBy: "ci"))
    }

    static func queue(_ name: String, isPaused: Bool = false) -> QueueInfo {
        QueueInfo(
            JobQueue(
                name: name, kind: isPaused ? .paused : .plain,
                pause: isPaused ? QueuePause(by: "ann", reason: nil, since: Self.now, until: nil) : nil,
                limits: QueueLimits(), ready: BoundedCount(7), scheduled: BoundedCount(0), running: BoundedCount(1),
                pausedJobs: BoundedCount(0), robotsAlive: 1, slots: 4))
    }

    static func robot(_ id: String, _ status: Robot.Status = .live) -> RobotInfo {
        RobotInfo(
            Robot(
                id: Robot.ID(rawValue: id)!, environment: "default", tags: [], capabilities: [], slots: 4, sessions: 1,
                status: status, slotsInUse: 1, lastSeenAt: Self.now, registeredAt: Self.now))
    }

    static func snapshot(
        _ list: TopList, status: Job.Status = .running, at now: Date = TopBuilder.now
    ) -> TopSnapshot {
        let section: TopSection =
            switch list {
            case .jobs: .jobs
            case .queues: .queues
            case .robots: .robots
            case .letters: .letters
            case .operations: .operations
            }
        return TopSnapshot(
            request: TopRequest(section: section, jobStatus: status), status: StatusViewTests.status, list: list,
            at: now)
    }

    /// A screen that shows a list.
    static func state(_ list: TopList, production: String? = nil) -> TopState {
        let snapshot = Self.snapshot(list)
        var state = TopState(place: "https://casare", productionName: production, section: snapshot.request.section)
        state.received(snapshot)
        return state
    }
}

extension TopState {
    /// Types a text, and returns what its last key did.
    @discardableResult
    mutating func type(_ text: String) -> Reaction {
        var last = Reaction.nothing
        for character in text { last = self.pressed(.character(character)) }
        return last
    }

    var isList: Bool {
        if case .list = self.mode { true } else { false }
    }
}

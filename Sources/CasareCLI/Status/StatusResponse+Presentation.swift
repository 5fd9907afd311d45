import CasareDomain
import CasareWire

extension StatusResponse {
    /// "10000+ waiting".
    private func words(_ number: Int, _ name: String, _ words: String) -> String {
        "\(number)\(self.isExact(name) ? "" : "+") \(words)"
    }

    /// "12 waiting, 3 due later, 4 running, 0 blocked".
    var jobsText: String {
        let jobs = self.jobs
        return [
            self.words(jobs.pending, "jobs.pending", "waiting"),
            self.words(jobs.scheduled, "jobs.scheduled", "due later"),
            self.words(jobs.running, "jobs.running", "running"),
            self.words(jobs.blocked, "jobs.blocked", "blocked"),
            jobs.paused.flatMap { $0 > 0 ? self.words($0, "jobs.paused", "paused") : nil },
        ].compactMap(\.self).joined(separator: ", ")
    }

    /// "3 live, 1 busy, 2 offline"; of a server that does not tell them apart, how many are online.
    var robotsCell: Cell {
        let online = self.robotsOnline
        let available = self.robotsAvailable ?? online
        let tone: Tone = available > 0 ? .good : .attention
        guard let robots else {
            return .state(
                available == online ? "\(online) online" : "\(online) online, \(available) of them taking jobs", tone)
        }
        let parts = Robot.Status.allCases.compactMap { status in
            robots.count(of: status) > 0 ? "\(robots.count(of: status)) \(status.rawValue)" : nil
        }
        return .state(parts.isEmpty ? "none is registered" : parts.joined(separator: ", "), tone)
    }

    /// "12 open, 3 acknowledged".
    var deadLettersCell: Cell {
        var text = self.words(self.deadLettersOpen, "dead_letters_open", "open")
        if let acknowledged = self.deadLetters?.acknowledged, acknowledged > 0 {
            text += ", " + self.words(acknowledged, "dead_letters.acknowledged", "acknowledged")
        }
        return .state(text, self.deadLettersOpen > 0 ? .attention : .plain)
    }
}

extension StatusResponse {
    /// "3 late"; nothing where all have fired in time.
    var lateSchedulesCell: Cell {
        guard let schedules, schedules.late > 0 else { return .empty }
        return .state(self.words(schedules.late, "schedules.late", "late"), .attention)
    }
}

extension StatusResponse {
    /// "2 not as applied"; nothing where all is as the files say.
    var driftCell: Cell {
        guard let drift, drift.count > 0 else { return .empty }
        return .state(self.words(drift.count, "drift.count", "not as applied"), .attention)
    }
}

extension AppliedInfo {
    static let driftColumns: [Column<AppliedInfo>] = [
        Column("kind") { .text($0.kind.rawValue) },
        Column("name", shrinks: true) { .text($0.name) },
        Column("owner") { .text($0.owner) },
        Column("state") { .state($0.state.rawValue, .attention) },
        Column("applied") { .time($0.appliedAt) },
    ]
}

extension StatusResponse.LateSchedule {
    static let columns: [Column<StatusResponse.LateSchedule>] = [
        Column("schedule", shrinks: true) { .text($0.name) },
        Column("due") { .time($0.dueAt) },
    ]
}

extension StatusResponse.QueueStatus {
    static let columns: [Column<StatusResponse.QueueStatus>] = [
        Column("queue", shrinks: true) { .text($0.name) },
        Column("waiting") { $0.count($0.ready, "ready") },
        Column("due_later") { $0.count($0.scheduled, "scheduled") },
        Column("running") { .number($0.running) },
        Column("paused_jobs") { $0.count($0.pausedJobs, "paused_jobs") },
        Column("state") { $0.isPaused ? .state("paused", .attention) : .empty },
    ]

    private func count(_ number: Int, _ name: String) -> Cell { .count(number, isExact: self.isExact(name)) }
}

extension StatusResponse.FailingWorkflow {
    static let columns: [Column<StatusResponse.FailingWorkflow>] = [
        Column("workflow", shrinks: true) { .text($0.workflow) },
        Column("failed") { .count($0.failed, isExact: !$0.isInexact) },
        Column("share") { .text($0.shareText) },
    ]

    /// "12 %"; "<1 %" and ">99 %" where rounding would say none or all.
    var shareText: String? {
        guard let share else { return nil }
        let percent = Int((share * 100).rounded())
        if percent == 0, share > 0 { return "<1 %" }
        if percent == 100, share < 1 { return ">99 %" }
        return "\(percent) %"
    }
}

extension StatusResponse.LetterGroup {
    static let columns: [Column<StatusResponse.LetterGroup>] = [
        Column("letters") { .number($0.count) },
        Column("workflow", shrinks: true) { .text($0.workflow) },
        Column("kind") { .text($0.kind) },
        Column("last") { .time($0.lastOpenedAt) },
        Column("error", shrinks: true) { .text($0.message) },
    ]
}

extension BlockedJobInfo {
    static let columns: [Column<BlockedJobInfo>] = [
        Column("id") { .text($0.id.description) },
        Column("workflow", shrinks: true) { .text($0.workflow) },
        Column("node") { .text($0.question.node) },
        Column("since") { .time($0.since) },
        Column("question", shrinks: true) { .text($0.question.text) },
    ]
}

extension Sheet {
    private mutating func add<Row>(_ title: String, _ rows: [Row], _ columns: [Column<Row>]) {
        guard !rows.isEmpty else { return }
        self.sections.append(
            .table(title: title, columns.map(\.heading), rows.map { row in columns.map { $0.cell(row) } }))
    }

    mutating func add(queuesOf status: StatusResponse) {
        let title =
            status.isExact("queues") ? "Queues" : "The first queues (casarectl queue list shows all)"
        self.add(title, status.queues ?? [], StatusResponse.QueueStatus.columns)
    }

    mutating func add(failing workflows: [StatusResponse.FailingWorkflow]) {
        self.add("Failed within the last hour", workflows, StatusResponse.FailingWorkflow.columns)
    }

    mutating func add(groups: [StatusResponse.LetterGroup]) {
        guard !groups.isEmpty else { return }
        self.add("Largest groups of the newest dead letters", groups, StatusResponse.LetterGroup.columns)
        self.sections.append(.lines(title: "To look into them", ["casarectl dlq groups"]))
    }

    mutating func add(late schedules: [StatusResponse.LateSchedule]) {
        self.add("Late schedules, the latest first", schedules, StatusResponse.LateSchedule.columns)
    }

    mutating func add(drift resources: [AppliedInfo]) {
        guard !resources.isEmpty else { return }
        self.add("Not as it was applied", resources, AppliedInfo.driftColumns)
        self.sections.append(.lines(title: "To compare with the files", ["casarectl diff -f FILE"]))
    }

    /// The blocked jobs that wait longest, and how they are answered.
    mutating func add(_ blocked: [BlockedJobInfo]) {
        guard let first = blocked.first else { return }
        self.add("Waiting for an answer, the longest first", blocked, BlockedJobInfo.columns)
        self.sections.append(.lines(title: "To answer", ["casarectl job resolve \(first.id)"]))
    }
}

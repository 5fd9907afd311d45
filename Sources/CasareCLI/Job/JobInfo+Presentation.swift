import CasareDomain
import CasareWire
import FoundationEssentials

extension JobInfo {
    static let columns: [Column<JobInfo>] = [
        Column("id") { .text($0.id.description) },
        Column("workflow", shrinks: true) { .text($0.workflow) },
        Column("version") { .number($0.workflowVersion) },
        Column("status") { .state($0.status.rawValue, $0.status.tone) },
        Column("priority", wide: true) { .number($0.priority.rawValue) },
        Column("environment", wide: true) { .text($0.environment) },
        Column("attempt") { .number($0.attempt) },
        Column("robot", wide: true) { .text($0.robot) },
        Column("created_at") { .time($0.createdAt) },
        Column("duration") { job in job.seconds.map { .duration(seconds: $0) } ?? .empty },
        Column("created_by", wide: true) { .text($0.createdBy) },
        Column("due_at", wide: true) { .time($0.dueAt) },
        Column("expires_at", wide: true) { .time($0.expiresAt) },
        Column("queue_key", wide: true) { .text($0.queueKey) },
        Column("requires", wide: true) { .text($0.requirements?.sentence) },
        Column("unique_key", wide: true) { .text($0.unique?.key) },
        Column("retry_of", wide: true) { .text($0.retryOf?.description) },
        Column("forked_from", wide: true) { .text($0.forkedFrom?.description) },
        Column("error", shrinks: true) { .text($0.failure?.message ?? $0.question?.text) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// How long the last attempt took.
    var seconds: Double? {
        guard let startedAt, let finishedAt else { return nil }
        return max(0, finishedAt.timeIntervalSince(startedAt))
    }

    /// One job with everything that is known of it.
    ///
    /// - Parameter past: what else is told to people.
    func presentation(past: JobPast = JobPast()) throws -> Presentation {
        var sheet = self.sheet
        sheet.add("last failure", .text(past.lastFailure))
        for answer in past.answers { sheet.add("answered", .text(answer)) }
        sheet.add("replayed as", .text(past.replayedAs?.description))
        return Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }

    private var sheet: Sheet {
        var sheet = Sheet("\(self.id) \(self.sentence)", tone: self.status.tone)
        sheet.add("workflow", .text("\(self.workflow) version \(self.workflowVersion)"))
        sheet.add("priority", .number(self.priority.rawValue))
        sheet.add("attempt", self.attempt > 0 ? .number(self.attempt) : .empty)
        sheet.add("environment", .text(self.environment))
        sheet.add("robot", .text(self.robot))
        sheet.add("created", .time(self.createdAt))
        sheet.add("created by", .text(self.createdBy))
        sheet.add("due", .time(self.dueAt))
        sheet.add("deadline", .time(self.expiresAt))
        sheet.add("queue key", .text(self.queueKey))
        sheet.add("requires", .text(self.requirements?.sentence))
        sheet.add("unique key", .text(self.unique?.sentence))
        if self.options.timeoutSeconds != Job.Options.timeoutSecondsDefault {
            sheet.add("time limit", .duration(seconds: self.options.timeoutSeconds))
        }
        sheet.add("started", .time(self.startedAt))
        sheet.add("finished", .time(self.finishedAt))
        sheet.add("idempotency key", .text(self.idempotencyKey))
        sheet.add("trace ID", .text(self.traceID))
        sheet.add("retry of", .text(self.retryOf?.description))
        if let forkedFrom, let forkedStep { sheet.add("goes on from", .text("step \(forkedStep) of \(forkedFrom)")) }
        sheet.add(self.failure)
        if let pause {
            sheet.add("paused by", .text(pause.by))
            sheet.add(self.status == .paused ? "paused since" : "pause asked", .time(pause.since))
            sheet.add("pause reason", .text(pause.reason))
            sheet.add("to go on", .text("casarectl job resume \(self.id)"))
        }
        sheet.add("question", .text(self.question?.text))
        sheet.add("to answer", .text(self.question.map { _ in "casarectl job resolve \(self.id)" }))
        if let result {
            sheet.add(result)
        } else {
            sheet.add(self.variables, titled: "Start variables")
        }
        return sheet
    }

    /// What it stands still for until a person does something, and what that is; `nil`: it does not.
    var standstill: String? {
        switch self.status {
        case .paused:
            let person = self.pause.map { " by \($0.by)" } ?? ""
            let reason = self.pause?.reason.map { ": \($0)" } ?? ""
            return "paused\(person)\(reason) (to go on: casarectl job resume \(self.id))"
        case .blocked:
            let question = self.question?.text ?? "a person must decide"
            return "blocked: \(question) (to answer: casarectl job resolve \(self.id))"
        case .pending, .running, .completed, .failed, .cancelled:
            return nil
        }
    }

    /// Where it stands, behind its ID.
    private var sentence: String {
        switch self.status {
        case .pending: self.dueAt == nil ? "waits for a robot" : "waits for its time"
        case .running: self.pause == nil ? "is running" : "is running, and is to be paused after the step that it is in"
        case .blocked: "waits for a person's decision"
        case .paused: "is paused"
        case .completed, .failed:
            self.seconds.map { "\(self.status.rawValue) after \(TimeSpan.text(seconds: $0))" } ?? self.status.rawValue
        case .cancelled: "was cancelled"
        }
    }

    /// What a selection shows beside the ID.
    var detail: String {
        let error = self.failure.map { ": \($0.message)" } ?? ""
        return "\(self.workflow) v\(self.workflowVersion), \(self.status.rawValue)\(error)"
    }
}

extension Job.Requirements {
    /// For people: `tags gpu, eu; capability excel; robot r1`.
    var sentence: String {
        func list(_ one: String, _ many: String, _ labels: [String]) -> String? {
            labels.isEmpty ? nil : "\(labels.count == 1 ? one : many) \(labels.joined(separator: ", "))"
        }
        return [
            list("tag", "tags", self.tags), list("capability", "capabilities", self.capabilities),
            self.robot.map { "robot \($0)" },
        ].compactMap(\.self).joined(separator: "; ")
    }
}

extension UniqueKeyInfo {
    var sentence: String {
        switch self.scope {
        case .waiting: "\(self.key) while it waits"
        case .unfinished: "\(self.key) until it has ended"
        case .window: "\(self.key) for \(TimeSpan.text(seconds: self.windowSeconds ?? 0)) from its submit"
        }
    }
}

extension Sheet {
    mutating func add(_ failure: FailureInfo?) {
        guard let failure else { return }
        self.add("error", .state(failure.message, .bad))
        self.add("error type", .text("\(failure.type) (\(failure.kind))"))
        self.add("failed node", .text(failure.node))
    }
}

extension JobInfo {
    /// One line for people, for a job that was just made.
    func presentation(saying verb: String) throws -> Presentation {
        Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: Sheet("\(verb) \(self.id): \(self.workflow) version \(self.workflowVersion)"))
    }
}

extension JobInfo {
    /// For a job that a submit found instead of making one: where it stands, and what came of it.
    func presentationOfFound() throws -> Presentation {
        var sheet = Sheet(
            "found \(self.id): \(self.workflow) version \(self.workflowVersion), \(self.sentence)",
            tone: self.status.tone)
        sheet.add(self.failure)
        sheet.add("question", .text(self.question?.text))
        sheet.add("to answer", .text(self.question.map { _ in "casarectl job resolve \(self.id)" }))
        if let result { sheet.add(result) }
        return Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }
}

extension IssueInfo {
    /// For people, on stderr.
    var line: String {
        var text = "\(self.severity.rawValue): \(self.message)"
        if let location { text += " [\(location)]" }
        if let suggestion { text += "; \(suggestion)" }
        return TerminalText.line(text)
    }
}

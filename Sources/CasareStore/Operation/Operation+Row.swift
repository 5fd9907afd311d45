import CasareDomain
import CasarePostgres
import FoundationEssentials

extension Operation {
    /// Reads a row of the table `operations`.
    init(row: Row) throws {
        let id = ID(rawValue: try row.uuid("operation_id"))
        let state = try OperationState(row: row)
        self.init(
            id: id, plan: state.plan,
            selection: try StoredJSON.object(try row.string("selection"), in: "operation \(id)"),
            selectionName: try row.optionalString("selection_name"),
            mark: Mark(count: state.count, hash: try row.string("hash")), status: state.status,
            progress: state.progress, createdAt: try row.date("created_at"), createdBy: try row.string("created_by"),
            startedAt: state.startedAt, finishedAt: state.finishedAt, statusReason: state.reason, statusBy: state.by,
            undoUntil: state.undoUntil, revision: try row.int64("revision"), trace: try TraceCarrier(row: row))
    }
}

extension Operation.Plan {
    fileprivate init(row: Row) throws {
        let what = "operation \(try row.uuid("operation_id"))"
        let verb = try row.string("verb")
        guard let verb = Operation.Verb(rawValue: verb) else {
            throw StoreError.unreadable("\(what) has the unknown verb \"\(verb)\"")
        }
        var priority: Priority?
        if let number = try row.optionalInt("priority") {
            guard let known = Priority(rawValue: number) else {
                throw StoreError.unreadable("\(what) has an impossible priority")
            }
            priority = known
        }
        self.init(
            verb: verb, reason: try row.optionalString("reason"),
            ratePerSecond: try row.optionalDouble("rate_per_second"), canary: try row.optionalInt("canary"),
            stopOnErrorRate: try row.optionalDouble("stop_on_error_rate"),
            undoWithin: try row.optionalDouble("undo_seconds").map { .seconds($0) }, priority: priority,
            resolves: try row.bool("resolves"), changes: try Job.RerunChoices(row: row, of: what))
    }
}

extension Job.RerunChoices {
    fileprivate init(row: Row, of what: String) throws {
        var patch: JSONPatch?
        if let text = try row.optionalString("patch") {
            // Which error it is helps nobody here.
            guard let json = try? Value(parsingJSON: text), let known = try? JSONPatch(json: json) else {
                throw StoreError.unreadable("the patch of \(what) cannot be read")
            }
            patch = known
        }
        var point = Job.ResumePoint.start
        if let text = try row.optionalString("from_point") {
            guard let known = Job.ResumePoint(stored: text) else {
                throw StoreError.unreadable("\(what) begins at the unknown point \"\(text)\"")
            }
            point = known
        }
        let version = try row.optionalString("version")
        self.init(
            patch: patch, set: try row.optionalString("variables").map { try StoredJSON.object($0, in: what) } ?? [:],
            from: point, version: version.flatMap(Job.VersionChoice.init(rawValue:)) ?? .same)
    }
}

extension Job.ResumePoint {
    fileprivate init?(stored text: String) {
        switch text {
        case "start": self = .start
        case "failed": self = .failed
        default:
            guard let step = Int(text), step >= 0 else { return nil }
            self = .step(step)
        }
    }

    var stored: String {
        switch self {
        case .start: "start"
        case .failed: "failed"
        case .step(let step): String(step)
        }
    }
}

extension OperationState {
    /// Reads a row of the table `operations`.
    init(row: Row) throws {
        let halt = try row.optionalString("halt")
        self.init(
            plan: try Operation.Plan(row: row), count: try row.int("jobs"), phase: try Phase(row: row),
            halt: halt.flatMap(Halt.init(rawValue:)), position: try row.int("position"),
            progress: Operation.Progress(
                done: try row.int("done"), succeeded: try row.int("succeeded"), failed: try row.int("failed"),
                skipped: try row.int("skipped"), replaysEnded: try row.int("replays_ended"),
                replaysCompleted: try row.int("replays_completed"), undone: try row.int("undone")),
            isCanaryPassed: try row.bool("canary_passed"),
            samplesBefore: Samples(
                count: try row.int("samples_before"), failed: try row.int("samples_failed_before")),
            nextDueAt: try row.optionalDate("next_due_at"), startedAt: try row.optionalDate("started_at"),
            finishedAt: try row.optionalDate("finished_at"), undoUntil: try row.optionalDate("undo_until"),
            reason: try row.optionalString("status_reason"), by: try row.optionalString("status_by"))
    }
}

extension OperationState.Phase {
    private static let holding = "holding"

    fileprivate init(row: Row) throws {
        let text = try row.string("phase")
        if let pass = OperationState.Pass(rawValue: text) {
            self = .passing(pass)
        } else if let ending = OperationState.Ending(rawValue: text) {
            self = .over(ending)
        } else if text == Self.holding, let until = try row.optionalDate("undo_until") {
            self = .holding(until: until)
        } else {
            throw StoreError.unreadable(
                "operation \(try row.uuid("operation_id")) is in the unknown phase \"\(text)\"")
        }
    }

    var stored: String {
        switch self {
        case .passing(let pass): pass.rawValue
        case .holding: Self.holding
        case .over(let ending): ending.rawValue
        }
    }
}

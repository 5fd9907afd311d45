import CasareDomain
import CasarePostgres
import FoundationEssentials

/// One look at an operation that is locked: does what its state says, item by item, and stores where that has led.
struct OperationWork {
    /// What only the loop needs to know.
    struct Kept {
        var lookAt: Date?
        /// How often in a row somebody had the next item locked.
        var busy: Int
        var settleAfter: Int
        var settledAt: Date?

        init(row: Row) throws {
            self.lookAt = try row.optionalDate("look_at")
            self.busy = try row.int("busy")
            self.settleAfter = try row.int("settle_after")
            self.settledAt = try row.optionalDate("settled_at")
        }
    }

    let operation: Operation
    private(set) var state: OperationState
    private var kept: Kept
    let isFilter: Bool
    let variables: OperationStore.RerunVariables
    /// The time that a test has given.
    let given: Date?
    let now: Date
    private var touched = OperationStore.Touched()
    private var isChanged = false

    init(
        operation: Operation, state: OperationState, row kept: Kept, isFilter: Bool,
        variables: @escaping OperationStore.RerunVariables, given: Date?, now: Date
    ) {
        self.operation = operation
        self.state = state
        self.kept = kept
        self.isFilter = isFilter
        self.variables = variables
        self.given = given
        self.now = now
    }

    mutating func run(on connection: isolated PostgresConnection) throws {
        let before = self.state
        if self.isSettlingDue { try self.settle(on: connection) }
        switch self.state.next(at: self.now) {
        case .work(let pass, let itemsMax): try self.work(pass, itemsMax, on: connection)
        case .settle, .wait, .rest: self.kept.busy = 0
        }
        self.isChanged = self.state != before
    }

    /// Stores the state, and when somebody is to look at it again.
    func save(on connection: isolated PostgresConnection) throws -> OperationStore.Round {
        var kept = self.kept
        kept.lookAt = self.nextLook
        let saved = try Self.save(self.state, kept, of: self.operation.id, isChanged: self.isChanged, on: connection)
        return OperationStore.Round(operation: saved, lookAt: kept.lookAt, now: self.now, touched: self.touched)
    }

    private var nextLook: Date? {
        if self.kept.busy > 0 { return self.now.addingTimeInterval(OperationStore.busyPause) }
        // Asked of a copy: what it finds then is found once more, and stored.
        var state = self.state
        let settling = self.settleInterval.map { self.now.addingTimeInterval($0) }
        switch state.next(at: self.now) {
        case .work: return self.now
        case .settle: return settling
        case .wait(let until): return settling.map { min($0, until) } ?? until
        case .rest: return nil
        }
    }

    static func save(
        _ state: OperationState, _ kept: Kept, of id: Operation.ID, isChanged: Bool,
        on connection: isolated PostgresConnection
    ) throws -> Operation {
        let progress = state.progress
        let saved = try connection.execute(
            OperationQueries.save,
            [
                "phase": .text(state.phase.stored), "halt": .text(state.halt?.rawValue),
                "status": .text(state.status.rawValue), "position": .int(state.position), "done": .int(progress.done),
                "succeeded": .int(progress.succeeded), "failed": .int(progress.failed),
                "skipped": .int(progress.skipped), "replays_ended": .int(progress.replaysEnded),
                "replays_completed": .int(progress.replaysCompleted), "undone": .int(progress.undone),
                "canary_passed": .bool(state.isCanaryPassed), "samples_before": .int(state.samplesBefore.count),
                "samples_failed_before": .int(state.samplesBefore.failed), "next_due_at": .timestamp(state.nextDueAt),
                "started_at": .timestamp(state.startedAt), "finished_at": .timestamp(state.finishedAt),
                "undo_until": .timestamp(state.undoUntil), "status_reason": .text(state.reason?.storable),
                "status_by": .text(state.by?.storable), "look_at": .timestamp(kept.lookAt), "busy": .int(kept.busy),
                "settle_after": .int(kept.settleAfter), "settled_at": .timestamp(kept.settledAt),
                "is_changed": .bool(isChanged), "operation": .uuid(id.rawValue),
            ])
        return try Operation(row: try saved.only())
    }

    // MARK: - New jobs that have ended

    /// How often they are looked at; `nil`: there are none.
    private var settleInterval: Double? {
        guard self.state.openReplays > 0 else { return nil }
        // In the middle of them: a million would else be counted for hours.
        if self.kept.settleAfter >= 0 { return OperationState.stretchInterval }
        return self.state.status.isTerminal ? OperationState.idleSettleInterval : OperationState.settleInterval
    }

    private var isSettlingDue: Bool {
        guard let interval = self.settleInterval else { return false }
        return self.kept.settledAt.map { self.now.timeIntervalSince($0) >= interval } ?? true
    }

    /// Looks at a stretch of them. It begins where the last one ended, as those before may go on for long.
    private mutating func settle(on connection: isolated PostgresConnection) throws {
        let row = try connection.execute(
            OperationQueries.settle,
            [
                "operation": .uuid(self.operation.id.rawValue), "after": .int(self.kept.settleAfter),
                "limit": .int(OperationStore.settledAtOnceMax),
            ]
        ).only()
        let isFull = try row.int("looked") >= OperationStore.settledAtOnceMax
        self.kept.settleAfter = isFull ? try row.optionalInt("last") ?? -1 : -1
        self.kept.settledAt = self.now
        let completed = try row.int("completed")
        let failed = try row.int("failed")
        guard completed + failed > 0 else { return }
        var failure: String?
        if let job = try row.optionalUUID("failed_job").map(Job.ID.init(rawValue:)) {
            let kind = try row.optionalString("failed_kind") == "cancelled" ? "was cancelled" : "failed"
            failure = "job \(job) \(kind)" + (try row.optionalString("failed_message").map { ": \($0)" } ?? "")
        }
        self.state.replaysEnded(completed: completed, failed: failed, firstFailure: failure)
    }

    // MARK: - Items

    private mutating func work(
        _ pass: OperationState.Pass, _ itemsMax: Int, on connection: isolated PostgresConnection
    ) throws {
        let items = try self.items(pass, min(itemsMax, OperationStore.batchMax), on: connection)
        let end = ContinuousClock.now + OperationStore.batchTime
        var results: [(item: OperationItem, outcome: OperationItem.Outcome)] = []
        var isHeldUp = false
        for item in items.all {
            // The first one in any case, so that it gets on.
            if !results.isEmpty, ContinuousClock.now >= end { break }
            guard let outcome = try self.outcome(of: item, pass, on: connection) else {
                isHeldUp = true
                break
            }
            results.append((item, outcome))
            self.touched.add(outcome.touched)
        }
        self.kept.busy = isHeldUp ? (results.isEmpty ? self.kept.busy + 1 : 1) : 0
        try self.store(results, pass, on: connection)
        var batch = OperationState.Batch(pass: pass)
        for (item, outcome) in results {
            switch outcome.state {
            case .done, .held, .undone: batch.succeeded += 1
            case .failed:
                batch.failed += 1
                batch.firstError =
                    batch.firstError ?? "job \(item.job) could not be done: \(outcome.error ?? "nobody knows why")"
            case .skipped: batch.skipped += 1
            }
        }
        // Positions that this pass has nothing to do with are behind it as soon as those before them are.
        let reached = results.count == items.all.count ? items.end : (results.last?.item.position).map { $0 + 1 }
        self.state.batchDone(batch, upTo: reached ?? self.state.position, at: self.now)
    }

    /// The next items of a pass, and the position behind them.
    private func items(
        _ pass: OperationState.Pass, _ limit: Int, on connection: isolated PostgresConnection
    ) throws -> (all: [OperationItem], end: Int) {
        let position = self.state.position
        let operation = PostgresValue.uuid(self.operation.id.rawValue)
        switch pass {
        case .act:
            let (chunk, offset) = position.quotientAndRemainder(dividingBy: OperationQueries.chunkJobs)
            let rows = try connection.execute(
                OperationQueries.jobs,
                [
                    "offset": .int(offset), "limit": .int(min(limit, OperationQueries.chunkJobs - offset)),
                    "operation": operation, "chunk": .int(chunk),
                ])
            let jobs = try rows.first?.uuids("jobs") ?? []
            guard !jobs.isEmpty else {
                throw StoreError.unreadable("operation \(self.operation.id) has lost a part of its selection")
            }
            let items = jobs.enumerated().map { number, job in
                OperationItem(position: position + number, job: Job.ID(rawValue: job), state: nil)
            }
            return (items, position + items.count)
        case .release, .undo:
            let end = position + limit
            let states: [Operation.ItemState] = pass == .release ? [.held] : [.held, .done]
            let rows = try connection.execute(
                OperationQueries.itemsBetween,
                [
                    "operation": operation, "from": .int(position), "until": .int(end),
                    "states": .textArray(states.map(\.rawValue)),
                ])
            let items = try rows.map { row in
                OperationItem(
                    position: try row.int("position"), job: Job.ID(rawValue: try row.uuid("job_id")),
                    state: Operation.ItemState(rawValue: try row.string("state")))
            }
            return (items, end)
        }
    }

    /// - Returns: `nil` for one that somebody else has locked, to be tried again.
    private func outcome(
        of item: OperationItem, _ pass: OperationState.Pass, on connection: isolated PostgresConnection
    ) throws -> OperationItem.Outcome? {
        let deed = OperationDeed(
            operation: self.operation, state: self.state, isFilter: self.isFilter, variables: self.variables,
            now: self.given)
        do {
            return try connection.savepoint { connection in try deed.perform(pass, item, on: connection) }
        } catch let error as PostgresError {
            switch error {
            case .connection, .cancelled, .poolExhausted, .poolClosed, .misuse: throw error
            case .timedOut: break
            case .server(let server):
                switch server.state {
                case .lockNotAvailable, .deadlockDetected, .serializationFailure, .queryCanceled: break
                // Out of disk or connections, or about to stop: no fault of this item, and the next would fare alike.
                case let state where state.isTransient: throw error
                // The text of the database may quote data.
                case let state: return .failed("the database refused it, with \(state)")
                }
            case .decoding: return .failed("what is stored of it cannot be read")
            }
            // Others of the batch may wait for the same: it ends here.
            return self.kept.busy < OperationStore.busyMax
                ? nil : .failed("somebody else was at it, \(OperationStore.busyMax) times in a row")
        } catch StoreError.contended(let what) {
            return self.kept.busy < OperationStore.busyMax ? nil : .failed("\(what) changed all the while")
        } catch let error as StoreError {
            return deed.outcome(of: error)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return .failed("\(error)")
        }
    }

    private func store(
        _ results: [(item: OperationItem, outcome: OperationItem.Outcome)], _ pass: OperationState.Pass,
        on connection: isolated PostgresConnection
    ) throws {
        guard !results.isEmpty else { return }
        let positions = PostgresValue.int4Array(results.map { Int32(clamping: $0.item.position) })
        let states = PostgresValue.textArray(results.map(\.outcome.state.rawValue))
        let errors = PostgresValue.textArray(results.map { $0.outcome.error.map { OperationItem.short($0) } })
        switch pass {
        case .act:
            try connection.execute(
                OperationQueries.insertItems,
                [
                    "operation": .uuid(self.operation.id.rawValue), "positions": positions,
                    "jobs": .uuidArray(results.map(\.item.job.rawValue)), "states": states,
                    "new_jobs": .uuidArray(results.map(\.outcome.newJob?.rawValue)), "errors": errors,
                ])
        case .release, .undo:
            // What could not be taken back stays what it was, with why.
            let kept = results.map { pass == .undo && $0.outcome.state != .undone ? $0.item.state : $0.outcome.state }
            try connection.execute(
                OperationQueries.updateItems,
                [
                    "operation": .uuid(self.operation.id.rawValue), "positions": positions,
                    "states": .textArray(kept.map { $0?.rawValue }), "errors": errors,
                ])
        }
    }
}

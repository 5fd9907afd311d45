import CasareDomain
import CasarePostgres
import FoundationEssentials

/// What an operation does to one of its jobs. Call within a savepoint.
struct OperationDeed: Sendable {
    let operation: Operation
    let state: OperationState
    /// The jobs were found by what was true of them: one of which that is no longer so is passed over.
    let isFilter: Bool
    let variables: OperationStore.RerunVariables
    let now: Date?

    private var plan: Operation.Plan { self.operation.plan }
    private var person: String { self.operation.createdBy }

    func perform(
        _ pass: OperationState.Pass, _ item: OperationItem, on connection: isolated PostgresConnection
    ) throws -> OperationItem.Outcome {
        switch pass {
        case .act: try self.act(on: item.job, connection)
        case .release: try self.release(item.job, on: connection)
        case .undo: try self.undo(item, on: connection)
        }
    }

    // MARK: - The verb

    private func act(on job: Job.ID, _ connection: isolated PostgresConnection) throws -> OperationItem.Outcome {
        switch self.plan.verb {
        case .retry, .replay: return try self.rerun(job, on: connection)
        case .acknowledge:
            let isChanged = try DeadLetterStore.acknowledge(
                job, by: self.person, reason: self.plan.reason, resolves: self.plan.resolves,
                account: .operation(self.operation.id), now: self.now, on: connection)
            return isChanged ? .init(state: .done) : .skipped("somebody has dealt with it already")
        case .purge:
            try DeadLetterStore.purge(
                job, by: self.person, reason: self.plan.reason, keptFor: self.keptFor,
                account: .operation(self.operation.id), now: self.now, on: connection)
            return .init(state: .done)
        case .cancel:
            return self.state.holdsFirst
                ? try self.hold(job, on: connection) : try self.cancel(job, on: connection)
        case .pause: return try self.pause(job, as: .done, reason: self.plan.reason, on: connection)
        case .resume: return try self.resume(job, as: .done, on: connection)
        case .priority: return try self.changePriority(job, on: connection)
        }
    }

    private func rerun(_ job: Job.ID, on connection: isolated PostgresConnection) throws -> OperationItem.Outcome {
        let changes = self.plan.changes
        let variables = changes.changesVariables ? try self.variables(job, changes, connection) : nil
        let trace = self.place
        let new =
            if self.plan.verb == .replay {
                try JobStore.replay(
                    job, from: changes.from, version: changes.version, by: self.person, variables: variables,
                    reason: self.plan.reason, within: self.operation.id, trace: trace, now: self.now, on: connection)
            } else {
                try JobStore.retry(
                    job, from: changes.from, version: changes.version, by: self.person, variables: variables,
                    reason: self.plan.reason, within: self.operation.id, trace: trace, now: self.now, on: connection)
            }
        var touched = OperationStore.Touched(job, hasReady: true)
        touched.made = [new]
        touched.originals = [new: job]
        return .init(state: .done, newJob: new, touched: touched)
    }

    /// Of a job's own creation, below what asked for the operation.
    private var place: TraceCarrier {
        guard let asked = self.operation.trace else { return .makeRoot() }
        return TraceCarrier(asked.context.child(), baggage: asked.baggage)
    }

    private func cancel(_ job: Job.ID, on connection: isolated PostgresConnection) throws -> OperationItem.Outcome {
        let cancellation = try JobStore.cancel(
            job, by: self.person, reason: self.plan.reason, within: self.operation.id, now: self.now, on: connection)
        // What ran may have kept others waiting under a limit.
        var touched = OperationStore.Touched(job, session: cancellation.session, hasReady: true)
        touched.cancelled = [job]
        return .init(state: .done, touched: touched)
    }

    private func changePriority(
        _ job: Job.ID, on connection: isolated PostgresConnection
    ) throws -> OperationItem.Outcome {
        guard let priority = self.plan.priority else {
            throw StoreError.unreadable("operation \(self.operation.id) has no priority to give")
        }
        let known = try self.job(job, on: connection)
        guard known.status != .pending || known.priority != priority else {
            return .skipped("it has that priority already")
        }
        _ = try JobStore.changePriority(
            job, to: priority, by: self.person, reason: self.plan.reason, within: self.operation.id, now: self.now,
            on: connection)
        return .init(state: .done, touched: .init(job, hasReady: true))
    }

    private func job(_ id: Job.ID, on connection: isolated PostgresConnection) throws -> Job {
        guard let job = try JobStore.get(id, on: connection) else { throw StoreError.notFound(.job, id.description) }
        return job
    }

    // MARK: - Standing still

    private func pause(
        _ id: Job.ID, as state: Operation.ItemState, reason: String?, on connection: isolated PostgresConnection
    ) throws -> OperationItem.Outcome {
        guard try self.job(id, on: connection).mayBePaused else { return .skipped("it is paused already") }
        let change = try JobStore.pause(
            id, by: self.person, reason: reason, within: self.operation.id, now: self.now, on: connection)
        return .init(state: state, touched: .init(id, session: change.session))
    }

    private func resume(
        _ id: Job.ID, as state: Operation.ItemState, on connection: isolated PostgresConnection
    ) throws -> OperationItem.Outcome {
        let change = try JobStore.resume(
            id, by: self.person, reason: self.plan.reason, within: self.operation.id, now: self.now, on: connection)
        var touched = OperationStore.Touched(id, session: change.session)
        if case .pending(let dueAt) = change.job.state {
            touched.hasReady = dueAt == nil
            touched.earliestDueAt = dueAt
        }
        return .init(state: state, touched: touched)
    }

    // MARK: - Cancelling what can be undone

    /// Why a job stands still that is to be cancelled, as people are shown it.
    private var heldReason: String { "held to be cancelled by operation \(self.operation.id)" }

    /// Keeps a job from going on until it is cancelled. One that asks a person cannot be paused, and does not go on
    /// anyway; one that is paused stays so, also when this is undone.
    private func hold(_ id: Job.ID, on connection: isolated PostgresConnection) throws -> OperationItem.Outcome {
        let job = try self.job(id, on: connection)
        switch job.state {
        case .pending: break
        case .running(let running) where running.pause == nil: break
        case .running, .blocked, .paused: return .init(state: .held)
        case .finished:
            throw StoreError.invalidTransition(id, from: job.status, action: "cancelled")
        }
        return try self.pause(id, as: .held, reason: self.heldReason, on: connection)
    }

    /// The time to undo is over. A job that somebody has let go on is left alone.
    private func release(_ id: Job.ID, on connection: isolated PostgresConnection) throws -> OperationItem.Outcome {
        let job = try self.job(id, on: connection)
        switch job.state {
        case .finished: return .skipped("it had ended before it was to be cancelled: it is \(job.status.rawValue)")
        case .pending: return .skipped("somebody has let it go on")
        case .running(let running) where running.pause == nil: return .skipped("somebody has let it go on")
        case .running, .blocked, .paused: return try self.cancel(id, on: connection)
        }
    }

    // MARK: - Taking back

    private func undo(
        _ item: OperationItem, on connection: isolated PostgresConnection
    ) throws -> OperationItem.Outcome {
        switch self.plan.verb {
        case .purge:
            let isRestored = try DeadLetterStore.restore(
                item.job, by: self.undoer, reason: self.state.reason, account: .operation(self.operation.id),
                now: self.now, on: connection)
            return isRestored ? .init(state: .undone) : .skipped("it is gone for good")
        case .pause: return try self.letGo(item.job, on: connection)
        case .cancel:
            guard item.state == .held else { return .skipped("it is cancelled, and nothing brings it back") }
            return try self.letGo(item.job, on: connection)
        case .retry, .replay, .acknowledge, .resume, .priority:
            throw StoreError.unreadable("operation \(self.operation.id) cannot be undone")
        }
    }

    /// Who undoes it.
    private var undoer: String { self.state.by ?? self.person }

    /// Lets a job go on that this operation has paused. One that stands still for another reason stays as it is.
    private func letGo(_ id: Job.ID, on connection: isolated PostgresConnection) throws -> OperationItem.Outcome {
        let job = try self.job(id, on: connection)
        let reason = self.state.holdsFirst ? self.heldReason : self.plan.reason
        guard let pause = job.pause, pause.by == self.person, pause.reason == reason?.storable else {
            return self.state.holdsFirst && !job.status.isTerminal
                ? .init(state: .undone) : .skipped("it is no longer as the operation left it: \(job.status.rawValue)")
        }
        let change = try JobStore.resume(
            id, by: self.undoer, reason: self.state.reason, within: self.operation.id, now: self.now, on: connection)
        var touched = OperationStore.Touched(id, session: change.session)
        if case .pending(let dueAt) = change.job.state {
            touched.hasReady = dueAt == nil
            touched.earliestDueAt = dueAt
        }
        return .init(state: .undone, touched: touched)
    }

    /// A purged letter must be there for as long as the operation can be undone: to its end, as far as its rate says
    /// when that is, and so long after it. A day more is for pauses.
    private var keptFor: Duration {
        guard let undoWithin = self.plan.undoWithin else { return DeadLetterStore.purgedFor }
        let rest = Double(self.state.count - self.state.position) / (self.plan.ratePerSecond ?? .infinity)
        return undoWithin + .seconds(rest) + .seconds(86_400)
    }

    // MARK: - What a refusal means

    func outcome(of error: StoreError) -> OperationItem.Outcome {
        switch error {
        case .notFound where self.isFilter: return .skipped("it is gone")
        case .invalidTransition(_, let status, _):
            // As wanted already, or it has gone on since it was found.
            if self.isFilter || self.plan.verb == .cancel && status == .cancelled {
                return .skipped("it is \(status.rawValue)")
            }
        case .alreadyReplayed where self.isFilter, .letterResolved where self.isFilter:
            return .skipped(error.description)
        case .notFound, .leaseLost, .sessionEnded, .alreadyReplayed, .alreadyResolved, .otherQuestion,
            .idempotencyConflict, .uniqueKeyHeld, .uniqueKeyRepeated, .robotElsewhere, .notInMemory, .deadlineTooEarly,
            .nameTaken, .tooManyJobs, .contended, .pauseEnd, .robotIsNotThere, .robotIsNeeded, .noSuchStep, .failsAgain,
            .stepsGone, .nothingFailed, .stepsOfOtherVersion, .letterResolved, .selectionChanged, .nothingSelected,
            .selectionTooLarge, .operationRefused, .tooManyOperations, .tooManySelections, .refused, .revisionChanged,
            .quotaExceeded, .tenantSuspended, .calendarUnreadable, .unreadable:
            break
        }
        return .failed(error.description)
    }
}

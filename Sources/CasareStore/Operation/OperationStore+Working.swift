package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension OperationStore {
    /// The most items of one transaction.
    package static let batchMax = 100
    /// A transaction takes no further item after so long: it holds what its jobs need, and the operation.
    static let batchTime = Duration.seconds(1)
    /// New jobs that are looked at once to see whether they have ended.
    static let settledAtOnceMax = 1000
    /// An item whose job somebody else has locked is tried again after so long, this often; then it counts as failed.
    static let busyPause = 0.5
    static let busyMax = 20

    /// One that fails as a whole is looked at again after so long.
    static let failurePause = 5.0

    package struct Due: Hashable, Sendable {
        package let tenant: Tenant.ID
        package let operation: Operation.ID
    }

    /// Operations of all tenants that somebody is to look at, those first that have waited longest. Call within
    /// `Database.asSystem`.
    package static func due(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Due] {
        try connection.execute(OperationQueries.due, ["limit": .int(limit), "now": .timestamp(now)]).map { row in
            Due(
                tenant: Tenant.ID(rawValue: try row.decode("tenant_id")),
                operation: Operation.ID(rawValue: try row.uuid("operation_id")))
        }
    }

    /// What one look at an operation did.
    package struct Round: Sendable {
        package internal(set) var operation: Operation
        /// When it is to be looked at again; `nil`: when somebody asks for something.
        package internal(set) var lookAt: Date?
        package let now: Date
        package internal(set) var touched = Touched()

        /// Whether there is more to do at once.
        package var isDueAgain: Bool { self.lookAt.map { $0 <= self.now } ?? false }
    }

    /// Who is to hear of what a batch did, after its commit.
    package struct Touched: Hashable, Sendable {
        package internal(set) var jobs: [Job.ID] = []
        /// Jobs that are new.
        package internal(set) var made: [Job.ID] = []
        /// Those that each of them runs again.
        package internal(set) var originals: [Job.ID: Job.ID] = [:]
        package internal(set) var cancelled: [Job.ID] = []
        package internal(set) var sessions: Set<Robot.SessionID> = []
        /// Jobs may have become ready.
        package internal(set) var hasReady = false
        /// When one of them is due that was given back to its time.
        package internal(set) var earliestDueAt: Date?
    }

    /// The variables that a job runs again with; `nil`: its own. What they are made of stands with the documents, which
    /// the store does not read.
    package typealias RerunVariables =
        @Sendable (Job.ID, Job.RerunChoices, isolated PostgresConnection) throws -> Object?

    /// Takes an operation one step further: counts new jobs that have ended, and does a batch of its items.
    ///
    /// - Returns: `nil` when somebody else is at it, or nothing is to be done yet.
    /// - Throws: what says that the database is not there. What an item says is kept with that item.
    package static func work(
        on id: Operation.ID, variables: @escaping RerunVariables, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Round? {
        let taken = try connection.execute(
            OperationQueries.take, ["operation": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = taken.first else { return nil }
        var work = OperationWork(
            operation: try Operation(row: row), state: try OperationState(row: row), row: try .init(row: row),
            isFilter: try row.bool("is_filter"), variables: variables, given: now, now: try row.date("now"))
        try work.run(on: connection)
        return try work.save(on: connection)
    }

    /// Leaves an operation for later that cannot be worked on now, so that it does not keep others from their turn. Call
    /// in a transaction of its own.
    package static func postpone(
        _ id: Operation.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            OperationQueries.postpone,
            ["operation": .uuid(id.rawValue), "seconds": .double(self.failurePause), "now": .timestamp(now)])
    }

    // MARK: - What people ask for

    package enum Steering: String, Hashable, Sendable {
        case pause, resume, cancel, undo
        /// A second person has agreed; whoever asks for this has made sure of that.
        case approve
    }

    /// Does what somebody asks of an operation, once the batch is committed that is under way. Asking for what is so
    /// already changes nothing.
    ///
    /// - Throws: `StoreError.notFound`, and `.operationRefused` where that cannot be.
    package static func steer(
        _ id: Operation.ID, _ steering: Steering, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Operation {
        let held = try connection.execute(
            OperationQueries.hold, ["operation": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = held.first else { throw StoreError.notFound(.operation, id.description) }
        var state = try OperationState(row: row)
        let time = try row.date("now")
        let isChanged: Bool
        do throws(OperationState.Refusal) {
            switch steering {
            case .pause: isChanged = try state.pauseAsked(by: person, reason: reason)
            case .resume: isChanged = try state.resumeAsked()
            case .approve: isChanged = try state.approved()
            case .cancel: isChanged = try state.cancelAsked(by: person, reason: reason, at: time)
            case .undo: isChanged = try state.undoAsked(by: person, reason: reason, at: time)
            }
        } catch {
            throw StoreError.operationRefused(id, why: error.description)
        }
        guard isChanged else { return try Operation(row: row) }
        var kept = try OperationWork.Kept(row: row)
        kept.lookAt = time
        let saved = try OperationWork.save(state, kept, of: id, isChanged: true, on: connection)
        try ControlLog.record(
            "operation.\(steering.rawValue)", of: id.description, by: person, reason: reason, now: now, on: connection)
        return saved
    }
}

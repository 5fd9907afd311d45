package import CasareDomain
package import CasarePostgres
import FoundationEssentials

extension OperationStore {
    /// How long it may take to find the jobs of a selection: there may be millions, and it is done once.
    private static let selectingMax = Duration.seconds(60)

    /// What a selection matches now, by which it is known again.
    ///
    /// - Parameters:
    ///   - verb: of a selection that says nothing of where its jobs stand, only those count that the verb may be done
    ///     to.
    ///   - resolves: letters are acknowledged as such that nothing is left to do about.
    /// - Throws: `StoreError.notFound` for a workflow or an environment that there is not, and `.selectionTooLarge`.
    package static func mark(
        of selection: Operation.Selection, for verb: Operation.Verb, resolving resolves: Bool = false,
        on connection: isolated PostgresConnection
    ) throws -> Operation.Mark {
        let row =
            switch selection {
            case .deadLetters(let filter):
                try self.mark(of: verb.narrowed(filter, resolves), on: connection)
            case .jobs(let jobs):
                try self.execute(
                    OperationQueries.markOfJobs, try JobFilterParameters(jobs, for: verb, on: connection),
                    on: connection)
            case .ids(let ids):
                try connection.execute(OperationQueries.markOfIDs, ["ids": .uuidArray(ids.map(\.rawValue))])
            }
        let mark = try Operation.Mark(row: try row.only())
        guard mark.count <= Operation.jobsMax else { throw StoreError.selectionTooLarge(max: Operation.jobsMax) }
        return mark
    }

    /// The first jobs of a selection, in the order in which an operation would try them.
    package static func first(
        _ limit: Int, of selection: Operation.Selection, for verb: Operation.Verb, resolving resolves: Bool = false,
        on connection: isolated PostgresConnection
    ) throws -> [Job.ID] {
        switch selection {
        case .deadLetters(let filter):
            let search = try DeadLetterStore.Search(verb.narrowed(filter, resolves), on: connection)
            return try connection.execute(
                OperationQueries.letters(at: search.place).first,
                ["filter": search.parameter, "limit": .int(limit)], timeout: self.selectingMax
            ).map { Job.ID(rawValue: try $0.uuid("job_id")) }
        case .jobs(let jobs):
            let asked = try JobFilterParameters(jobs, for: verb, on: connection)
            return try connection.execute(
                OperationQueries.firstJobs,
                [
                    "statuses": asked.statuses, "from": asked.from, "before": asked.before, "robot": asked.robot,
                    "kind": asked.kind, "workflow": asked.workflow, "version": asked.version, "queue": asked.queue,
                    "queue_key": asked.queueKey, "priority": asked.priority, "tag": asked.tag, "limit": .int(limit),
                ], timeout: self.selectingMax
            ).map { Job.ID(rawValue: try $0.uuid("job_id")) }
        case .ids(let ids): return Array(ids.prefix(limit))
        }
    }

    /// Stores what a selection matches now, in one statement.
    static func freeze(
        _ selection: Operation.Selection, for verb: Operation.Verb, resolving resolves: Bool,
        as operation: Operation.ID, on connection: isolated PostgresConnection
    ) throws -> Operation.Mark {
        // One more, by which too many are told.
        let chunksMax = Operation.jobsMax / OperationQueries.chunkJobs
        let rows =
            switch selection {
            case .deadLetters(let filter):
                try self.freeze(
                    verb.narrowed(filter, resolves), chunksMax: chunksMax, operation, on: connection)
            case .jobs(let jobs):
                try self.execute(
                    OperationQueries.freezeJobs, try JobFilterParameters(jobs, for: verb, on: connection),
                    chunksMax: chunksMax, operation, on: connection)
            case .ids(let ids):
                try connection.execute(
                    OperationQueries.freezeIDs,
                    ["ids": .uuidArray(ids.map(\.rawValue)), "operation": .uuid(operation.rawValue)])
            }
        return try Operation.Mark(row: try rows.only())
    }

    private static func mark(
        of filter: DeadLetterFilter, on connection: isolated PostgresConnection
    ) throws -> Rows {
        let search = try DeadLetterStore.Search(filter, on: connection)
        return try connection.execute(
            OperationQueries.letters(at: search.place).mark, ["filter": search.parameter], timeout: self.selectingMax)
    }

    private static func freeze(
        _ filter: DeadLetterFilter, chunksMax: Int, _ operation: Operation.ID,
        on connection: isolated PostgresConnection
    ) throws -> Rows {
        let search = try DeadLetterStore.Search(filter, on: connection)
        return try connection.execute(
            OperationQueries.letters(at: search.place).freeze,
            [
                "filter": search.parameter, "chunks_max": .int(chunksMax), "operation": .uuid(operation.rawValue),
            ], timeout: self.selectingMax)
    }

    private static func execute(
        _ query: Query, _ asked: JobFilterParameters, on connection: isolated PostgresConnection
    ) throws -> Rows {
        try connection.execute(
            query,
            [
                "statuses": asked.statuses, "from": asked.from, "before": asked.before, "robot": asked.robot,
                "kind": asked.kind, "workflow": asked.workflow, "version": asked.version, "queue": asked.queue,
                "queue_key": asked.queueKey, "priority": asked.priority, "tag": asked.tag,
            ], timeout: self.selectingMax)
    }

    private static func execute(
        _ query: Query, _ asked: JobFilterParameters, chunksMax: Int, _ operation: Operation.ID,
        on connection: isolated PostgresConnection
    ) throws -> Rows {
        try connection.execute(
            query,
            [
                "statuses": asked.statuses, "from": asked.from, "before": asked.before, "robot": asked.robot,
                "kind": asked.kind, "workflow": asked.workflow, "version": asked.version, "queue": asked.queue,
                "queue_key": asked.queueKey, "priority": asked.priority, "tag": asked.tag,
                "chunks_max": .int(chunksMax), "operation": .uuid(operation.rawValue),
            ], timeout: self.selectingMax)
    }
}

/// A selection of jobs as its statements take it.
private struct JobFilterParameters {
    let statuses: PostgresValue
    let from: PostgresValue
    let before: PostgresValue
    let robot: PostgresValue
    let kind: PostgresValue
    let workflow: PostgresValue
    let version: PostgresValue
    let queue: PostgresValue
    let queueKey: PostgresValue
    let priority: PostgresValue
    let tag: PostgresValue

    /// - Throws: `StoreError.notFound` for a workflow or an environment that there is not.
    init(
        _ jobs: JobSelection, for verb: Operation.Verb, on connection: isolated PostgresConnection
    ) throws {
        self.statuses = .textArray(verb.places(of: jobs))
        self.from = .uuid((jobs.since.map(Job.ID.lowerBound(at:)) ?? .first).rawValue)
        self.before = .uuid((jobs.until.map(Job.ID.lowerBound(at:)) ?? .last).rawValue)
        self.robot = .text(jobs.robot?.storable)
        self.kind = .text(jobs.kind?.rawValue)
        if let name = jobs.workflow {
            guard let workflow = try WorkflowStore.get(idOrName: name, on: connection) else {
                throw StoreError.notFound(.workflow, name)
            }
            self.workflow = .uuid(workflow.id.rawValue)
        } else {
            self.workflow = .null
        }
        self.version = .int(jobs.version)
        if let name = jobs.environment {
            self.queue = .int(try QueueStore.id(of: name, on: connection))
        } else {
            self.queue = .null
        }
        self.queueKey = .text(jobs.queueKey?.storable)
        self.priority = .int(jobs.priority?.rawValue)
        self.tag = .text(jobs.tag?.storable)
    }
}

extension Operation.Verb {
    /// The statuses of the jobs that somebody means who names none.
    private var statuses: Set<Job.Status> {
        switch self {
        // Others run again only when somebody says so: most of them have completed.
        case .retry, .replay, .acknowledge, .purge: [.failed]
        case .cancel: [.pending, .running, .blocked, .paused]
        case .pause: [.pending, .running]
        case .resume: [.paused]
        case .priority: [.pending]
        }
    }

    /// What jobs of a selection are looked for in; one that names no status means those that the verb is for. Jobs that
    /// run and are to be paused are resumed with those that are paused.
    fileprivate func places(of jobs: JobSelection) -> [String?] {
        let asked = jobs.statuses.isEmpty ? self.statuses : jobs.statuses
        let names = asked.map(\.rawValue).sorted()
        return self == .resume && asked.contains(.paused) && !asked.contains(.running) ? names + ["pausing"] : names
    }

    /// The same of letters: a filter that names no status means those that something is left to do about.
    ///
    /// - Parameter resolves: letters are acknowledged as such that nothing is left to do about.
    fileprivate func narrowed(_ filter: DeadLetterFilter, _ resolves: Bool) -> DeadLetterFilter {
        guard filter.statuses.isEmpty else { return filter }
        var filter = filter
        switch self {
        // The job that a letter was replayed as has a letter of its own if it failed: both would be run again.
        case .retry, .replay: filter.statuses = [.open, .acknowledged]
        case .acknowledge: filter.statuses = resolves ? [.open, .acknowledged] : [.open]
        case .purge, .cancel, .pause, .resume, .priority: break
        }
        return filter
    }
}

extension Operation.Mark {
    fileprivate init(row: Row) throws {
        self.init(count: try row.int("jobs"), hash: try row.string("hash"))
    }
}

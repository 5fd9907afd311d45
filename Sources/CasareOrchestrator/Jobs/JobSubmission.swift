import CasareDomain
import CasareEngine
import CasarePostgres
import CasareStore
import CasareWire

/// Requests for jobs, checked as far as they can be without the database.
struct JobSubmission: Sendable {
    /// What a job is to run.
    enum Source: Hashable, Sendable {
        case stored(nameOrID: String, version: Int?)
        /// Position in `documents`.
        case document(Int)
    }

    struct Version {
        let workflow: Workflow.ID
        let number: Int
        /// The workflow's.
        let name: String
    }

    private let requests: [SubmitJobRequest]
    let sources: [Source]
    let documents: [CheckedDocument]
    private let idempotencies: [NewJob.Idempotency?]
    /// Of each job.
    private let traces: [TraceCarrier]

    /// - Parameter traces: what each of the jobs belongs to.
    /// - Throws: 422 when a document is not valid.
    init(
        _ requests: [SubmitJobRequest], traces: [TraceCarrier], catalogue: NodeCatalogue, path: (Int) -> String
    ) throws {
        var documents: [CheckedDocument] = []
        var positions: [Value: Int] = [:]
        var sources: [Source] = []
        for (position, request) in requests.enumerated() {
            if let document = request.document {
                // A batch of jobs of one document has that many times over; it is checked once.
                if let known = positions[document] {
                    sources.append(.document(known))
                } else {
                    documents.append(
                        try CheckedDocument(
                            document, name: nil, catalogue: catalogue, field: path(position) + "document"))
                    positions[document] = documents.count - 1
                    sources.append(.document(documents.count - 1))
                }
            } else {
                sources.append(.stored(nameOrID: request.workflow ?? "", version: request.version))
            }
        }
        self.requests = requests
        self.sources = sources
        self.documents = documents
        self.idempotencies = try requests.map(Self.idempotency)
        self.traces = traces
    }

    /// The same request has the same text, however its members were ordered.
    private static func idempotency(_ request: SubmitJobRequest) throws -> NewJob.Idempotency? {
        guard let key = request.idempotencyKey else { return nil }
        return NewJob.Idempotency(
            key: key, request: try ValueEncoder.encode(request).jsonText(.compact, sortKeys: true))
    }

    /// Stores documents and jobs. Call within `inTenant`: then it is all of them or none.
    ///
    /// - Returns: one entry for each job, in the same order, and how many of them are new.
    /// - Throws: beside what storing throws, 403 for a new document of a caller who may not push.
    func store(
        for request: APIRequest, on connection: isolated PostgresConnection
    ) throws -> (jobs: [SubmittedJob], made: JobTally) {
        var versions: [Source: Version] = [:]
        for source in self.sources where versions[source] == nil {
            versions[source] = try self.version(source, for: request, on: connection)
        }
        let submitted = try JobStore.submit(self.jobs(of: versions), by: request.actor, on: connection)
        var made = JobTally()
        for (position, one) in submitted.enumerated() where !one.isDuplicate {
            let workflow = versions[self.sources[position]]?.name ?? ""
            made.add(queue: self.requests[position].environment, workflow: workflow)
        }
        return (submitted, made)
    }

    /// - Parameter versions: of every source.
    func jobs(of versions: [Source: Version]) -> [NewJob] {
        var jobs: [NewJob] = []
        jobs.reserveCapacity(self.requests.count)
        for (position, request) in self.requests.enumerated() {
            guard let version = versions[self.sources[position]] else { continue }
            jobs.append(
                NewJob(
                    workflow: version.workflow, workflowVersion: version.number, variables: request.variables,
                    priority: request.priority, environment: request.environment, options: request.options,
                    idempotency: self.idempotencies[position], due: Self.due(request), queueKey: request.queueKey,
                    requirements: request.requirements ?? .anyRobot, deadline: Self.deadline(request),
                    uniqueness: request.unique, trace: self.traces[position]))
        }
        return jobs
    }

    private func version(
        _ source: Source, for request: APIRequest, on connection: isolated PostgresConnection
    ) throws -> Version {
        switch source {
        case .stored(let nameOrID, let number):
            guard let workflow = try WorkflowStore.get(idOrName: nameOrID, on: connection) else {
                throw StoreError.notFound(.workflow, nameOrID)
            }
            let version = try Self.version(number, of: workflow)
            try request.requireUse(ofSecretsIn: version.workflow, version: version.number, on: connection)
            return version
        case .document(let position):
            let document = self.documents[position]
            let pushed = try WorkflowStore.push(
                name: document.name, document: document.text, by: request.actor, on: connection)
            try request.requirePush(of: pushed, document.json)
            return Version(
                workflow: pushed.version.workflow, number: pushed.version.number, name: pushed.version.name)
        }
    }

    /// No version is ever taken away, so those up to the newest are there.
    ///
    /// - Parameter number: the newest when there is none.
    static func version(_ number: Int?, of workflow: Workflow) throws(StoreError) -> Version {
        guard let number else {
            return Version(workflow: workflow.id, number: workflow.latestVersion, name: workflow.name)
        }
        guard number >= 1, number <= workflow.latestVersion else {
            throw .notFound(.workflowVersion, "\(number) of \(workflow.name); the newest is \(workflow.latestVersion)")
        }
        return Version(workflow: workflow.id, number: number, name: workflow.name)
    }

    private static func due(_ request: SubmitJobRequest) -> NewJob.Due {
        if let seconds = request.delaySeconds, seconds > 0 { return .after(.seconds(seconds)) }
        if let time = request.runAt { return .at(time) }
        return .now
    }

    private static func deadline(_ request: SubmitJobRequest) -> NewJob.Deadline? {
        if let seconds = request.expiresInSeconds { return .after(.seconds(seconds)) }
        return request.expiresAt.map { .at($0) }
    }

    /// The first delay of those that have one: the promotion loop should look then.
    var earliestDelay: Duration? {
        self.requests.compactMap { $0.delaySeconds ?? $0.unique?.debounce?.seconds }.min().map { .seconds($0) }
    }
}

package import CasareDomain
package import CasarePostgres

/// Jobs that running jobs submit. Call within `Database.asTenant`.
package enum ChildStore {
    /// How long a step's child is remembered. A job may wait for a person for weeks before another robot asks again.
    static let keyWindow: Duration = .seconds(90 * 86_400)

    /// Submits a child for a step of a leased job: in the same environment and trace, as urgent, with the usual options.
    ///
    /// The step's child is the same however often it is asked for within `keyWindow`, also by the robot that takes the
    /// job over. Once the attempt has failed, the next one has a child of its own. A job with a child has been begun,
    /// although nothing of the call stands in its journal before the child has ended: its deadline is forgotten.
    package static func submit(
        _ child: ChildJob, forStep step: Int, under lease: Lease, on connection: isolated PostgresConnection
    ) throws -> SubmittedJob {
        let parent = try self.parent(under: lease, on: connection)
        guard let priority = Priority(rawValue: try parent.int("priority")) else {
            throw StoreError.unreadable("job \(lease.job) has an impossible priority")
        }
        try connection.execute(ExpiryQueries.forget, ["job": .uuid(lease.job.rawValue)])
        let actor = "job \(lease.job)"
        let (workflow, version) = try self.workflow(child.source, calledBy: parent, by: actor, on: connection)
        let key = self.key(ofStep: step, under: lease.job, failures: try parent.int("failures"))
        let job = NewJob(
            workflow: workflow, workflowVersion: version, variables: child.variables, priority: priority,
            environment: try parent.string("environment"), idempotency: .init(key: key, request: actor),
            trace: try TraceCarrier(row: parent) ?? .makeRoot())
        return try JobStore.submit([job], by: actor, idempotencyWindow: self.keyWindow, on: connection)[0]
    }

    /// The version that a leased job runs: what is in it says which children it may have.
    package static func caller(
        under lease: Lease, on connection: isolated PostgresConnection
    ) throws -> Workflow.Version {
        try self.caller(try self.parent(under: lease, on: connection), on: connection)
    }

    /// How a child of a leased job ended; `nil` while it has not.
    package static func ending(
        of child: Job.ID, under lease: Lease, on connection: isolated PostgresConnection
    ) throws -> ChildJob.Ending? {
        let held = try connection.execute(
            LeaseQueries.holds, ["job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue)])
        guard !held.isEmpty else { throw StoreError.leaseLost(lease.job) }
        return try self.ending(of: JobStore.get(child, on: connection), child, of: lease.job)
    }

    /// - Parameter job: the child, if there is one of that ID.
    static func ending(
        of job: Job?, _ child: Job.ID, of parent: Job.ID
    ) throws(StoreError) -> ChildJob.Ending? {
        guard let job, job.idempotencyKey?.hasPrefix(self.keyPrefix(of: parent)) == true else {
            throw .notFound(.job, "\(child) of job \(parent)")
        }
        guard case .finished(let outcome) = job.state else { return nil }
        let failure: Failure? =
            switch outcome.kind {
            case .completed: .none
            case .failed:
                outcome.failure
                    ?? Failure(kind: .application, message: outcome.message ?? "it failed", type: "NodeError")
            case .cancelled:
                Failure(
                    kind: .application, message: "it was cancelled\(outcome.message.map { ": \($0)" } ?? "")",
                    type: "CancelledError")
            }
        return ChildJob.Ending(failure: failure, variables: outcome.result?.variables ?? [:])
    }

    /// The idempotency key of a step's child. An attempt that follows a failed one has children of its own.
    static func key(ofStep step: Int, under parent: Job.ID, failures: Int) -> String {
        "\(self.keyPrefix(of: parent))\(step)/\(failures)"
    }

    private static func keyPrefix(of parent: Job.ID) -> String { "\(parent)/" }

    private static func parent(under lease: Lease, on connection: isolated PostgresConnection) throws -> Row {
        let rows = try connection.execute(
            ChildQueries.parent, ["job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue)])
        guard let parent = rows.first else { throw StoreError.leaseLost(lease.job) }
        return parent
    }

    private static func caller(
        _ parent: Row, on connection: isolated PostgresConnection
    ) throws -> Workflow.Version {
        try WorkflowStore.version(
            try parent.int("workflow_version"), of: Workflow.ID(rawValue: try parent.uuid("workflow_id")),
            on: connection)
    }

    private static func workflow(
        _ source: ChildJob.Source, calledBy parent: Row, by actor: String, on connection: isolated PostgresConnection
    ) throws -> (Workflow.ID, version: Int) {
        switch source {
        case .stored(let name):
            guard let workflow = try WorkflowStore.get(idOrName: name, on: connection) else {
                throw StoreError.notFound(.workflow, name)
            }
            return (workflow.id, workflow.latestVersion)
        case .document(let document, let name):
            let caller = try self.caller(parent, on: connection)
            try self.check(document, named: name, cameWith: caller)
            let child = self.name(of: document, named: name, calledBy: caller)
            let kept = try WorkflowStore.keep(
                name: child, document: document.jsonText(.compact), by: actor, on: connection)
            return (kept.workflow, kept.number)
        }
    }

    /// Under which a document that came along is kept.
    static func name(of document: Value, named name: String, calledBy caller: Workflow.Version) -> String {
        let own = document["metadata"]?["name"]?.string ?? ""
        return Workflow.childName(own.contains { !$0.isWhitespace } ? own : name, of: caller.name)
    }

    /// A robot may run what it was given, and not what it made up: the document and what it brings along stand in the
    /// version that the calling job runs. Which of them brings along which differs by where a run begins.
    static func check(
        _ document: Value, named name: String, cameWith caller: Workflow.Version
    ) throws(StoreError) {
        let known: Set<Value>
        do {
            known = Set(try Value(parsingJSON: caller.document).documentsBroughtAlong)
        } catch {
            throw .unreadable("version \(caller.number) of workflow \(caller.name) is not JSON: \(error)")
        }
        guard ([document.withoutSubflows] + document.documentsBroughtAlong).allSatisfy({ known.contains($0) }) else {
            throw .notFound(
                .workflow, "\(name) of this content among the subflows of \(caller.name), version \(caller.number)")
        }
    }
}

extension Value {
    fileprivate var withoutSubflows: Value {
        guard var document = self.object else { return self }
        document["subflows"] = nil
        return .object(document)
    }

    /// The documents that this one brings along, those that they bring in turn included, each by itself.
    fileprivate var documentsBroughtAlong: [Value] {
        (self["subflows"]?.object?.values ?? []).flatMap { [$0.withoutSubflows] + $0.documentsBroughtAlong }
    }
}

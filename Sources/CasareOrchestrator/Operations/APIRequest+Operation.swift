import CasareDomain
import CasareEngine
import CasarePostgres
import CasareStore
import CasareWire

extension APIRequest {
    func operationID() throws(APIProblem) -> Operation.ID {
        let text = self.parameter("id")
        guard let id = Operation.ID(text) else {
            throw .invalidInput("id", "\"\(text.prefix(64))\" is not the ID of an operation, which is a UUID")
        }
        return id
    }

    // MARK: - Within `inTenant`

    /// What a request selects, by itself or by a name.
    ///
    /// - Throws: beside that, `APIProblem` for dead letters by the value of a sensitive variable.
    func selection(
        of body: CreateOperationRequest, on connection: isolated PostgresConnection
    ) throws -> Operation.Selection {
        let selection =
            if let name = body.selectionName {
                try SelectionInfo(try SelectionStore.get(name, on: connection)).selection
            } else {
                body.selection ?? .ids([])
            }
        switch selection {
        case .deadLetters(let filter): try self.check(filter, on: connection)
        case .jobs, .ids: break
        }
        return selection
    }

    /// The first jobs that an operation would be done to; one that is not there is missing.
    func sample(
        of selection: Operation.Selection, _ plan: Operation.Plan, on connection: isolated PostgresConnection
    ) throws -> [OperationSample] {
        try OperationStore.first(
            OperationPreview.sampleMax, of: selection, for: plan.verb, resolving: plan.resolves, on: connection
        ).compactMap { try self.sample($0, selection, plan, on: connection) }
    }

    private func sample(
        _ id: Job.ID, _ selection: Operation.Selection, _ plan: Operation.Plan,
        on connection: isolated PostgresConnection
    ) throws -> OperationSample? {
        let isOfLetters =
            switch selection {
            case .deadLetters: true
            case .jobs: false
            case .ids: plan.verb.isOfLetters
            }
        if isOfLetters, let letter = try DeadLetterStore.get(id, on: connection) {
            return try self.sample(
                id, letter.workflowName, letter.workflowVersion, letter.status.rawValue, letter.failure.message,
                letter.variables, plan, on: connection)
        }
        guard let job = try JobStore.get(id, on: connection) else { return nil }
        var message: String?
        if case .finished(let outcome) = job.state { message = outcome.message }
        return try self.sample(
            id, job.workflowName, job.workflowVersion, job.status.rawValue, message, job.variables, plan,
            on: connection)
    }

    private func sample(
        _ id: Job.ID, _ workflow: String, _ version: Int, _ status: String, _ message: String?, _ variables: Object,
        _ plan: Operation.Plan, on connection: isolated PostgresConnection
    ) throws -> OperationSample {
        let known = SensitiveVariables.Version(workflow: workflow, number: version)
        let hidden = try self.sensitive(known, in: variables, on: connection)
        var changed: Object?
        var problem: String?
        if plan.verb.isRerun {
            do {
                changed = try self.services.sensitiveVariables.variables(
                    ofRerun: id, plan.changes, in: self.principal.tenant, on: connection)
            } catch let error as WireDecodingError {
                problem = error.description
            }
        }
        return OperationSample(
            job: id, workflow: workflow, workflowVersion: version, status: status, message: message,
            variables: ShownVariables(variables, sensitive: hidden).variables,
            changed: try changed.map { new in
                var names = try self.sensitive(known, in: new, on: connection)
                if plan.changes.version == .latest,
                    let latest = try WorkflowStore.get(named: workflow, on: connection)
                {
                    let newest = SensitiveVariables.Version(workflow: workflow, number: latest.latestVersion)
                    names.formUnion(try self.sensitive(newest, in: new, on: connection))
                }
                return ShownVariables(new, sensitive: names).variables
            }, problem: problem)
    }

    /// The variables that nobody is shown; all of them where nobody can say.
    private func sensitive(
        _ version: SensitiveVariables.Version, in variables: Object, on connection: isolated PostgresConnection
    ) throws -> Set<String> {
        let tenant = self.principal.tenant
        let cache = self.services.sensitiveVariables
        if let known = cache.names(of: [version], in: tenant)[version] { return known }
        let documents = try WorkflowStore.documentsWithSensitive(of: [version], on: connection)
        return cache.learn(documents, in: tenant)[version] ?? Set(variables.keys)
    }
}

extension Operation.Selection {
    /// As it is kept with an operation, to be shown: of many IDs the first ones.
    var shortened: Operation.Selection {
        switch self {
        case .deadLetters, .jobs: self
        case .ids(let ids): .ids(Array(ids.prefix(OperationInfo.idsShown)))
        }
    }

    /// In the form of the wire.
    var stored: Object {
        get throws { try ValueEncoder.encode(self).object ?? [:] }
    }

    /// - Throws: for what a newer version has stored and this one cannot read.
    init(stored: Object, of what: String) throws {
        do throws(WireDecodingError) {
            self = try ValueDecoder.decode(Operation.Selection.self, from: .object(stored))
        } catch {
            throw StoreError.unreadable("\(what) cannot be read: \(error)")
        }
    }
}

extension OperationInfo {
    /// As anybody may see it.
    ///
    /// - Throws: for what a newer version has stored and this one cannot read.
    init(shown operation: Operation) throws {
        var changes = operation.plan.changes
        changes.set = Object(changes.set.map { ($0.key, ShownVariables.hidden($0.value)) })
        changes.patch = try changes.patch?.hidden
        self.init(
            operation,
            selection: try Operation.Selection(stored: operation.selection, of: "operation \(operation.id)"),
            changes: changes)
    }
}

extension JSONPatch {
    /// What it changes, without the values.
    fileprivate var hidden: JSONPatch {
        get throws(Invalid) {
            try JSONPatch(
                self.operations.map { operation in
                    switch operation {
                    case .add(let path, let value): .add(path, ShownVariables.hidden(value))
                    case .replace(let path, let value): .replace(path, ShownVariables.hidden(value))
                    case .test(let path, let value): .test(path, ShownVariables.hidden(value))
                    case .remove, .move, .copy: operation
                    }
                })
        }
    }
}

import CasareDomain
import CasareEngine
import CasarePostgres
import CasareStore
import CasareWire
import Synchronization

/// Which start variables the versions of workflows declare sensitive: nobody who looks at a job is shown their values.
///
/// A version never changes, so each is looked up once, and lists of jobs cost nothing more than before.
final class SensitiveVariables: Sendable {
    typealias Version = WorkflowStore.VersionName

    /// With more than this all are forgotten.
    private static let versionsMax = 10_000

    private struct Key: Hashable {
        let tenant: Tenant.ID
        let version: Version
    }

    private let known = Mutex<[Key: Set<String>]>([:])

    /// What is known of the versions; the others are to be learned.
    func names(of versions: Set<Version>, in tenant: Tenant.ID) -> [Version: Set<String>] {
        self.known.withLock { known in
            var names: [Version: Set<String>] = [:]
            for version in versions { names[version] = known[Key(tenant: tenant, version: version)] }
            return names
        }
    }

    /// - Parameter documents: `.none` for versions in which nothing is declared sensitive.
    /// - Returns: without what is no JSON, of which nobody can say.
    func learn(_ documents: [Version: String?], in tenant: Tenant.ID) -> [Version: Set<String>] {
        var found: [Version: Set<String>] = [:]
        for (version, document) in documents {
            guard let document else {
                found[version] = []
                continue
            }
            // What cannot be read declares nothing: then all is hidden.
            guard let json = try? Value(parsingJSON: document) else { continue }
            found[version] = WorkflowDocument.sensitiveNames(in: json)
        }
        let learned = found
        self.known.withLock { known in
            if known.count + learned.count > Self.versionsMax { known.removeAll() }
            for (version, names) in learned { known[Key(tenant: tenant, version: version)] = names }
        }
        return learned
    }
}

extension ShownVariables {
    /// - Parameter sensitive: `nil` hides all values, as nobody could say.
    fileprivate init(_ variables: Object, _ sensitive: Set<String>?) {
        self.init(variables, sensitive: sensitive ?? Set(variables.keys))
    }
}

extension Job {
    fileprivate var version: SensitiveVariables.Version {
        SensitiveVariables.Version(workflow: self.workflowName, number: self.workflowVersion)
    }

    fileprivate func shown(hiding sensitive: Set<String>?) -> JobInfo {
        JobInfo(self).showing(ShownVariables(self.variables, sensitive))
    }
}

extension JobInfo {
    /// Keys are often made of variables.
    fileprivate func showing(_ variables: ShownVariables) -> JobInfo {
        var info = self
        info.variables = variables.variables
        info.idempotencyKey = self.idempotencyKey.map { variables.masked($0) }
        info.queueKey = self.queueKey.map { variables.masked($0) }
        if let unique = self.unique { info.unique?.key = variables.masked(unique.key) }
        return info
    }
}

extension DeadLetter {
    fileprivate var version: SensitiveVariables.Version {
        SensitiveVariables.Version(workflow: self.workflowName, number: self.workflowVersion)
    }

    fileprivate func shown(hiding sensitive: Set<String>?) -> DeadLetterInfo {
        let shown = ShownVariables(self.variables, sensitive)
        var info = DeadLetterInfo(self)
        info.variables = shown.variables
        info.queueKey = self.queueKey.map { shown.masked($0) }
        return info
    }
}

extension DeadLetter {
    /// Those of its job and of the last success.
    fileprivate func versions(with context: DeadLetterContext) -> Set<SensitiveVariables.Version> {
        guard let success = context.lastSuccess else { return [self.version] }
        return [
            self.version,
            SensitiveVariables.Version(workflow: self.workflowName, number: success.workflowVersion),
        ]
    }

    /// What is hidden in one of the two jobs is hidden in both: between them it may have been declared sensitive.
    fileprivate func shown(
        _ context: DeadLetterContext, hiding names: [SensitiveVariables.Version: Set<String>]
    ) -> DeadLetterInfo {
        var hidden: Set<String>? = []
        for version in self.versions(with: context) {
            guard let known = hidden, let more = names[version] else {
                hidden = nil
                break
            }
            hidden = known.union(more)
        }
        let differences = context.differences(
            from: self, showing: ShownVariables(context.lastSuccess?.variables ?? [:], hidden).variables,
            ShownVariables(self.variables, hidden).variables)
        var info = self.shown(hiding: names[self.version])
        info.context = DeadLetterContextInfo(context, differences: differences)
        return info
    }
}

extension APIRequest {
    // MARK: - As anybody may see them; call within `inTenant`

    func shown(_ job: Job, on connection: isolated PostgresConnection) throws -> JobInfo {
        if job.variables.isEmpty { return JobInfo(job) }
        return job.shown(hiding: try self.sensitive([job.version], on: connection)[job.version])
    }

    func shown(_ jobs: [Job], on connection: isolated PostgresConnection) throws -> [JobInfo] {
        let names = try self.sensitive(
            Set(jobs.lazy.filter { !$0.variables.isEmpty }.map { $0.version }), on: connection)
        return jobs.map { $0.shown(hiding: names[$0.version]) }
    }

    func shown(_ letters: [DeadLetter], on connection: isolated PostgresConnection) throws -> [DeadLetterInfo] {
        let names = try self.sensitive(Set(letters.map { $0.version }), on: connection)
        return letters.map { $0.shown(hiding: names[$0.version]) }
    }

    /// With what helps to understand it.
    func shown(
        _ letter: DeadLetter, _ context: DeadLetterContext, on connection: isolated PostgresConnection
    ) throws -> DeadLetterInfo {
        letter.shown(context, hiding: try self.sensitive(letter.versions(with: context), on: connection))
    }

    /// What a person gives for the variables of a job that is to be run again: what is given as it was shown stays as it
    /// is. Call within `inTenant`.
    func restored(
        _ variables: Object?, of id: Job.ID, on connection: isolated PostgresConnection
    ) throws -> Object? {
        guard let variables else { return nil }
        if let job = try JobStore.get(id, on: connection) {
            let names = try self.sensitive([job.version], on: connection)[job.version]
            return ShownVariables(job.variables, names).restored(variables)
        }
        // A letter outlives its job. Where there is none either, the change itself says so.
        guard let letter = try DeadLetterStore.get(id, on: connection) else { return variables }
        let names = try self.sensitive([letter.version], on: connection)[letter.version]
        return ShownVariables(letter.variables, names).restored(variables)
    }

    /// The names of what each version declares sensitive; nothing of one of which nobody can say. Call within `inTenant`.
    func sensitive(
        _ versions: Set<SensitiveVariables.Version>, on connection: isolated PostgresConnection
    ) throws -> [SensitiveVariables.Version: Set<String>] {
        let tenant = self.principal.tenant
        let known = self.services.sensitiveVariables.names(of: versions, in: tenant)
        let others = versions.filter { known[$0] == nil }
        guard !others.isEmpty else { return known }
        let documents = try WorkflowStore.documentsWithSensitive(of: Array(others), on: connection)
        return known.merging(self.services.sensitiveVariables.learn(documents, in: tenant)) { $1 }
    }
}

extension MemoryRoutes {
    // MARK: - As anybody may see them

    func shown(_ job: Job) throws -> JobInfo {
        if job.variables.isEmpty { return JobInfo(job) }
        return job.shown(hiding: try self.sensitive([job.version])[job.version])
    }

    func shown(_ jobs: [Job]) throws -> [JobInfo] {
        let names = try self.sensitive(Set(jobs.map { $0.version }))
        return jobs.map { $0.shown(hiding: names[$0.version]) }
    }

    func shown(_ letters: [DeadLetter]) throws -> [DeadLetterInfo] {
        let names = try self.sensitive(Set(letters.map { $0.version }))
        return letters.map { $0.shown(hiding: names[$0.version]) }
    }

    func shown(_ letter: DeadLetter, _ context: DeadLetterContext) throws -> DeadLetterInfo {
        letter.shown(context, hiding: try self.sensitive(letter.versions(with: context)))
    }

    /// What a person gives for the variables of a job that is to be run again: what is given as it was shown stays as it
    /// is.
    func restored(_ variables: Object?, of id: Job.ID) throws -> Object? {
        guard let variables else { return nil }
        let found = try self.queue.access { queue, _ throws(StoreError) in queue.job(id) }
        // Of a job that is not there the change itself says so: here letters go with their jobs.
        guard let job = found else { return variables }
        return ShownVariables(job.variables, try self.sensitive([job.version])[job.version]).restored(variables)
    }

    /// The variables of a job that is run again; `nil`: they stay the same.
    func variables(ofRerun id: Job.ID, _ choices: Job.RerunChoices) throws -> Object? {
        guard choices.changesVariables else { return nil }
        let found = try self.queue.access { queue, _ throws(StoreError) in queue.job(id) }
        // Of a job that is not there the change itself says so: here letters go with their jobs.
        guard let job = found else { return choices.variables }
        return try ShownVariables.changed(
            job.variables, hiding: try self.sensitive([job.version])[job.version], by: choices)
    }

    private func sensitive(
        _ versions: Set<SensitiveVariables.Version>
    ) throws -> [SensitiveVariables.Version: Set<String>] {
        let known = self.sensitiveVariables.names(of: versions, in: .default)
        let others = versions.filter { known[$0] == nil }
        guard !others.isEmpty else { return known }
        let documents = try self.queue.access {
            queue, _ throws(StoreError) -> [SensitiveVariables.Version: String?] in
            var documents: [SensitiveVariables.Version: String?] = [:]
            for version in others {
                let workflow = try queue.workflow(idOrName: version.workflow)
                documents[version] = .some(try queue.version(version.number, of: workflow.id).document)
            }
            return documents
        }
        return known.merging(self.sensitiveVariables.learn(documents, in: .default)) { $1 }
    }
}

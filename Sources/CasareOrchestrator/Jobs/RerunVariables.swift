import CasareDomain
import CasareEngine
import CasarePostgres
import CasareStore
import CasareWire

/// The variables of jobs that are run again: people change what they are shown, and what they are not shown they can
/// replace but not read.
extension SensitiveVariables {
    /// - Returns: `nil`: they stay the same.
    /// - Throws: `WireDecodingError` for a patch that cannot be made. Call within `Database.asTenant`.
    func variables(
        ofRerun id: Job.ID, _ choices: Job.RerunChoices, in tenant: Tenant.ID,
        on connection: isolated PostgresConnection
    ) throws -> Object? {
        guard choices.changesVariables else { return nil }
        let found: (variables: Object, version: Version)
        if let job = try JobStore.get(id, on: connection) {
            found = (job.variables, Version(workflow: job.workflowName, number: job.workflowVersion))
        } else if let letter = try DeadLetterStore.get(id, on: connection) {
            // A letter outlives its job.
            found = (letter.variables, Version(workflow: letter.workflowName, number: letter.workflowVersion))
        } else {
            // Where there is neither, the change itself says so.
            return choices.variables
        }
        let sensitive = try self.sensitiveNames(of: found.version, in: tenant, on: connection)
        return try ShownVariables.changed(found.variables, hiding: sensitive, by: choices)
    }

    /// - Returns: `nil` when nobody can say, so that all are.
    private func sensitiveNames(
        of version: Version, in tenant: Tenant.ID, on connection: isolated PostgresConnection
    ) throws -> Set<String>? {
        if let known = self.names(of: [version], in: tenant)[version] { return known }
        let documents = try WorkflowStore.documentsWithSensitive(of: [version], on: connection)
        return self.learn(documents, in: tenant)[version]
    }
}

extension ShownVariables {
    /// - Parameter sensitive: `nil` hides all values.
    /// - Throws: `WireDecodingError` for a patch that cannot be made.
    static func changed(
        _ variables: Object, hiding sensitive: Set<String>?, by choices: Job.RerunChoices
    ) throws(WireDecodingError) -> Object? {
        do throws(JSONPatch.Invalid) {
            return try ShownVariables(variables, sensitive: sensitive ?? Set(variables.keys)).variables(after: choices)
        } catch {
            throw WireDecodingError(path: "patch", message: error.description, kind: .invalid)
        }
    }
}

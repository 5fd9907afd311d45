import CasareDomain
import CasareEngine
import CasarePostgres
import CasareStore

/// Variables that are kept for jobs of a workflow: of a schedule, a trigger, or a performer of items.
struct StartVariables {
    /// As it is written.
    struct Version: Hashable {
        /// By name or ID.
        let workflow: String
        /// `nil`: the newest there is.
        let number: Int?
    }

    let version: Version
    let variables: Object

    init(_ variables: Object, of workflow: String, version: Int?) {
        self.version = Version(workflow: workflow, number: version)
        self.variables = variables
    }
}

extension APIRequest {
    /// As anybody may see them, in the same order: without the values that their workflows declare sensitive as of now.
    /// Of a workflow that nobody knows all are hidden. Call within `inTenant`.
    func shown(_ kept: [StartVariables], on connection: isolated PostgresConnection) throws -> [ShownVariables] {
        var versions: [StartVariables.Version: SensitiveVariables.Version] = [:]
        for asked in Set(kept.lazy.filter { !$0.variables.isEmpty }.map(\.version)) {
            guard let workflow = try WorkflowStore.get(idOrName: asked.workflow, on: connection) else { continue }
            versions[asked] = SensitiveVariables.Version(
                workflow: workflow.name, number: asked.number ?? workflow.latestVersion)
        }
        let names = try self.sensitive(Set(versions.values), on: connection)
        return kept.map { one in
            let hidden = versions[one.version].flatMap { names[$0] } ?? Set(one.variables.keys)
            return ShownVariables(one.variables, sensitive: hidden)
        }
    }

    func shown(_ kept: StartVariables, on connection: isolated PostgresConnection) throws -> ShownVariables {
        guard let shown = try self.shown([kept], on: connection).first else {
            preconditionFailure("Variables that were given are shown")
        }
        return shown
    }

    /// What somebody gives for variables who has seen those that are kept: what is given as it was shown stays as it is.
    /// Call within `inTenant`.
    func restored(
        _ given: Object, instead kept: StartVariables, on connection: isolated PostgresConnection
    ) throws -> Object {
        guard !kept.variables.isEmpty, !given.isEmpty else { return given }
        return try self.shown(kept, on: connection).restored(given)
    }

    /// A patch of a spec in which variables that are given as they are shown are as they were. Call within `inTenant`.
    func meant(
        _ patch: Object, instead kept: StartVariables, on connection: isolated PostgresConnection
    ) throws -> Object {
        guard let variables = patch["variables"]?.object, !variables.isEmpty else { return patch }
        var patch = patch
        patch["variables"] = .object(try self.restored(variables, instead: kept, on: connection))
        return patch
    }
}

package import CasareDomain
package import CasarePostgres

extension ScheduleStore {
    /// So many schedules of a tenant that wait for jobs are looked at.
    private static let dependenciesMax = 10_000

    /// The circle of workflows that a schedule would close that waits for jobs; `nil`: none, or it waits for none.
    /// Until the transaction ends no other one is looked at: two that are made at the same time could close a circle
    /// together.
    ///
    /// - Parameter name: the schedule's, which may have another spec by now.
    /// - Throws: `StoreError.unreadable` for a stored spec of a newer version.
    package static func dependencyCycle(
        of spec: ScheduleSpec, named name: String, on connection: isolated PostgresConnection
    ) throws -> [String]? {
        guard case .dependency(let dependency) = spec.timing else { return nil }
        try connection.execute(DependencyQueries.lock)
        let rows = try connection.execute(DependencyQueries.all, ["limit": .int(self.dependenciesMax)])
        var specs: [(name: String, after: [String], workflow: String)] = []
        for row in rows {
            let other = try row.string("name")
            let stored = try StoredSpec.read(
                try row.string("spec"), variables: try row.string("variables"), of: "schedule \(other)")
            guard case .dependency(let known) = stored.timing else { continue }
            specs.append((other, known.after, stored.workflow))
        }
        let names = try self.workflowNames(specs.map(\.workflow) + [spec.workflow], on: connection)
        return ScheduleDependencies.cycle(
            through: ScheduleDependencies.Edge(
                schedule: name, after: dependency.after, workflow: names[spec.workflow] ?? spec.workflow),
            among: specs.map { other in
                ScheduleDependencies.Edge(
                    schedule: other.name, after: other.after, workflow: names[other.workflow] ?? other.workflow)
            })
    }

    /// The names of those that are given by their IDs, by what was given.
    private static func workflowNames(
        _ texts: [String], on connection: isolated PostgresConnection
    ) throws -> [String: String] {
        var asked: [Workflow.ID: [String]] = [:]
        for text in Set(texts) {
            if let id = Workflow.ID(text) { asked[id, default: []].append(text) }
        }
        guard !asked.isEmpty else { return [:] }
        let rows = try connection.execute(
            DependencyQueries.workflowNames, ["ids": .uuidArray(asked.keys.map(\.rawValue))])
        var names: [String: String] = [:]
        for row in rows {
            let id = Workflow.ID(rawValue: try row.uuid("id"))
            let name = try row.string("name")
            for text in asked[id] ?? [] { names[text] = name }
        }
        return names
    }
}

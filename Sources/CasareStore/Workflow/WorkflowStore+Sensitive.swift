import CasareDomain
package import CasarePostgres

extension WorkflowStore {
    /// A version by the name of its workflow, which never gets another one.
    package struct VersionName: Hashable, Sendable {
        package let workflow: String
        package let number: Int

        package init(workflow: String, number: Int) {
            self.workflow = workflow
            self.number = number
        }
    }

    /// Versions that there are; none of a workflow that there is not.
    ///
    /// - Parameters:
    ///   - workflow: name or ID; `nil`: all of them.
    ///   - number: `nil`: all of a workflow.
    package static func versionNames(
        of workflow: String?, _ number: Int?, limit: Int, on connection: isolated PostgresConnection
    ) throws -> [VersionName] {
        var id: Workflow.ID?
        if let workflow {
            guard let known = try self.get(idOrName: workflow, on: connection) else { return [] }
            id = known.id
        }
        return try connection.execute(
            WorkflowQueries.versionNames,
            ["workflow": .uuid(id?.rawValue), "version": .int(number), "limit": .int(limit)]
        ).map { VersionName(workflow: try $0.string("name"), number: try $0.int("version")) }
    }

    /// The documents of versions in which something may be declared sensitive; `.none` for the others that there are.
    package static func documentsWithSensitive(
        of versions: [VersionName], on connection: isolated PostgresConnection
    ) throws -> [VersionName: String?] {
        guard !versions.isEmpty else { return [:] }
        let rows = try connection.execute(
            WorkflowQueries.documentsWithSensitive,
            ["names": .textArray(versions.map { $0.workflow }), "versions": .intArray(versions.map(\.number))])
        var documents: [VersionName: String?] = [:]
        for row in rows {
            let version = VersionName(workflow: try row.string("name"), number: try row.int("version"))
            documents[version] = .some(try row.optionalString("document"))
        }
        return documents
    }
}

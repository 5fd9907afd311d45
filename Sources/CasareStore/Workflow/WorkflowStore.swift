package import CasareDomain
package import CasarePostgres
import Crypto
package import FoundationEssentials

/// Workflows and their versions. Call within `Database.asTenant`.
package enum WorkflowStore {
    package struct Pushed: Hashable, Sendable {
        package let version: Workflow.Version
        /// False when the document is the same, byte for byte, as the newest version's.
        package let isNew: Bool
    }

    /// A version without its document.
    package struct VersionSummary: Hashable, Sendable {
        package let number: Int
        package let checksum: String
        package let createdAt: Date
        package let createdBy: String
    }

    /// Stores a document as the newest version of the workflow of that name, which is created when there is none.
    package static func push(
        name: String, document: String, by creator: String, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Pushed {
        let (workflow, latest) = try self.claim(name, now: now, on: connection)
        let checksum = SHA256.hash(data: Array(document.utf8)).hex
        if latest > 0 {
            let known = try connection.execute(
                WorkflowQueries.checksum, ["workflow": .uuid(workflow.rawValue), "version": .int(latest)])
            if try known.only().string("checksum") == checksum {
                return Pushed(version: try self.version(latest, of: workflow, on: connection), isNew: false)
            }
        }
        try self.add(latest + 1, of: workflow, document, checksum, by: creator, now: now, on: connection)
        return Pushed(version: try self.version(latest + 1, of: workflow, on: connection), isNew: true)
    }

    /// The version of the workflow of that name that has the document, which is stored when none has.
    ///
    /// Unlike with `push` there is no way back to an earlier text: several documents may have one name here, and take
    /// turns.
    package static func keep(
        name: String, document: String, by creator: String, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> (workflow: Workflow.ID, number: Int) {
        let (workflow, latest) = try self.claim(name, now: now, on: connection)
        let checksum = SHA256.hash(data: Array(document.utf8)).hex
        let known = try connection.execute(
            WorkflowQueries.versionOfChecksum,
            ["workflow": .uuid(workflow.rawValue), "checksum": .text(checksum)])
        if let row = known.first { return (workflow, try row.int("version")) }
        try self.add(latest + 1, of: workflow, document, checksum, by: creator, now: now, on: connection)
        return (workflow, latest + 1)
    }

    /// Finds or creates a workflow; its newest version is 0 when it has none. Others wait until the transaction ends.
    private static func claim(
        _ name: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> (Workflow.ID, latestVersion: Int) {
        let row = try connection.execute(
            WorkflowQueries.claim,
            [
                "workflow": .uuid(Workflow.ID.new(at: now ?? Date()).rawValue), "name": .text(name.storable),
                "now": .timestamp(now),
            ]
        ).only()
        let latest = try row.int("latest_version")
        // It is new, as a workflow never loses its versions.
        if latest == 0 { try QuotaStore.check(.workflows, now: now, on: connection) }
        return (Workflow.ID(rawValue: try row.uuid("workflow_id")), latest)
    }

    private static func add(
        _ number: Int, of workflow: Workflow.ID, _ document: String, _ checksum: String, by creator: String, now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        try QuotaStore.checkBytes(document.utf8.count, now: now, on: connection)
        try connection.execute(
            WorkflowQueries.addVersion,
            [
                "workflow": .uuid(workflow.rawValue), "version": .int(number), "checksum": .text(checksum),
                "document": .text(document), "retry": .text(WorkflowRetry.text(in: document)),
                "by": .text(creator.storable), "now": .timestamp(now),
            ])
    }

    /// A page in the order of names, from the first name after `after`.
    package static func list(
        after: String = "", limit: Int, on connection: isolated PostgresConnection
    ) throws -> [Workflow] {
        try connection.execute(WorkflowQueries.list, ["after": .text(after.storable), "limit": .int(limit)])
            .map(Workflow.init(row:))
    }

    package static func get(_ id: Workflow.ID, on connection: isolated PostgresConnection) throws -> Workflow? {
        try connection.execute(WorkflowQueries.byID, ["workflow": .uuid(id.rawValue)]).first.map(Workflow.init(row:))
    }

    package static func get(named name: String, on connection: isolated PostgresConnection) throws -> Workflow? {
        try connection.execute(WorkflowQueries.byName, ["name": .text(name.storable)]).first.map(Workflow.init(row:))
    }

    /// Finds a workflow by what a person writes: its ID, or else its name.
    package static func get(
        idOrName text: String, on connection: isolated PostgresConnection
    ) throws -> Workflow? {
        if let id = Workflow.ID(text), let workflow = try self.get(id, on: connection) { return workflow }
        return try self.get(named: text, on: connection)
    }

    /// What is to be started must be there when it is written; what goes later is told when it is to start.
    ///
    /// - Parameter version: `nil`: the newest.
    /// - Throws: `StoreError.notFound`, also for a version that there is not.
    static func check(
        _ idOrName: String, version: Int?, on connection: isolated PostgresConnection
    ) throws {
        guard let workflow = try self.get(idOrName: idOrName, on: connection) else {
            throw StoreError.notFound(.workflow, idOrName)
        }
        if let version, !(1...max(1, workflow.latestVersion)).contains(version) {
            throw StoreError.notFound(
                .workflowVersion, "\(version) of \(workflow.name); the newest is \(workflow.latestVersion)")
        }
    }

    /// Newest first, below version `before`.
    package static func versions(
        of workflow: Workflow.ID, before: Int = Int(Int32.max), limit: Int, on connection: isolated PostgresConnection
    ) throws -> [VersionSummary] {
        try connection.execute(
            WorkflowQueries.versions,
            ["workflow": .uuid(workflow.rawValue), "before": .int(before), "limit": .int(limit)]
        ).map { row in
            VersionSummary(
                number: try row.int("version"), checksum: try row.string("checksum"),
                createdAt: try row.date("created_at"), createdBy: try row.string("created_by"))
        }
    }

    /// One version with its document; the newest for `nil`.
    package static func version(
        _ number: Int?, of workflow: Workflow.ID, on connection: isolated PostgresConnection
    ) throws -> Workflow.Version {
        let rows = try connection.execute(
            WorkflowQueries.version, ["workflow": .uuid(workflow.rawValue), "version": .int(number)])
        guard let row = rows.first else {
            throw StoreError.notFound(.workflowVersion, "\(number.map(String.init) ?? "latest") of \(workflow)")
        }
        return Workflow.Version(
            workflow: workflow, name: try row.string("name"), number: try row.int("version"),
            checksum: try row.string("checksum"), document: try row.string("document"),
            createdAt: try row.date("created_at"), createdBy: try row.string("created_by"))
    }
}

extension Workflow {
    fileprivate init(row: Row) throws(PostgresError) {
        self.init(
            id: ID(rawValue: try row.uuid("workflow_id")), name: try row.string("name"),
            latestVersion: try row.int("latest_version"), createdAt: try row.date("created_at"),
            updatedAt: try row.date("updated_at"))
    }
}

import CasareDomain
import CasareEngine
import CasareNodes
import CasarePostgres
import CasareTestSupport

/// The databases that the nodes work on, each a real one.
enum TestDatabase: String, CaseIterable, Sendable {
    case sqlite, postgresql

    /// Gives the body a folder, and the inputs that connect to an empty database.
    func with<R: Sendable>(_ body: (RunFolder, Object) async throws -> R) async throws -> R {
        switch self {
        case .sqlite:
            try await withRunFolder { folder async throws in
                try await body(folder, ["db_type": "sqlite", "database": "data.db"])
            }
        case .postgresql:
            try await withEmptyDatabase { configuration in
                try await withRunFolder { folder async throws in
                    // Its description is a connection string: nothing in it is secret.
                    try await body(
                        folder,
                        ["db_type": "postgresql", "connection_string": .string(configuration.description)])
                }
            }
        }
    }

    /// The same with an open connection.
    func withConnection<R: Sendable>(_ body: (DatabaseFolder) async throws -> R) async throws -> R {
        try await self.with { folder, inputs async throws in
            let connection = try await folder.perform("DatabaseConnectNode", inputs)["connection"] ?? .null
            return try await body(DatabaseFolder(kind: self, folder: folder, connection: connection))
        }
    }
}

/// A run's directory and a connection, and a way to run single nodes on it.
struct DatabaseFolder: Sendable {
    let kind: TestDatabase
    let folder: RunFolder
    let connection: Value

    @discardableResult
    func perform(_ name: String, _ inputs: Object = [:]) async throws -> Object {
        try await self.folder.perform(name, inputs.merging(["connection": self.connection]))
    }

    func failure(_ name: String, _ inputs: Object = [:]) async throws -> NodeFailure {
        try await self.folder.failure(name, inputs.merging(["connection": self.connection]))
    }

    @discardableResult
    func execute(_ sql: String, _ parameters: [Value] = []) async throws -> Object {
        try await self.perform("ExecuteNonQueryNode", ["query": .string(sql), "parameters": .list(parameters)])
    }

    /// The rows of a query.
    func rows(_ sql: String, _ parameters: [Value] = []) async throws -> Value {
        try await self.perform("ExecuteQueryNode", ["query": .string(sql), "parameters": .list(parameters)])["results"]
            ?? .null
    }
}

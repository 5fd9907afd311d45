import CasareDomain
import CasareEngine

/// The value that stands for a connection in a run's variables and in its journal.
///
/// It only names the connection, which the run's session keeps: nothing in it would open one.
struct DatabaseHandle {
    /// Connections that a run has open at once.
    static let connectionsMax = 32

    /// The step that connected: the same on a replay, and another for each pass of a loop.
    let step: String
    let kind: String

    init(kind: String, _ environment: NodeEnvironment) {
        let key = environment.idempotencyKey
        self.step = key.lastIndex(of: "/").map { String(key[key.index(after: $0)...]) } ?? key
        self.kind = kind
    }

    /// - Throws: `ValueError` for anything that is not a connection.
    init(_ value: Value) throws(NodeFailure) {
        if value.isNull || value.string?.isBlank == true { throw .value("Database connection is required") }
        guard let step = value["connection"]?.string, let kind = value["db_type"]?.string else {
            throw .value(
                "Database connection is required: connection must be the output of DatabaseConnectNode, not "
                    + value.kindName)
        }
        self.step = step
        self.kind = kind
    }

    var value: Value { ["connection": .string(self.step), "db_type": .string(self.kind)] }

    /// What the session keeps it under.
    private var name: String { "database \(self.step)" }

    func keep(_ database: OpenDatabase, in session: RunSession) async {
        await session.keep(database, as: self.name)
    }

    func remove(from session: RunSession) async -> OpenDatabase? {
        await session.remove(self.name) as? OpenDatabase
    }

    /// - Throws: `ValueError` when the connection was closed or could not be opened again.
    func database(in session: RunSession) async throws(NodeFailure) -> OpenDatabase {
        guard let database = await session.resource(self.name, as: OpenDatabase.self) else {
            throw .value("The database connection is not open: it was closed, or could not be opened again")
        }
        return database
    }
}

import CasareEngine
import CasarePostgres
import Tracing

extension OpenDatabase {
    private static let standardPort = 5432

    /// Does something with the database in a span of its own, which tells of the statement what it does to which tables.
    nonisolated func traced<Result>(
        _ sql: String, _ environment: NodeEnvironment, _ work: () async throws -> Result
    ) async throws -> Result {
        // Reading the statement costs something.
        if environment.tracer is NoOpTracer { return try await work() }
        let (summary, server) = (QuerySummary(of: sql), self.driver.server)
        // A table's name may be put together from anything.
        let text = environment.masked(summary.text)
        let describe = { (attributes: inout SpanAttributes) in
            attributes["db.system.name"] = server.system
            attributes["db.operation.name"] = summary.operation
            attributes["db.query.summary"] = text
            if let database = server.database { attributes["db.namespace"] = environment.masked(database) }
            if let address = server.address { attributes["server.address"] = environment.masked(address) }
            if let port = server.port, port != Self.standardPort { attributes["server.port"] = port }
        }
        return try await environment.traced(text, describe, work)
    }
}

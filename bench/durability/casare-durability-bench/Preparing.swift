import CasareDomain
import CasarePostgres
import CasareStore

/// What stands in the database before anything is measured.
enum Preparing {
    struct Installed: Encodable {
        let token: String
    }

    struct Submitted: Encodable {
        let jobs: Int
    }

    /// Migrates an empty database.
    static func install(_ request: Request) async throws -> Installed {
        let connection = try await PostgresConnection.connect(try request.configuration())
        try await connection.run { connection in try Migrator().migrate(on: connection) }
        await connection.close()
        let database = try request.database()
        let token = try await database.asTenant(.default) { connection in
            try TokenStore.create(name: "bench", role: .admin, on: connection).text.reveal()
        }
        await database.close()
        return Installed(token: token)
    }

    static func submit(_ request: Request) async throws -> Submitted {
        let database = try request.database()
        try await request.workflow.submit(request.jobsCount, to: database)
        await database.close()
        return Submitted(jobs: request.jobsCount)
    }
}

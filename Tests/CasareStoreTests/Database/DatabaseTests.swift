import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import Testing

/// How the service's connections are set up.
struct DatabaseTests {
    private static let settings: Query = """
        SELECT
            current_setting('idle_in_transaction_session_timeout') AS rest, current_setting('lock_timeout') AS lock_wait,
            current_setting('application_name') AS name
        """

    private static func limits(_ rows: Rows) throws -> [String] {
        let row = try rows.only()
        return [try row.string("rest"), try row.string("lock_wait")]
    }

    @Test func `who rests in a transaction loses it, and background loops wait for no lock for long`() async throws {
        try await withTestDatabase { database in
            for pool in [database.system, database.rescue] {
                let rows = try await pool.execute(Self.settings)
                #expect(try Self.limits(rows) == ["15s", "2s"])
            }
            let app = try await database.app.execute(Self.settings)
            #expect(try Self.limits(app) == ["15s", "0"])
            for connection in [try await database.connect(), try await database.connect(as: .default)] {
                let rows = try await connection.execute(Self.settings)
                #expect(try Self.limits(rows) == ["15s", "0"])
                await connection.close()
            }
        }
    }

    @Test func `reports wait for a lock for a moment only`() async throws {
        try await withTestDatabase { database in
            let ofOne = Database(database.configuration, connectionsMax: 1, tenant: .default)
            let alone = try await ofOne.statement(as: .default) { try $0.execute(Self.settings) }
            #expect(try Self.limits(alone) == ["15s", "500ms"])
            await ofOne.close()
            let together = try await database.asTenant(.default, lockWaitMax: Database.reportLockWaitMax) {
                try $0.execute(Self.settings)
            }
            #expect(try Self.limits(together) == ["15s", "500ms"])
            let after = try await database.asTenant(.default) { try $0.execute(Self.settings) }
            #expect(try Self.limits(after) == ["15s", "0"])
        }
    }

    @Test func `whoever rested for too long in a transaction may try again`() async throws {
        try await withTestDatabase { database in
            var configuration = database.configuration
            configuration.settings["idle_in_transaction_session_timeout"] = "20ms"
            let hasty = Database(configuration, connectionsMax: 1)
            let frozen = try await hasty.connect()
            let process = Int(await frozen.backendProcessID)
            try await frozen.script("BEGIN")
            try await eventually("the server has ended the connection") {
                let rows = try await database.app.execute(
                    "SELECT FROM pg_stat_activity WHERE pid = @pid", ["pid": .int(process)])
                return rows.isEmpty ? true : nil
            }
            let error = await #expect(throws: PostgresError.self) { try await frozen.script("COMMIT") }
            #expect(error?.isRetryable == true, "\(String(describing: error))")
            await frozen.close()
            await hasty.close()
        }
    }

    @Test func `the connection of the loop that takes jobs back is free when all others are taken`() async throws {
        try await withTestDatabase(connectionsMax: 1) { database in
            let holders = [database.app, database.system].map { pool in
                Task { _ = try? await pool.execute("SELECT pg_sleep(3600)") }
            }
            try await eventually("all others are taken") {
                database.app.statistics.lent + database.system.statistics.lent == 2 ? true : nil
            }
            let report = try await database.asRescuer { try LeaseStore.sweep(on: $0) }
            #expect(report.sessionsEnded == 0 && report.failures.isEmpty)
            let name = try await database.asRescuer { try $0.execute(Self.settings).only().string("name") }
            #expect(name.hasSuffix("rescue"))
            for holder in holders {
                holder.cancel()
                await holder.value
            }
        }
    }
}

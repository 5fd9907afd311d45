import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Glibc
import Testing

/// A server whose data is lost, and put back from a backup that was made with `pg_basebackup` before.
struct BackupTests {
    private func options(_ folder: String) -> PrivateCluster.Options {
        PrivateCluster.Options(
            folder: folder, durability: .disposable, settings: ["shared_buffers": "16MB", "max_wal_senders": "4"])
    }

    private func open(_ cluster: PrivateCluster) throws -> Database {
        Database(try PostgresConfiguration(url: cluster.url()), connectionsMax: 3)
    }

    /// Runs on the server, as its own user.
    private func backUp(_ cluster: PrivateCluster, to folder: String) async throws {
        let program = try PostgresPrograms.find().tool("pg_basebackup")
        let connection = try await PostgresConnection.connect(try PostgresConfiguration(url: cluster.url()))
        let command =
            "\(program) --pgdata=\(folder) --host=\(cluster.socketFolder) --port=\(cluster.port) "
            + "--username=\(cluster.superuser) --checkpoint=fast --wal-method=stream --no-sync"
        try await connection.script("COPY (SELECT 1) TO PROGRAM \(quotedLiteral(command))")
        await connection.close()
    }

    @Test func `nothing of before a restore acts twice`() async throws {
        let parent = "\(temporaryFolder())/casare-pg-test-\(UUID().uuidString.prefix(8))"
        let folder = "\(parent)/cluster"
        defer { removeFolder(parent) }
        let lost = try await PrivateCluster.start(self.options(folder))
        let owner = try await PostgresConnection.connect(try PostgresConfiguration(url: lost.url()))
        _ = try await owner.run { try Migrator().migrate(on: $0) }
        await owner.close()

        let before = try self.open(lost)
        let store = try await StoreFixture(before)
        let running = try await store.leased()
        let waiting = try await store.submit(store.job())
        let schedule = try await store.schedule("minutely", at: noon)
        try await self.backUp(lost, to: "\(folder)/backup")

        // What the backup does not know: both jobs end, the schedule fires, and a robot gets another job.
        try await store.run { try LeaseStore.complete(running.lease, result: .ok(), on: $0) }
        let second = try #require(try await store.lease().first)
        #expect(second.lease.job == waiting)
        try await store.run { try LeaseStore.complete(second.lease, result: .ok(), on: $0) }
        #expect(try await store.fireDue(at: noon + 60).fired == 1)
        let third = try #require(try await store.lease().first)
        let marks = try await before.asSystem { try RestoreStore.marks(on: $0) }
        await before.close()
        await lost.stop()

        #expect(rename("\(folder)/data", "\(folder)/lost") == 0)
        #expect(rename("\(folder)/backup", "\(folder)/data") == 0)
        let restored = try await PrivateCluster.start(self.options(folder))
        let after = RestoreStore.passage(to: try PostgresConfiguration(url: restored.url()))
        let service = try self.open(restored)
        do {
            // The server itself says that it comes from a backup, so nobody goes on as if nothing had happened.
            await self.expectNobodyIsLetIn(service)
            try await self.check(
                after, store: store, running: running.lease, waiting: waiting, held: third.lease, schedule: schedule.id,
                seen: marks)
            // From then on everybody is, also after the next start of the server.
            _ = try await service.asTenant(.default) { try JobStore.statuses(of: [waiting], on: $0) }
            #expect(try await service.asSystem { try RestoreStore.restoredFrom(on: $0) } == nil)
            await service.close()
            await after.close()
            await restored.stop()
        } catch {
            await service.close()
            await after.close()
            await restored.stop()
            throw error
        }
    }

    private func expectNobodyIsLetIn(_ database: Database) async {
        func refusal(_ body: () async throws -> Void) async -> SQLState? {
            do {
                try await body()
                return nil
            } catch {
                return (error as? PostgresError)?.sqlState
            }
        }
        let asTenant = await refusal { try await database.asTenant(.default) { _ = try $0.execute("SELECT 1") } }
        let asSystem = await refusal { try await database.asSystem { _ = try $0.execute("SELECT 1") } }
        let session = await refusal { try await database.connect(as: .default).close() }
        #expect(asTenant == .restoredFromBackup && asSystem == .restoredFromBackup && session == .restoredFromBackup)
        #expect(SQLState.restoredFromBackup.isTransient)
    }

    private func check(
        _ database: Database, store: StoreFixture, running: Lease, waiting: Job.ID, held: Lease, schedule: Schedule.ID,
        seen: RestoreStore.Marks
    ) async throws {
        // The state is that of the backup: nobody would notice by looking at the tables.
        let old = try await database.asTenant(.default) { try JobStore.statuses(of: [running.job, waiting], on: $0) }
        #expect(old == [running.job: .running, waiting: .pending])
        // A server that saw the lost time knows; so does a robot.
        let found = try await database.asSystem { try RestoreStore.marks(on: $0) }
        let why = try #require(found.loss(since: seen))
        try await database.asTenant(.default) { try RestoreStore.witness([held], on: $0) }
        let suspicion = try #require(
            try await Doctor.examine(database.configuration).first { $0.check == .restore })
        #expect(suspicion.level == .critical)

        let epoch = try await database.inSystem {
            try RestoreStore.declare(
                .init(by: "ann", why: why, tokenSeen: seen.token), zones: StoreFixture.zones, now: noon + 90, on: $0)
        }
        #expect(epoch.jobsBlocked == 1 && epoch.jobsHeld == 1 && epoch.schedulesMoved == 1)
        let statuses = try await database.asTenant(.default) {
            try JobStore.statuses(of: [running.job, waiting], on: $0)
        }
        #expect(statuses == [running.job: .blocked, waiting: .paused])
        // The tick of the lost time does not fire again.
        let due = try await database.asSystem { try ScheduleStore.due(now: noon + 90, on: $0) }
        #expect(due.due.isEmpty)
        let next = try await database.asTenant(.default) { try ScheduleStore.get(schedule, on: $0) }
        #expect(next?.nextTick == noon + 120)
        // A robot that comes gets nothing, and its leases have tokens that were never given.
        let leased = try await database.asTenant(.default) { connection in
            let session = try LeaseStore.openSession(
                StoreFixture.robot, boot: UUID(), kind: .api, slots: 2, on: connection)
            var cursor = LeaseCursor()
            let nothing = try LeaseStore.lease(session, limit: 5, cursor: &cursor, on: connection)
            let job = NewJob(
                workflow: store.workflow, workflowVersion: 1, variables: [:], priority: .normal, environment: "default",
                options: .init(), due: .now)
            _ = try JobStore.submit([job], by: "ann", on: connection)
            let next = try LeaseStore.lease(session, limit: 5, cursor: &cursor, on: connection)
            return (nothing.count, next.map(\.lease.token.rawValue))
        }
        #expect(leased.0 == 0)
        #expect(leased.1.count == 1 && leased.1[0] > seen.token)
    }
}

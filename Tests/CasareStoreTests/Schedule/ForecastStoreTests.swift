import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct ForecastStoreTests {
    private static let zones = ZoneCatalogue { $0 == "UTC" ? .utc : nil }

    private static func schedule(
        _ name: String, workflow: String = "orders",
        timing: ScheduleSpec.Timing = .cron(ScheduleSpec.Cron("0 2 * * *")),
        paused: Bool = false, on connection: isolated PostgresConnection
    ) throws -> Schedule {
        try ScheduleStore.create(
            ScheduleStore.New(
                name: name, spec: ScheduleSpec(timing: timing, workflow: workflow), isPaused: paused),
            by: "ann", zones: Self.zones, on: connection)
    }

    /// - Parameter runs: how long each job ran, in seconds, and how it ended; the newest last.
    private static func record(
        _ runs: [(seconds: Double, ended: String)], of schedule: Schedule, in store: StoreFixture
    ) async throws {
        for (number, run) in runs.enumerated() {
            try await store.asOwner(
                """
                INSERT INTO schedule_ticks (
                    tenant_id, schedule_id, tick_at, origin, last_at, result, job_id, due_at, recorded_at, fired_at,
                    started_at, ended_at, ended_as
                )
                SELECT
                    1, '\(schedule.id)', at, 'timetable', at, 'fired', gen_random_uuid(), at, at, at, at,
                    at + \(run.seconds) * interval '1 second', '\(run.ended)'
                FROM (SELECT timestamptz '2026-01-01 00:00:00Z' + \(number) * interval '1 hour' AS at) AS tick
                """)
        }
    }

    @Test func `how long a job takes is the median of those that completed`() async throws {
        try await withFixture { store in
            let (odd, even, none) = try await store.run { connection in
                (
                    try Self.schedule("odd", on: connection), try Self.schedule("even", on: connection),
                    try Self.schedule("none", on: connection)
                )
            }
            try await Self.record(
                [(10, "completed"), (5000, "failed"), (30, "completed"), (12, "completed"), (1, "cancelled")],
                of: odd, in: store)
            try await Self.record([(10, "completed"), (20, "completed")], of: even, in: store)
            try await Self.record([(10, "failed")], of: none, in: store)
            let seconds = try await store.run {
                try ForecastStore.expectedSeconds(of: [odd.id, even.id, none.id], on: $0)
            }
            #expect(seconds == [odd.id: 12, even.id: 15])
            let nothing = try await store.run { try ForecastStore.expectedSeconds(of: [], on: $0) }
            #expect(nothing.isEmpty)
        }
    }

    @Test func `only the last jobs count`() async throws {
        try await withFixture { store in
            let schedule = try await store.run { try Self.schedule("s", on: $0) }
            let old = Array(repeating: (seconds: 1000.0, ended: "completed"), count: 15)
            let new = Array(repeating: (seconds: 10.0, ended: "completed"), count: ForecastStore.runsMax - 9)
            try await Self.record(old + new, of: schedule, in: store)
            let seconds = try await store.run { try ForecastStore.expectedSeconds(of: [schedule.id], on: $0) }
            #expect(seconds == [schedule.id: 10])
        }
    }

    @Test func `schedules without a next tick, and those that are paused, are not looked at`() async throws {
        try await withFixture { store in
            _ = try await store.run {
                try WorkflowStore.push(name: "mail", document: StoreFixture.document, by: "ann", on: $0)
            }
            let names = try await store.run { connection in
                for name in ["c", "a", "b"] { _ = try Self.schedule(name, on: connection) }
                _ = try Self.schedule("d", workflow: "mail", on: connection)
                _ = try Self.schedule("paused", paused: true, on: connection)
                _ = try Self.schedule(
                    "waiting", timing: .dependency(ScheduleSpec.Dependency(after: ["mail"])), on: connection)
                return [
                    try ForecastStore.active(limit: 9, on: connection).map(\.name),
                    try ForecastStore.active(limit: 2, on: connection).map(\.name),
                    try ForecastStore.active(ofWorkflow: "mail", limit: 9, on: connection).map(\.name),
                ]
            }
            #expect(names == [["a", "b", "c", "d"], ["a", "b"], ["d"]])
        }
    }

    @Test func `a robot that is cordoned has no slots to offer`() async throws {
        try await withFixture { store in
            _ = try await store.run { try RobotStore.cordon(StoreFixture.robot, by: "ann", on: $0) }
            let cordoned = try await store.run { try ForecastStore.slots(on: $0) }
            #expect(cordoned == 0)
        }
    }

    @Test func `slots are those of robots that are there and take jobs`() async throws {
        try await withFixture { store in
            // The fixture's robot has an open session, and 2 slots.
            let there = try await store.run { try ForecastStore.slots(on: $0) }
            #expect(there == 2)
            let robot = try #require(Robot.ID(rawValue: "r2"))
            _ = try await store.run {
                try RobotStore.register(
                    robot, environment: "default", tags: [], capabilities: [], slots: 5, on: $0)
            }
            let offline = try await store.run { try ForecastStore.slots(on: $0) }
            #expect(offline == 2)
            _ = try await store.run {
                try LeaseStore.openSession(robot, boot: UUID(), kind: .api, slots: 5, on: $0)
            }
            let both = try await store.run { try ForecastStore.slots(on: $0) }
            #expect(both == 7)
            let tomorrow = try await store.run {
                try ForecastStore.slots(now: Date().addingTimeInterval(86_400), on: $0)
            }
            #expect(tomorrow == 0)
        }
    }
}

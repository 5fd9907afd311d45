import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Ticks of a time that is past.
struct BackfillTests {
    private static func create(
        _ schedule: Schedule.ID, _ from: Date, _ to: Date, rate: Double = 100, at now: Date, in store: StoreFixture
    ) async throws -> (backfill: Backfill, preview: BackfillStore.Preview) {
        try await store.run {
            try BackfillStore.create(
                BackfillStore.New(schedule: schedule, from: from, to: to, ratePerSecond: rate, reason: "outage"),
                by: "bob", zones: StoreFixture.zones, now: now, on: $0)
        }
    }

    private static func work(_ id: Backfill.ID, at now: Date, in store: StoreFixture) async throws -> Backfill? {
        try await store.run {
            try BackfillStore.work(on: id, zones: StoreFixture.zones, now: now, on: $0)?.backfill
        }
    }

    @Test func `it fires what has not run, once, and says what it has passed over`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule { $0.overlap = .allowAll }
            try await store.fireDue(at: noon + 60)
            _ = try await store.pause(schedule.id, at: noon + 70)
            try await store.resume(schedule.id, at: noon + 310)
            let preview = try await store.run {
                try BackfillStore.preview(
                    of: schedule.id, from: noon + 60, to: noon + 300, zones: StoreFixture.zones, now: noon + 310,
                    on: $0)
            }
            #expect(preview.ticks == 5 && preview.alreadyRun == 1 && !preview.isInexact)
            #expect(preview.sample == [noon + 120, noon + 180, noon + 240, noon + 300])
            let made = try await Self.create(schedule.id, noon + 60, noon + 300, at: noon + 310, in: store)
            #expect(made.preview == preview && made.backfill.status == .running)
            let ended = try #require(try await Self.work(made.backfill.id, at: noon + 311, in: store))
            #expect(ended.status == .completed && ended.fired == 4 && ended.skipped == 1 && ended.failed == 0)
            #expect(ended.position == noon + 300)
            let ticks = try await store.ticks(schedule.id)
            let filled = ticks.filter { $0.origin == .backfill }
            #expect(filled.map(\.at) == preview.sample && filled.allSatisfy { $0.by == "bob" && $0.job != nil })
            #expect(ticks.contains { $0.reason == .paused && $0.count == 4 }, "and that they were skipped stays")

            let second = try await Self.create(schedule.id, noon + 60, noon + 300, at: noon + 320, in: store)
            let again = try await Self.work(second.backfill.id, at: noon + 321, in: store)
            #expect(again?.fired == 0 && again?.skipped == 5)
        }
    }

    @Test func `it keeps to its rate, stands still while it is paused, and ends where it is cancelled`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule(isPaused: true)
            let made = try await Self.create(schedule.id, noon + 60, noon + 600, rate: 2, at: noon + 700, in: store)
            let id = made.backfill.id
            let first = try await Self.work(id, at: noon + 700, in: store)
            #expect(first?.fired == 2 && first?.status == .running)
            #expect(try await Self.work(id, at: noon + 700.9, in: store) == nil, "a second for two of them")
            let second = try await Self.work(id, at: noon + 701, in: store)
            #expect(second?.fired == 4)
            func steer(_ steering: BackfillStore.Steering) async throws -> Backfill {
                try await store.run {
                    try BackfillStore.steer(id, steering, by: "ann", reason: "wait", now: noon + 702, on: $0)
                }
            }
            let paused = try await steer(.pause)
            #expect(paused.status == .paused && paused.statusBy == "ann")
            #expect(try await Self.work(id, at: noon + 800, in: store) == nil)
            let resumed = try await steer(.resume)
            #expect(resumed.status == .running)
            let third = try await Self.work(id, at: noon + 800, in: store)
            #expect(third?.fired == 6)
            let cancelled = try await steer(.cancel)
            #expect(cancelled.status == .cancelled && cancelled.finishedAt != nil)
            #expect(try await Self.work(id, at: noon + 900, in: store) == nil)
            await #expect(throws: StoreError.self) { _ = try await steer(.resume) }
        }
    }

    @Test func `times are those of the form that the schedule had then`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule(isPaused: true)
            _ = try await store.run {
                try ScheduleStore.update(
                    schedule.id, by: "ann", reason: nil, zones: StoreFixture.zones, now: noon + 150, on: $0
                ) { spec in
                    var spec = spec
                    spec.timing = .interval(ScheduleSpec.Interval(seconds: 100))
                    return spec
                }
            }
            let preview = try await store.run {
                try BackfillStore.preview(
                    of: schedule.id, from: noon + 1, to: noon + 400, zones: StoreFixture.zones, now: noon + 400,
                    on: $0)
            }
            // 1767268800 is a multiple of 100, too.
            #expect(preview.sample == [noon + 60, noon + 120, noon + 200, noon + 300, noon + 400])
        }
    }

    @Test func `ticks that the schedule is still to deal with are left to it`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule { $0.overlap = .allowAll }
            let made = try await Self.create(schedule.id, noon, noon + 60, at: noon + 70, in: store)
            let waiting = try await Self.work(made.backfill.id, at: noon + 70, in: store)
            // The first one, at noon itself, was before the schedule was made.
            #expect(waiting?.fired == 1 && waiting?.status == .running)
            try await store.fireDue(at: noon + 70)
            let ended = try await Self.work(made.backfill.id, at: noon + 71, in: store)
            #expect(ended?.status == .completed && ended?.fired == 1 && ended?.skipped == 1)
        }
    }

    @Test func `a backfill ends with its schedule, and says so`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule(isPaused: true)
            let made = try await Self.create(schedule.id, noon + 60, noon + 600, rate: 2, at: noon + 700, in: store)
            _ = try await Self.work(made.backfill.id, at: noon + 700, in: store)
            _ = try await store.run {
                try ScheduleStore.delete(schedule.id, by: "bob", reason: nil, now: noon + 701, on: $0)
            }
            let found = try await store.run { try BackfillStore.get(made.backfill.id, on: $0) }
            let ended = try #require(found)
            #expect(ended.status == .cancelled && ended.statusBy == "bob" && ended.finishedAt == noon + 701)
            #expect(ended.statusReason == "the schedule was deleted" && ended.fired == 2)
            let due = try await store.database.asSystem { try BackfillStore.due(limit: 9, now: noon + 800, on: $0) }
            #expect(due.isEmpty)
        }
    }

    @Test func `ticks of a closed time are passed over`() async throws {
        try await withFixture { store in
            let blackout = try Blackout(.once(from: noon + 100, to: noon + 200))
            let schedule = try await store.schedule(isPaused: true) { $0.blackouts = [blackout] }
            let made = try await Self.create(schedule.id, noon + 60, noon + 240, at: noon + 300, in: store)
            let ended = try #require(try await Self.work(made.backfill.id, at: noon + 300, in: store))
            #expect(ended.status == .completed && ended.fired == 2 && ended.skipped == 2)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.map(\.at) == [noon + 60, noon + 240])
        }
    }

    @Test func `its jobs hold back no tick, and count for nothing that is said of the schedule's own`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule {
                $0.pauseAfterFailures = 1
                $0.sla = ScheduleSpec.SLA(startDelaySeconds: 10, successRate: 1, runs: 1)
            }
            let made = try await Self.create(schedule.id, noon - 60, noon, at: noon + 1, in: store)
            let worked = try await Self.work(made.backfill.id, at: noon + 1, in: store)
            #expect(worked?.fired == 2)
            let leased = try await store.lease(2, now: noon + 58)
            #expect(leased.count == 2)
            let own = try await store.fireDue(at: noon + 60)
            #expect(own.fired == 1, "they are under way, and the tick fires all the same")
            for job in leased { _ = try await store.fail(job, .business, now: noon + 61) }
            let settled = try await store.settleDue(at: noon + 62)
            #expect(settled.ended == 2 && settled.paused.isEmpty && settled.breaches == 0)
            let after = try #require(try await store.schedule(schedule.id))
            #expect(after.status == .active && after.failuresInARow == 0)
            let filled = try await store.ticks(schedule.id).filter { $0.origin == .backfill }
            #expect(filled.map(\.endedAs) == ["failed", "failed"] && filled.allSatisfy(\.breaches.isEmpty))
        }
    }

    @Test func `what cannot be is refused, and says why`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            await #expect(throws: StoreError.self) {
                _ = try await Self.create(schedule.id, noon, noon + 60, at: noon + 59, in: store)
            }
            await #expect(throws: StoreError.self, "nor is what is to come counted") {
                _ = try await store.run {
                    try BackfillStore.preview(
                        of: schedule.id, from: noon, to: noon + 60, zones: StoreFixture.zones, now: noon + 59, on: $0)
                }
            }
            await #expect(throws: StoreError.self) {
                _ = try await Self.create(schedule.id, noon + 1, noon + 59, at: noon + 60, in: store)
            }
            await #expect(throws: StoreError.notFound(.schedule, Schedule.ID.nobody.description)) {
                _ = try await Self.create(.nobody, noon, noon + 60, at: noon + 60, in: store)
            }
        }
    }

    @Test func `a job that was refused is counted, and a later backfill tries it again`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule(isPaused: true)
            func rename(_ from: String, _ to: String) async throws {
                try await store.asOwner(
                    "UPDATE schedules SET spec = replace(spec::text, '\"\(from)\"', '\"\(to)\"')::json")
            }
            try await rename("orders", "nothing")
            let made = try await Self.create(schedule.id, noon + 60, noon + 120, at: noon + 130, in: store)
            let failed = try await Self.work(made.backfill.id, at: noon + 130, in: store)
            #expect(failed?.failed == 2 && failed?.firstFailure == "there is no workflow nothing")
            try await rename("nothing", "orders")
            let second = try await Self.create(schedule.id, noon + 60, noon + 120, at: noon + 140, in: store)
            let ended = try await Self.work(second.backfill.id, at: noon + 140, in: store)
            #expect(ended?.fired == 2 && ended?.failed == 0)
        }
    }
}

extension Schedule.ID {
    fileprivate static let nobody = Schedule.ID.new(at: noon)
}

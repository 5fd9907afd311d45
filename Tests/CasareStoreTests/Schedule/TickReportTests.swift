import CasareDomain
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What whoever tells of ticks learns of them, one by one.
struct TickReportTests {
    @Test func `each tick is told once, with its job or why there is none`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            let first = try await store.fireDue(at: noon + 62)
            let fired = try #require(first.reports.first)
            #expect(first.reports.count == 1 && fired.job == first.jobs.first && fired.counted == .fired)
            #expect(fired.schedule == schedule.id && fired.name == "s" && fired.origin == .timetable)
            #expect(fired.at == noon + 60 && fired.count == 1 && fired.lateness == 2)
            let second = try await store.fireDue(at: noon + 120)
            #expect(second.reports.map(\.result) == [.skipped] && second.reports.map(\.reason) == [.overlap])
            #expect(second.reports.map(\.counted) == [.skipped] && second.reports[0].job == nil)
            let nothing = try await store.fireDue(at: noon + 121)
            #expect(nothing.reports.isEmpty)
        }
    }

    @Test func `ticks that come to light too late are told together`() async throws {
        try await withFixture { store in
            try await store.schedule { $0.overlap = .allowAll }
            let fired = try await store.fireDue(at: noon + 301)
            #expect(fired.reports.reduce(0) { $0 + $1.count } == fired.fired + fired.skipped)
            #expect(fired.reports.contains { $0.counted == .missed && $0.reason == .missed })
            #expect(fired.reports.filter { $0.result == .fired }.compactMap(\.job) == fired.jobs)
        }
    }

    @Test func `a tick that waits is told twice, when it begins to and when it fires`() async throws {
        try await withFixture { store in
            try await store.schedule { $0.overlap = .bufferOne }
            try await store.fireDue(at: noon + 60)
            let waiting = try await store.fireDue(at: noon + 120)
            #expect(waiting.reports.map(\.result) == [.buffered] && waiting.reports.map(\.counted) == [nil])
            try await store.endNext(at: noon + 130)
            let settled = try await store.settleDue(at: noon + 131)
            let begun = try #require(settled.reports.first)
            #expect(settled.reports.count == 1 && begun.job == settled.begun.first && begun.counted == .fired)
            #expect(begun.at == noon + 120 && begun.lateness == 11)
        }
    }

    @Test func `a job that is refused is a tick that was missed`() async throws {
        try await withFixture { store in
            try await store.schedule("bad")
            try await store.asOwner(
                """
                UPDATE schedules SET spec = replace(spec::text, '"orders"', '"nothing"')::json WHERE name = 'bad'
                """)
            let fired = try await store.fireDue(at: noon + 60)
            #expect(fired.reports.map(\.reason) == [.refused] && fired.reports.map(\.counted) == [.missed])
            #expect(fired.reports[0].job == nil && fired.reports[0].name == "bad")
        }
    }

    @Test func `a tick by hand is told, and so are those of a backfill`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule { $0.overlap = .allowAll }
            let made = try await store.run {
                try ScheduleStore.trigger(schedule.id, by: "ann", reason: nil, now: noon + 10, on: $0)
            }
            #expect(made.tally.reports.map(\.job) == [made.job])
            #expect(made.tally.reports.map(\.origin) == [.manual] && made.tally.reports.map(\.lateness) == [0])
            _ = try await store.pause(schedule.id, at: noon + 20)
            try await store.resume(schedule.id, at: noon + 310)
            let backfill = try await store.run {
                try BackfillStore.create(
                    BackfillStore.New(
                        schedule: schedule.id, from: noon + 60, to: noon + 120, ratePerSecond: 100, reason: "outage"),
                    by: "bob", zones: StoreFixture.zones, now: noon + 310, on: $0)
            }.backfill
            let round = try await store.run {
                try BackfillStore.work(on: backfill.id, zones: StoreFixture.zones, now: noon + 311, on: $0)
            }
            let reports = try #require(round?.reports)
            #expect(reports.map(\.at) == [noon + 60, noon + 120] && reports.compactMap(\.job) == round?.jobs)
            #expect(reports.allSatisfy { $0.origin == .backfill && $0.counted == .fired })
        }
    }
}

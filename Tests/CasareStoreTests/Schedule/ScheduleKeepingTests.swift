import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// How long it is kept what became of ticks.
struct ScheduleKeepingTests {
    private static let day = 86_400.0

    private static func keep(
        ticks: Int, at now: Date, in store: StoreFixture
    ) async throws -> ScheduleStore.Kept {
        try await store.database.asSystem { try ScheduleStore.keep(days: 90, ticks: ticks, now: now, on: $0) }
    }

    @Test func `ticks go when they are old and not among the last, but not while their jobs go on`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule { $0.overlap = .allowAll }
            for minute in 1...5 { try await store.fireDue(at: noon + Double(minute) * 60) }
            // The first one's goes on.
            _ = try await store.lease(now: noon + 400)
            for minute in 2...5 { try await store.endNext(at: noon + 400 + Double(minute)) }
            try await store.settleDue(at: noon + 500)
            let young = try await Self.keep(ticks: 2, at: noon + 90 * Self.day, in: store)
            #expect(young.gone == 0)
            let old = try await Self.keep(ticks: 2, at: noon + 91 * Self.day, in: store)
            #expect(old.gone == 2 && old.next == nil)
            let left = try await store.ticks(schedule.id)
            #expect(left.map(\.at) == [noon + 60, noon + 240, noon + 300])
            let again = try await Self.keep(ticks: 2, at: noon + 91 * Self.day, in: store)
            #expect(again.gone == 0)
        }
    }

    @Test func `the ticks of a deleted schedule go when they are old, the last ones too`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            try await store.fireDue(at: noon + 60)
            try await store.endNext(at: noon + 61)
            try await store.settleDue(at: noon + 62)
            _ = try await store.run { try ScheduleStore.delete(schedule.id, by: "ann", reason: nil, on: $0) }
            let young = try await Self.keep(ticks: 1000, at: noon + 90 * Self.day, in: store)
            #expect(young.gone == 0)
            let old = try await Self.keep(ticks: 1000, at: noon + 91 * Self.day, in: store)
            #expect(old.gone == 1)
            let left = try await store.ticks(schedule.id)
            #expect(left.isEmpty)
        }
    }
}

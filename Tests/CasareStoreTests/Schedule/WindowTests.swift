import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Windows of maintenance give back exactly what they have taken.
struct WindowTests {
    private static func open(
        _ schedules: [Schedule.ID], until: Date, at now: Date, in store: StoreFixture
    ) async throws -> MaintenanceWindow {
        try await store.run {
            try WindowStore.open(
                WindowStore.New(
                    until: until, reason: "new disks", selection: ["name": "*"], schedules: schedules),
                by: "ann", zones: StoreFixture.zones, now: now, on: $0)
        }.window
    }

    private static func close(
        _ id: MaintenanceWindow.ID, at now: Date, in store: StoreFixture
    ) async throws -> MaintenanceWindow {
        try await store.run {
            try WindowStore.close(id, by: "bob", reason: nil, zones: StoreFixture.zones, now: now, on: $0)
        }.window
    }

    @Test func `what was paused before stays so, what it has paused goes on, and what somebody touched is his`()
        async throws
    {
        try await withFixture { store in
            let running = try await store.schedule("running") { $0.overlap = .allowAll }
            let paused = try await store.schedule("paused", isPaused: true)
            let touched = try await store.schedule("touched")
            let resumed = try await store.schedule("resumed")
            let gone = try await store.schedule("gone")
            let all = [running, paused, touched, resumed, gone].map(\.id)
            let window = try await Self.open(all, until: noon + 3600, at: noon + 10, in: store)
            #expect(window.selected == 5 && window.paused == 4 && window.closedAt == nil)
            let fired = try await store.fireDue(at: noon + 300)
            #expect(fired.fired == 0)
            _ = try await store.pause(touched.id, by: "cyd", at: noon + 310)
            try await store.resume(resumed.id, at: noon + 320)
            _ = try await store.pause(resumed.id, by: "cyd", at: noon + 330)
            _ = try await store.run { try ScheduleStore.delete(gone.id, by: "cyd", reason: nil, on: $0) }
            let closed = try await Self.close(window.id, at: noon + 350, in: store)
            #expect(closed.restored == 1 && closed.left == 3 && closed.closedBy == "bob")
            let after = try #require(try await store.schedule(running.id))
            #expect(after.pause == nil && after.nextTick == noon + 360)
            #expect(try await store.schedule(paused.id)?.pause?.by == "ann")
            #expect(try await store.schedule(touched.id)?.pause?.by == "cyd")
            #expect(try await store.schedule(resumed.id)?.pause?.by == "cyd")
            let ticks = try await store.ticks(running.id)
            #expect(ticks.map(\.reason) == [.paused] && ticks[0].count == 5)
            let again = try await Self.close(window.id, at: noon + 400, in: store)
            #expect(again == closed, "closing it again changes nothing")
            #expect(try await store.actions(.window).map(\.action) == ["window.open", "window.close"])
        }
    }

    @Test func `it is found when its time is over, and not before`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            let window = try await Self.open([schedule.id], until: noon + 100, at: noon, in: store)
            func due(_ now: Date) async throws -> [MaintenanceWindow.ID] {
                try await store.database.asSystem { try WindowStore.due(limit: 9, now: now, on: $0) }.map(\.window)
            }
            let early = try await due(noon + 99)
            #expect(early.isEmpty)
            let late = try await due(noon + 100)
            #expect(late == [window.id])
            _ = try await Self.close(window.id, at: noon + 100, in: store)
            let closed = try await due(noon + 100)
            #expect(closed.isEmpty)
            let open = try await store.run { try WindowStore.list(isOpen: true, limit: 9, on: $0) }
            #expect(open.isEmpty)
            let all = try await store.run { try WindowStore.list(limit: 9, on: $0) }
            #expect(all.map(\.id) == [window.id])
        }
    }

    @Test func `two windows over one schedule do not end each other`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            let first = try await Self.open([schedule.id], until: noon + 100, at: noon, in: store)
            let second = try await Self.open([schedule.id], until: noon + 200, at: noon + 1, in: store)
            #expect(second.paused == 0, "it was paused already")
            _ = try await Self.close(second.id, at: noon + 50, in: store)
            #expect(try await store.schedule(schedule.id)?.status == .paused)
            _ = try await Self.close(first.id, at: noon + 60, in: store)
            #expect(try await store.schedule(schedule.id)?.status == .active)
        }
    }

    @Test func `what another open window holds as well stays paused, for that one`() async throws {
        try await withFixture { store in
            let shared = try await store.schedule("shared")
            let own = try await store.schedule("own")
            let first = try await Self.open([shared.id, own.id], until: noon + 100, at: noon, in: store)
            let second = try await Self.open([shared.id], until: noon + 200, at: noon + 1, in: store)
            let closed = try await Self.close(first.id, at: noon + 100, in: store)
            #expect(closed.paused == 2 && closed.restored == 1 && closed.left == 1)
            #expect(try await store.schedule(own.id)?.status == .active)
            #expect(try await store.schedule(shared.id)?.status == .paused)
            let fired = try await store.fireDue(at: noon + 120)
            #expect(fired.fired == 1, "only the one that no window holds any more")
            let last = try await Self.close(second.id, at: noon + 200, in: store)
            #expect(last.paused == 1 && last.restored == 1 && last.left == 0)
            let after = try #require(try await store.schedule(shared.id))
            #expect(after.status == .active && after.nextTick == noon + 240)
            let ticks = try await store.ticks(shared.id)
            #expect(ticks.map(\.reason) == [.paused] && ticks[0].count == 3)
        }
    }

    @Test func `a pause that ends within a window holds until its close, and what is left of one is given back`()
        async throws
    {
        try await withFixture { store in
            let ended = try await store.schedule("ended") { $0.overlap = .allowAll }
            let left = try await store.schedule("left") { $0.overlap = .allowAll }
            let longer = try await store.schedule("longer")
            for (schedule, end) in [(ended, 100.0), (left, 300.0), (longer, 900.0)] {
                _ = try await store.pause(schedule.id, until: noon + end, at: noon + 10)
            }
            let all = [ended, left, longer].map(\.id)
            let first = try await Self.open(all, until: noon + 600, at: noon + 20, in: store)
            #expect(first.paused == 2, "one stays paused by itself until the end")
            let second = try await Self.open([left.id], until: noon + 250, at: noon + 30, in: store)
            #expect(second.paused == 0)
            let fired = try await store.fireDue(at: noon + 190)
            #expect(fired.fired == 0)
            let closed = try await Self.close(first.id, at: noon + 200, in: store)
            #expect(closed.restored == 1 && closed.left == 1)
            let resumed = try #require(try await store.schedule(ended.id))
            #expect(resumed.pause == nil && resumed.nextTick == noon + 240)
            #expect(try await store.schedule(left.id)?.pause?.until == nil, "the other window holds it")
            #expect(try await store.schedule(longer.id)?.pause?.until == noon + 900)
            let last = try await Self.close(second.id, at: noon + 210, in: store)
            #expect(last.restored == 1 && last.left == 0)
            let own = try await store.schedule(left.id)?.pause
            #expect(own?.by == "ann" && own?.reason == "why" && own?.until == noon + 300 && own?.at == noon + 10)
            try await store.fireDue(at: noon + 300)
            #expect(try await store.schedule(left.id)?.pause == nil)
        }
    }

    @Test func `failures in a row are counted on after a window, and not anew`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule {
                $0.pauseAfterFailures = 2
                $0.overlap = .allowAll
            }
            try await store.fireDue(at: noon + 60)
            try await store.endNext(.business, at: noon + 61)
            try await store.settleDue(at: noon + 62)
            let before = try await store.schedule(schedule.id)
            #expect(before?.failuresInARow == 1)
            let window = try await Self.open([schedule.id], until: noon + 200, at: noon + 70, in: store)
            _ = try await Self.close(window.id, at: noon + 80, in: store)
            let after = try await store.schedule(schedule.id)
            #expect(after?.status == .active && after?.failuresInARow == 1)
        }
    }

    @Test func `a schedule whose calendar cannot be read stays paused, and the others go on`() async throws {
        try await withFixture { store in
            try await store.run { connection in
                _ = try CalendarStore.save(BusinessCalendar(name: "office"), by: "ann", on: connection)
            }
            let bad = try await store.schedule("bad") { $0.calendar = "office" }
            let good = try await store.schedule("good")
            let window = try await Self.open([bad.id, good.id], until: noon + 200, at: noon + 10, in: store)
            try await store.asOwner("UPDATE calendars SET spec = '5'")
            let closed = try await Self.close(window.id, at: noon + 20, in: store)
            #expect(closed.closedAt == noon + 20 && closed.restored == 1)
            #expect(try await store.schedule(good.id)?.pause == nil)
            #expect(try await store.schedule(bad.id)?.pause != nil)
        }
    }

    @Test func `one without schedules or with an end that is past is refused`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            await #expect(throws: StoreError.self) { _ = try await Self.open([], until: noon + 1, at: noon, in: store) }
            await #expect(throws: StoreError.pauseEnd(noon, isPast: true)) {
                _ = try await Self.open([schedule.id], until: noon, at: noon, in: store)
            }
            let after = try await store.schedule(schedule.id)
            #expect(after?.pause == nil)
        }
    }
}

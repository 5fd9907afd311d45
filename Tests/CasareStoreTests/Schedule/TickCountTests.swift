import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What is counted of ticks is what is written down of them.
struct TickCountTests {
    /// Ticks by what became of them, as the table has them.
    private static func written(
        _ id: Schedule.ID, in store: StoreFixture
    ) async throws -> [TickCount.Result: Int] {
        var counts: [TickCount.Result: Int] = [:]
        for tick in try await store.ticks(id) {
            switch (tick.result, tick.reason) {
            case (.fired, _): counts[.fired, default: 0] += tick.count
            case (.skipped, .missed?), (.skipped, .refused?), (.skipped, .invalid?):
                counts[.missed, default: 0] += tick.count
            case (.skipped, _): counts[.skipped, default: 0] += tick.count
            case (.buffered, _): break
            }
        }
        return counts
    }

    private static func sums(_ ticks: [TickCount]) -> [TickCount.Result: Int] {
        Dictionary(ticks.map { ($0.result, $0.count) }, uniquingKeysWith: +)
    }

    @Test func `ticks that fire, are skipped for an overlap, and come too late are told apart`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule { $0.overlap = .skip }
            var counted: [TickCount] = []
            let first = try await store.fireDue(at: noon.addingTimeInterval(60))
            #expect(first.ticks.map(\.result) == [.fired] && first.ticks.map(\.schedule) == ["s"])
            counted += first.ticks
            // Its job is under way.
            let second = try await store.fireDue(at: noon.addingTimeInterval(120))
            #expect(Self.sums(second.ticks) == [.skipped: 1])
            counted += second.ticks
            // An hour in which nobody looked.
            for _ in 1...5 { counted += try await store.fireDue(at: noon.addingTimeInterval(3720)).ticks }
            #expect(try await Self.sums(counted) == Self.written(schedule.id, in: store))
            #expect(Self.sums(counted)[.fired] == 1)
        }
    }

    @Test func `the delay is from when the tick was due, and of a timetable's ticks only`() async throws {
        try await withFixture { store in
            try await store.schedule()
            let fired = try await store.fireDue(at: noon.addingTimeInterval(62.5))
            let delay = try #require(fired.ticks.first?.delay)
            #expect(fired.ticks.count == 1 && abs(delay - 2.5) < 0.001)
        }
    }

    @Test func `a tick whose job is refused is missed, once`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            try await store.asOwner(
                "UPDATE schedules SET spec = replace(spec::text, '\"orders\"', '\"nothing\"')::json")
            let fired = try await store.fireDue(at: noon.addingTimeInterval(60))
            #expect(fired.ticks == [TickCount(schedule: "s", result: .missed)])
            #expect(try await Self.written(schedule.id, in: store) == [.missed: 1])
        }
    }

    @Test func `what a person's word does to ticks is counted in its transaction`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            let (due, resumed) = (noon.addingTimeInterval(60), noon.addingTimeInterval(400))
            let paused = try await store.pause(schedule.id, at: due).tally
            #expect(paused.ticks == [TickCount(schedule: "s", result: .fired, delay: 0)] && paused.jobs.count == 1)
            let over = try await store.resume(schedule.id, at: resumed).tally
            #expect(over.jobs.isEmpty)
            #expect(try await Self.sums(paused.ticks + over.ticks) == Self.written(schedule.id, in: store))
            let later = try await store.resume(schedule.id, at: resumed).tally
            #expect(later.ticks.isEmpty && later.jobs.isEmpty)
            let fired = try await store.run {
                try ScheduleStore.trigger(schedule.id, by: "ann", reason: nil, now: resumed, on: $0)
            }
            #expect(fired.tally.ticks == [TickCount(schedule: "s", result: .fired)])
            #expect(fired.tally.jobs == [fired.job])
        }
    }

    @Test func `all ticks that fire before a pause are counted, however many they are`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule {
                $0.overlap = .allowAll
                $0.catchUp = ScheduleSpec.CatchUp(policy: .all, max: 500)
            }
            let paused = try await store.pause(schedule.id, at: noon.addingTimeInterval(150 * 60)).tally
            #expect(Self.sums(paused.ticks) == [.fired: 150] && Set(paused.jobs).count == 150)
            #expect(try await Self.written(schedule.id, in: store) == [.fired: 150])
        }
    }

    @Test func `ticks that a change or a window passes over are counted by whoever does it`() async throws {
        try await withFixture { store in
            let changed = try await store.schedule("changed")
            _ = try await store.pause(changed.id, at: noon.addingTimeInterval(10))
            let update = try await store.run {
                try ScheduleStore.update(
                    changed.id, by: "ann", reason: nil, zones: StoreFixture.zones, now: noon.addingTimeInterval(200),
                    on: $0
                ) { spec in
                    var spec = spec
                    spec.timing = .interval(ScheduleSpec.Interval(seconds: 90))
                    return spec
                }
            }
            #expect(update.tally.ticks == [TickCount(schedule: "changed", result: .skipped, count: 3)])
            let held = try await store.schedule("held")
            let opened = try await store.run {
                try WindowStore.open(
                    WindowStore.New(
                        until: noon.addingTimeInterval(3600), reason: nil, selection: [:], schedules: [held.id]),
                    by: "ann", zones: StoreFixture.zones, now: noon.addingTimeInterval(60), on: $0)
            }
            #expect(Self.sums(opened.tally.ticks) == [.fired: 1] && opened.tally.jobs.count == 1)
            let closed = try await store.run {
                try WindowStore.close(
                    opened.window.id, by: "ann", reason: nil, zones: StoreFixture.zones,
                    now: noon.addingTimeInterval(200), on: $0)
            }
            #expect(Self.sums(closed.tally.ticks) == [.skipped: 2] && closed.tally.jobs.isEmpty)
        }
    }

    @Test func `a tick that was noted as invalid is not counted again by what comes after it`() async throws {
        try await withFixture { store in
            try await store.run { _ = try CalendarStore.save(BusinessCalendar(name: "office"), by: "ann", on: $0) }
            let schedule = try await store.schedule {
                $0.calendar = "office"
                $0.catchUp = ScheduleSpec.CatchUp(policy: .none)
            }
            try await store.asOwner("UPDATE calendars SET spec = '5'")
            var counted: [TickCount] = []
            for seconds in [60.0, 130] {
                counted += try await store.fireDue(at: noon.addingTimeInterval(seconds)).ticks
            }
            #expect(Self.sums(counted) == [.missed: 1])
            try await store.asOwner("UPDATE calendars SET spec = '{\"weekends\": true}'")
            counted += try await store.fireDue(at: noon.addingTimeInterval(600)).ticks
            let sums = Self.sums(counted)
            #expect(sums[.missed, default: 0] > 1)
            #expect(try await sums == Self.written(schedule.id, in: store))
        }
    }

    @Test func `a promise that is broken is told once, with its schedule`() async throws {
        try await withFixture { store in
            try await store.schedule { $0.sla = ScheduleSpec.SLA(startDelaySeconds: 10) }
            try await store.fireDue(at: noon.addingTimeInterval(60))
            let settled = try await store.settleDue(at: noon.addingTimeInterval(75))
            #expect(settled.broken == [BrokenPromise(schedule: "s", promise: .startDelay)])
            #expect(try await store.settleDue(at: noon.addingTimeInterval(90)).broken.isEmpty)
        }
    }
}

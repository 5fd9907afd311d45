import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What people do to schedules.
struct ScheduleChangeTests {
    @Test func `a schedule is found by name and ID, and a name is taken once`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule("nightly") {
                $0.variables = ["a": 1.5, "b_c": ["d": nil]]
                $0.sla = ScheduleSpec.SLA(startDelaySeconds: 30)
            }
            let byName = try await store.run { try ScheduleStore.get(idOrName: "nightly", on: $0) }
            let byID = try await store.run { try ScheduleStore.get(idOrName: schedule.id.description, on: $0) }
            #expect(byName == schedule && byID == schedule, "all of it comes back as it was")
            await #expect(throws: StoreError.nameTaken(.schedule, "nightly")) {
                try await store.schedule("nightly")
            }
            await #expect(throws: StoreError.notFound(.workflow, "nothing")) {
                try await store.schedule("other") { $0.workflow = "nothing" }
            }
            await #expect(throws: StoreError.notFound(.schedule, "other")) {
                try await store.run { _ = try ScheduleStore.get(idOrName: "other", on: $0) }
            }
        }
    }

    @Test func `lists are in the order of names, page by page, and by what is asked for`() async throws {
        try await withFixture { store in
            for name in ["b_1", "a", "bx1", "c%"] { try await store.schedule(name, isPaused: name == "a") }
            func names(_ filter: ScheduleStore.Filter, after: String = "", limit: Int = 9) async throws -> [String] {
                try await store.run { try ScheduleStore.list(filter, after: after, limit: limit, on: $0) }.map(\.name)
            }
            let first = try await names(.init(), limit: 2)
            #expect(first == ["a", "b_1"])
            let second = try await names(.init(), after: "b_1")
            #expect(second == ["bx1", "c%"])
            let paused = try await names(.init(status: .paused))
            #expect(paused == ["a"])
            let active = try await names(.init(status: .active, workflow: "orders"))
            #expect(active == ["b_1", "bx1", "c%"])
            let literal = try await names(.init(name: "b_*"))
            #expect(literal == ["b_1"], "an underscore stands for itself")
            let percent = try await names(.init(name: "?%"))
            #expect(percent == ["c%"])
            let kind = try await names(.init(kind: .cron))
            #expect(kind.isEmpty)
        }
    }

    @Test func `a change keeps the next tick where the times are the same, and needs the revision it was made for`()
        async throws
    {
        try await withFixture { store in
            let schedule = try await store.schedule()
            let same = try await store.run {
                try ScheduleStore.update(
                    schedule.id, revision: 1, by: "bob", reason: nil, zones: StoreFixture.zones, now: noon + 10, on: $0
                ) { spec in
                    var spec = spec
                    spec.variables = ["x": 1]
                    return spec
                }
            }
            #expect(same.isChanged && same.schedule.revision == 2 && same.schedule.nextTick == noon + 60)
            let other = try await store.run {
                try ScheduleStore.update(
                    schedule.id, by: "bob", reason: nil, zones: StoreFixture.zones, now: noon + 20, on: $0
                ) { spec in
                    var spec = spec
                    spec.timing = .interval(ScheduleSpec.Interval(seconds: 3600))
                    return spec
                }
            }
            #expect(other.schedule.nextTick == noon + 3600 && other.schedule.revision == 3)
            #expect(other.schedule.spec.variables == ["x": 1])
            await #expect(throws: StoreError.revisionChanged("schedule s", expected: 2, found: 3)) {
                try await store.run {
                    _ = try ScheduleStore.update(
                        schedule.id, revision: 2, by: "bob", reason: nil, zones: StoreFixture.zones, on: $0
                    ) { $0 }
                }
            }
            let nothing = try await store.run {
                try ScheduleStore.update(
                    schedule.id, by: "bob", reason: nil, zones: StoreFixture.zones, on: $0
                ) { $0 }
            }
            #expect(!nothing.isChanged && nothing.schedule.revision == 3)
        }
    }

    @Test func `ticks that wait for an opening are skipped, and told, when the schedule gets other times`() async throws
    {
        try await withFixture { store in
            let blackout = try Blackout(.once(from: noon, to: noon + 300))
            let schedule = try await store.schedule {
                $0.blackouts = [blackout]
                $0.onClosed = .postpone
            }
            #expect(schedule.nextTick == noon + 60 && schedule.dueAt == noon + 300)
            let changed = try await store.run {
                try ScheduleStore.update(
                    schedule.id, by: "bob", reason: nil, zones: StoreFixture.zones, now: noon + 130, on: $0
                ) { spec in
                    var spec = spec
                    spec.timing = .interval(ScheduleSpec.Interval(seconds: 3600))
                    return spec
                }
            }
            #expect(changed.schedule.nextTick == noon + 3600 && changed.fired.fired == 0)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.map(\.at) == [noon + 60] && ticks.map(\.count) == [2])
            #expect(ticks.map(\.reason) == [.missed] && ticks[0].detail?.contains("other times") == true)
        }
    }

    @Test func `a paused schedule whose zone is not known any more can be given another one`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule(isPaused: true) {
                $0.timing = .cron(ScheduleSpec.Cron("* * * * *"))
            }
            try await store.asOwner("UPDATE schedules SET spec = replace(spec::text, '\"UTC\"', '\"Nowhere\"')::json")
            let changed = try await store.run {
                try ScheduleStore.update(
                    schedule.id, by: "bob", reason: nil, zones: StoreFixture.zones, now: noon + 130, on: $0
                ) { spec in
                    var spec = spec
                    spec.timing = .cron(ScheduleSpec.Cron("*/5 * * * *"))
                    return spec
                }
            }
            #expect(changed.schedule.nextTick == noon + 300 && changed.schedule.status == .paused)
        }
    }

    @Test func `a tick that is due fires by the form that it is of before a change`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule { $0.variables = ["form": "old"] }
            let changed = try await store.run {
                try ScheduleStore.update(
                    schedule.id, by: "bob", reason: nil, zones: StoreFixture.zones, now: noon + 61, on: $0
                ) { spec in
                    var spec = spec
                    spec.variables = ["form": "new"]
                    return spec
                }
            }
            #expect(changed.fired.jobs.count == 1)
            let job = try await store.get(changed.fired.jobs[0])
            #expect(job?.variables == ["form": "old"])
            #expect(changed.schedule.nextTick == noon + 120)
        }
    }

    @Test func `nothing fires while it is paused, and the ticks of that time are told`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            let paused = try await store.pause(schedule.id, at: noon + 30)
            #expect(!paused.wasPaused && paused.schedule?.status == .paused && paused.schedule?.pause?.by == "ann")
            let fired = try await store.fireDue(at: noon + 600)
            #expect(fired.fired == 0)
            try await store.resume(schedule.id, at: noon + 610)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.count == 1 && ticks[0].at == noon + 60 && ticks[0].lastAt == noon + 600)
            #expect(ticks[0].count == 10 && ticks[0].reason == .paused)
            let after = try await store.fireDue(at: noon + 660)
            #expect(after.fired == 1)
            let actions = try await store.actions(.schedule)
            #expect(actions.map(\.action) == ["schedule.create", "schedule.pause", "schedule.resume"])
        }
    }

    @Test func `a pause ends by itself at its end, and not before`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            _ = try await store.pause(schedule.id, until: noon + 150, at: noon + 30)
            let early = try await store.fireDue(at: noon + 149)
            #expect(early.fired == 0)
            try await store.fireDue(at: noon + 150)
            let after = try await store.schedule(schedule.id)
            #expect(after?.pause == nil && after?.nextTick == noon + 180)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.map(\.reason) == [.paused] && ticks[0].count == 2)
            await #expect(throws: StoreError.pauseEnd(noon, isPast: true)) {
                _ = try await store.pause(schedule.id, until: noon, at: noon + 200)
            }
        }
    }

    @Test func `fired by hand it makes a job whatever it waits for, and its times stay`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule(isPaused: true) { $0.variables = ["a": 1, "b": 1] }
            let first = try await store.run {
                try ScheduleStore.trigger(
                    schedule.id, variables: ["b": 2], by: "bob", reason: "now", now: noon + 5, on: $0)
            }
            let second = try await store.run {
                try ScheduleStore.trigger(schedule.id, by: "bob", reason: nil, now: noon + 5, on: $0)
            }
            #expect(first.job != second.job, "also twice at one moment")
            let job = try await store.get(first.job)
            #expect(job?.variables == ["a": 1, "b": 2])
            #expect(second.schedule.nextTick == noon + 60 && second.schedule.status == .paused)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.map(\.origin) == [.manual, .manual] && ticks[0].by == "bob")
        }
    }

    @Test func `one that cannot be read is left out of no list, is paused and is deleted`() async throws {
        try await withFixture { store in
            let broken = try await store.schedule("broken")
            let whole = try await store.schedule("whole")
            try await store.database.asSystem { connection in
                _ = try connection.execute(
                    "UPDATE schedules SET spec = '{\"timing\": 1}' WHERE name = 'broken'")
            }
            await #expect(throws: StoreError.self) { _ = try await store.schedule(broken.id) }
            let found = try await store.run { try ScheduleStore.find(idOrName: "broken", on: $0) }
            #expect(found.id == broken.id && !found.isPaused)
            let list = try await store.run { try ScheduleStore.list(limit: 9, on: $0) }
            #expect(list.map(\.name) == ["broken", "whole"] && list.map { $0.schedule?.id } == [nil, whole.id])
            // Its tick is due already, and comes to nothing.
            let paused = try await store.pause(broken.id, at: noon + 60)
            #expect(paused.name == "broken" && paused.schedule == nil && !paused.wasPaused)
            let again = try await store.run { try ScheduleStore.find(idOrName: broken.id.description, on: $0) }
            #expect(again.isPaused)
            let deleted = try await store.run {
                try ScheduleStore.delete(broken.id, by: "ann", reason: nil, now: noon + 61, on: $0)
            }
            #expect(deleted == nil)
            let rest = try await store.run { try ScheduleStore.list(limit: 9, on: $0) }
            #expect(rest.map(\.name) == ["whole"])
            let actions = try await store.actions(.schedule)
            #expect(
                actions.map(\.action) == ["schedule.create", "schedule.create", "schedule.pause", "schedule.delete"])
        }
    }

    @Test func `a tick that waits when its schedule is deleted is told of, and begins no more`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule { $0.overlap = .bufferOne }
            try await store.fireDue(at: noon + 60)
            try await store.fireDue(at: noon + 120)
            _ = try await store.run {
                try ScheduleStore.delete(schedule.id, by: "ann", reason: nil, now: noon + 130, on: $0)
            }
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.map(\.result) == [.fired, .skipped])
            #expect(ticks[1].reason == .ended && ticks[1].detail == "the schedule was deleted")
            try await store.endNext(at: noon + 140)
            let settled = try await store.settleDue(at: noon + 150)
            #expect(settled.ended == 1 && settled.begun.isEmpty)
        }
    }

    @Test func `a deleted schedule fires nothing more, and its history stays`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            try await store.fireDue(at: noon + 60)
            _ = try await store.run {
                try ScheduleStore.delete(schedule.id, by: "ann", reason: nil, now: noon + 61, on: $0)
            }
            let fired = try await store.fireDue(at: noon + 120)
            #expect(fired.fired == 0)
            #expect(try await store.schedule(schedule.id) == nil)
            try await store.endNext(at: noon + 70)
            let settled = try await store.settleDue(at: noon + 80)
            #expect(settled.ended == 1)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.map(\.endedAs) == ["completed"])
            let again = try await store.schedule()
            #expect(again.id != schedule.id, "the name is free")
        }
    }
}

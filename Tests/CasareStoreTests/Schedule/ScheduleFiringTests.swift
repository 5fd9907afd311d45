import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What a tick comes to in the database; what is decided about it is tested with the state machine.
struct ScheduleFiringTests {
    @Test func `a tick makes one job, says so, and the schedule waits for the next`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule {
                $0.variables = ["order_id": 7]
                $0.priority = .high
            }
            #expect(schedule.nextTick == noon + 60 && schedule.dueAt == noon + 60 && schedule.status == .active)
            let early = try await store.fireDue(at: noon + 59)
            #expect(early.fired == 0 && early.jobs.isEmpty)
            let fired = try await store.fireDue(at: noon + 60)
            #expect(fired.fired == 1 && fired.skipped == 0)
            let job = try #require(try await store.get(fired.jobs[0]))
            #expect(job.variables == ["order_id": 7] && job.priority == .high && job.status == .pending)
            let past = try await store.run { try JobStore.past(of: job.id, on: $0) }
            #expect(past.events.map(\.kind) == ["submitted", "scheduled"])
            #expect(past.events[1].detail["schedule"] == "s")
            let again = try await store.fireDue(at: noon + 60)
            #expect(again.fired == 0)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.count == 1 && ticks[0].at == noon + 60 && ticks[0].result == .fired)
            #expect(ticks[0].job == job.id && ticks[0].origin == .timetable && ticks[0].firedAt == noon + 60)
            let after = try await store.schedule(schedule.id)
            #expect(after?.nextTick == noon + 120 && after?.lastTick == noon + 60 && after?.lastJob == job.id)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `while its job is under way a tick is skipped, and afterwards fires again`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            try await store.fireDue(at: noon + 60)
            let second = try await store.fireDue(at: noon + 120)
            #expect(second.fired == 0 && second.skipped == 1)
            try await store.endNext(at: noon + 130)
            // Not settled yet: that the job has ended is seen all the same.
            let third = try await store.fireDue(at: noon + 180)
            #expect(third.fired == 1)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.map(\.result) == [.fired, .skipped, .fired] && ticks[1].reason == .overlap)
        }
    }

    @Test func `a tick that waits begins when the job has ended, and there is room for one`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule { $0.overlap = .bufferOne }
            try await store.fireDue(at: noon + 60)
            let second = try await store.fireDue(at: noon + 120)
            #expect(second.buffered == 1)
            let third = try await store.fireDue(at: noon + 180)
            #expect(third.skipped == 1)
            let nothing = try await store.settleDue(at: noon + 181)
            #expect(nothing.begun.isEmpty)
            try await store.endNext(at: noon + 190)
            let settled = try await store.settleDue(at: noon + 200)
            #expect(settled.ended == 1 && settled.begun.count == 1)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.map(\.result) == [.fired, .fired, .skipped])
            #expect(ticks[0].endedAs == "completed" && ticks[0].endedAt == noon + 190)
            #expect(ticks[1].job == settled.begun[0] && ticks[1].firedAt == noon + 200)
            #expect(ticks[2].reason == .bufferFull)
        }
    }

    @Test func `a waiting tick of a paused schedule begins when it is resumed`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule { $0.overlap = .bufferOne }
            try await store.fireDue(at: noon + 60)
            try await store.fireDue(at: noon + 120)
            _ = try await store.pause(schedule.id, at: noon + 125)
            try await store.endNext(at: noon + 130)
            let held = try await store.settleDue(at: noon + 140)
            #expect(held.ended == 1 && held.begun.isEmpty, "nothing begins while it is paused")
            try await store.resume(schedule.id, at: noon + 150)
            let settled = try await store.settleDue(at: noon + 151)
            #expect(settled.begun.count == 1)
        }
    }

    @Test(arguments: [ScheduleSpec.Overlap.cancelOther, .terminateOther])
    func `the job under way is cancelled for the next tick`(overlap: ScheduleSpec.Overlap) async throws {
        try await withFixture { store in
            let schedule = try await store.schedule { $0.overlap = overlap }
            let first = try await store.fireDue(at: noon + 60)
            let second = try await store.fireDue(at: noon + 120)
            #expect(second.fired == 1 && second.cancelled == first.jobs)
            #expect(try await store.status(first.jobs[0]) == .cancelled)
            #expect(try await store.status(second.jobs[0]) == .pending)
            try await store.settleDue(at: noon + 121)
            let after = try await store.schedule(schedule.id)
            #expect(after?.failuresInARow == 0)
        }
    }

    @Test func `a job that is refused is a skipped tick with the reason, and others fire`() async throws {
        try await withFixture { store in
            let bad = try await store.schedule("bad")
            let good = try await store.schedule("good")
            try await store.asOwner(
                """
                UPDATE schedules SET spec = replace(spec::text, '"orders"', '"nothing"')::json WHERE name = 'bad'
                """)
            let fired = try await store.fireDue(at: noon + 60)
            #expect(fired.fired == 1 && fired.skipped == 1)
            #expect(fired.refusals.map(\.schedule) == ["bad"])
            let ticks = try await store.ticks(bad.id)
            #expect(ticks.count == 1 && ticks[0].reason == .refused && ticks[0].job == nil)
            #expect(ticks[0].detail == "there is no workflow nothing")
            let others = try await store.ticks(good.id)
            #expect(others.map(\.result) == [.fired])
            let after = try await store.schedule(bad.id)
            #expect(after?.nextTick == noon + 120, "it goes on")
        }
    }

    @Test func `a schedule that cannot be understood says so, and does not keep others from firing`() async throws {
        try await withFixture { store in
            let bad = try await store.schedule("bad") { $0.timing = .cron(ScheduleSpec.Cron("* * * * *")) }
            try await store.schedule("good")
            try await store.asOwner(
                "UPDATE schedules SET spec = replace(spec::text, '\"UTC\"', '\"Mars\"')::json WHERE name = 'bad'")
            let fired = try await store.fireDue(at: noon + 60)
            #expect(fired.fired == 1 && fired.refusals.count == 1)
            let ticks = try await store.ticks(bad.id)
            #expect(ticks.count == 1 && ticks[0].reason == .invalid && ticks[0].detail?.contains("Mars") == true)
            let after = try await store.schedule(bad.id)
            #expect(after?.dueAt == noon + 120 && after?.nextTick == noon + 60)
            try await store.fireDue(at: noon + 120)
            let later = try await store.ticks(bad.id)
            #expect(later.count == 1, "it is told once")
        }
    }

    @Test func `runs are counted down, and the last one ends the schedule`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule {
                $0.overlap = .allowAll
                $0.runs = 2
            }
            for seconds in [60.0, 120, 180] { try await store.fireDue(at: noon + seconds) }
            let after = try await store.schedule(schedule.id)
            #expect(after?.remainingRuns == 0 && after?.status == .ended && after?.dueAt == nil)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.filter { $0.result == .fired }.count == 2)
        }
    }

    @Test func `history is filtered by what came of ticks, and goes on where a page ends`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            try await store.fireDue(at: noon + 60)
            try await store.fireDue(at: noon + 120)
            try await store.endNext(at: noon + 130)
            try await store.fireDue(at: noon + 180)
            func history(
                _ result: ScheduleTick.Result? = nil, before: ScheduleTick? = nil, limit: Int = 9
            ) async throws -> [ScheduleTick] {
                let cursor = before.map { ScheduleStore.HistoryCursor($0) }
                return try await store.run {
                    try ScheduleStore.history(of: schedule.id, result, before: cursor, limit: limit, on: $0)
                }
            }
            let fired = try await history(.fired)
            #expect(fired.map(\.at) == [noon + 180, noon + 60])
            let skipped = try await history(.skipped)
            #expect(skipped.map(\.at) == [noon + 120])
            let page = try await history(limit: 1)
            let next = try await history(before: page.first, limit: 1)
            #expect((page + next).map(\.at) == [noon + 180, noon + 120])
        }
    }

    @Test func `one that cannot be fired is left for later`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule()
            try await store.run { try ScheduleStore.postpone([schedule.id], now: noon + 60, on: $0) }
            let round = try await store.database.asSystem { try ScheduleStore.due(now: noon + 64, on: $0) }
            #expect(round.due.isEmpty)
            let later = try await store.fireDue(at: noon + 65)
            #expect(later.fired == 1)
        }
    }

    @Test func `the look at the clock says when the next one comes soon`() async throws {
        try await withFixture { store in
            try await store.schedule()
            let soon = try await store.database.asSystem {
                try ScheduleStore.due(ahead: .seconds(5), now: noon + 57, on: $0)
            }
            #expect(soon.due.isEmpty && soon.next == .seconds(3))
            let late = try await store.database.asSystem {
                try ScheduleStore.due(ahead: .seconds(5), now: noon + 50, on: $0)
            }
            #expect(late.next == nil)
        }
    }
}

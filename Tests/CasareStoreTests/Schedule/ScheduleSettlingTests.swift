import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What becomes of a schedule by how its jobs end.
struct ScheduleSettlingTests {
    @Test func `it pauses itself with the failure that is one too many, and a completed job starts the count anew`()
        async throws
    {
        try await withFixture { store in
            let schedule = try await store.schedule { $0.pauseAfterFailures = 2 }
            var last: [Job.ID] = []
            let failures: [Failure?] = [.business, nil, .business, .business]
            for (index, failure) in failures.enumerated() {
                let at = noon + Double(index + 1) * 60
                last = try await store.fireDue(at: at).jobs
                #expect(last.count == 1)
                try await store.endNext(failure, at: at + 1)
                let settled = try await store.settleDue(at: at + 2)
                #expect(settled.ended == 1 && settled.paused == (index == 3 ? ["s"] : []))
            }
            let after = try #require(try await store.schedule(schedule.id))
            #expect(after.status == .paused && after.failuresInARow == 2)
            #expect(after.pause?.isByItself == true && after.pause?.by == "casare")
            let past = try await store.run { [last] in try JobStore.past(of: last[0], on: $0) }
            #expect(past.events.last?.kind == "schedule_paused" && past.events.last?.detail["failures"] == 2)
            let actions = try await store.actions(.schedule)
            #expect(actions.last?.action == "schedule.pause" && actions.last?.actor == "casare")
            let fired = try await store.fireDue(at: noon + 600)
            #expect(fired.fired == 0)
            let resumed = try await store.resume(schedule.id, at: noon + 610)
            #expect(resumed.schedule?.failuresInARow == 0)
        }
    }

    @Test func `a job that begins too late and takes too long is told once for each`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule {
                $0.sla = ScheduleSpec.SLA(startDelaySeconds: 30, durationSeconds: 10)
                $0.overlap = .allowAll
            }
            let job = try await store.fireDue(at: noon + 60).jobs[0]
            let inTime = try await store.settleDue(at: noon + 90)
            #expect(inTime.breaches == 0)
            let late = try await store.settleDue(at: noon + 91)
            #expect(late.breaches == 1)
            let again = try await store.settleDue(at: noon + 92)
            #expect(again.breaches == 0)
            let leased = try await store.lease(now: noon + 95)
            try await store.settleDue(at: noon + 96)
            let long = try await store.settleDue(at: noon + 106)
            #expect(long.breaches == 1)
            try await store.run { try LeaseStore.complete(leased[0].lease, result: .ok(), now: noon + 110, on: $0) }
            let ended = try await store.settleDue(at: noon + 111)
            #expect(ended.ended == 1 && ended.breaches == 0)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks[0].breaches == [.startDelay, .duration] && ticks[0].startedAt == noon + 95)
            let past = try await store.run { try JobStore.past(of: job, on: $0) }
            let breaches = past.events.filter { $0.kind == "sla_breached" }
            #expect(breaches.map { $0.detail["breach"] } == ["start_delay", "duration"])
        }
    }

    @Test func `a job that kept to everything is told of nowhere`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule {
                $0.sla = ScheduleSpec.SLA(startDelaySeconds: 30, durationSeconds: 10, successRate: 1, runs: 2)
            }
            try await store.fireDue(at: noon + 60)
            let leased = try await store.lease(now: noon + 90)
            try await store.run { try LeaseStore.complete(leased[0].lease, result: .ok(), now: noon + 100, on: $0) }
            let settled = try await store.settleDue(at: noon + 101)
            #expect(settled.ended == 1 && settled.breaches == 0)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks[0].breaches.isEmpty)
        }
    }

    @Test func `too many failures are told with the job that made them too many, and once`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule {
                $0.sla = ScheduleSpec.SLA(successRate: 0.5, runs: 4)
            }
            var breaches: [Int] = []
            let failures: [Failure?] = [nil, .business, .business, .business, .business]
            for (index, failure) in failures.enumerated() {
                let at = noon + Double(index + 1) * 60
                try await store.fireDue(at: at)
                try await store.endNext(failure, at: at + 1)
                breaches.append(try await store.settleDue(at: at + 2).breaches)
            }
            #expect(breaches == [0, 0, 0, 1, 0], "three of four failed")
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.map(\.breaches) == [[], [], [], [.successRate], []])
        }
    }

    @Test func `a job that somebody cancelled counts for nothing`() async throws {
        try await withFixture { store in
            let schedule = try await store.schedule { $0.pauseAfterFailures = 1 }
            let job = try await store.fireDue(at: noon + 60).jobs[0]
            try await store.run { _ = try JobStore.cancel(job, by: "ann", reason: nil, now: noon + 61, on: $0) }
            let settled = try await store.settleDue(at: noon + 62)
            #expect(settled.ended == 1 && settled.paused.isEmpty)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks[0].endedAs == "cancelled")
        }
    }

    @Test func `jobs are looked at from where the round before ended`() async throws {
        try await withFixture { store in
            try await store.schedule { $0.overlap = .allowAll }
            let job = try await store.fireDue(at: noon + 60).jobs[0]
            try await store.endNext(at: noon + 61)
            let behind = try await store.database.asSystem {
                try ScheduleStore.settlingDue(after: job, now: noon + 62, on: $0)
            }
            #expect(behind.due.isEmpty && behind.next == nil)
            let whole = try await store.database.asSystem { try ScheduleStore.settlingDue(now: noon + 62, on: $0) }
            #expect(whole.due.map(\.schedules.count) == [1])
        }
    }
}

import CasareDomain
import CasarePostgres
@testable import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Schedules that fire after other jobs, or when something happens to one.
struct ScheduleReactionTests {
    private static func at(_ seconds: Double) -> Date { noon.addingTimeInterval(seconds) }

    /// A schedule of the workflow "reaction".
    private static func schedule(
        _ timing: ScheduleSpec.Timing, _ name: String = "s", overlap: ScheduleSpec.Overlap = .allowAll,
        in store: StoreFixture
    ) async throws -> Schedule {
        try await store.schedule(name, at: Self.at(-3600)) { spec in
            spec.timing = timing
            spec.workflow = "reaction"
            spec.overlap = overlap
        }
    }

    @Test(arguments: [
        (ScheduleSpec.Dependency.On.success, [true, false]), (.failure, [false, true]), (.always, [true, true]),
    ])
    func `a schedule fires after the endings that count`(
        on: ScheduleSpec.Dependency.On, fires: [Bool]
    ) async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let timing = ScheduleSpec.Timing.dependency(.init(after: ["orders"], waitFor: .any, on: on))
            let schedule = try await Self.schedule(timing, in: store)
            for (failure, isFiring) in zip([nil, Failure.business], fires) {
                let before = try await store.jobs(of: "reaction").count
                let job = try await store.played(nil, failure, at: noon)
                _ = try await store.react(at: noon)
                let made = try await store.jobs(of: "reaction").count - before
                #expect(made == (isFiring ? 1 : 0))
                guard isFiring else { continue }
                let tick = try await store.ticks(schedule.id).last
                #expect(tick?.origin == .event && tick?.result == .fired)
                #expect(tick?.detail?.contains(job.description) == true)
            }
        }
    }

    @Test func `all of them must have ended since it last fired`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let other = try await store.workflow("other")
            let timing = ScheduleSpec.Timing.dependency(.init(after: ["orders", "other"]))
            let schedule = try await Self.schedule(timing, in: store)
            func count() async throws -> Int { try await store.jobs(of: "reaction").count }
            try await store.played(at: noon)
            try await store.played(at: noon)
            _ = try await store.react(at: noon)
            #expect(try await count() == 0, "one workflow twice is not both")
            try await store.played(other, at: Self.at(10))
            _ = try await store.react(at: Self.at(10))
            #expect(try await count() == 1)
            try await store.played(other, at: Self.at(20))
            _ = try await store.react(at: Self.at(20))
            #expect(try await count() == 1, "what it fired for counts no more")
            try await store.played(at: Self.at(30))
            _ = try await store.react(at: Self.at(30))
            #expect(try await count() == 2)
            #expect(try await store.ticks(schedule.id).map(\.result) == [.fired, .fired])
        }
    }

    @Test(arguments: [3600.0, 3601.0])
    func `the first and the last ending lie no further apart than they may`(seconds: Double) async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let other = try await store.workflow("other")
            let timing = ScheduleSpec.Timing.dependency(.init(after: ["orders", "other"], withinSeconds: 3600))
            _ = try await Self.schedule(timing, in: store)
            try await store.played(at: noon)
            _ = try await store.react(at: noon)
            try await store.played(other, at: Self.at(seconds))
            _ = try await store.react(at: Self.at(seconds))
            #expect(try await store.jobs(of: "reaction").count == (seconds == 3600 ? 1 : 0))
        }
    }

    @Test func `an event fires a schedule when its detail is what was asked for`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let filter: Object = ["kind": ["$in": ["business", "validation"]], "message": ["$regex": "^no such"]]
            let timing = ScheduleSpec.Timing.event(.init(kinds: [.failed], workflow: "orders", filter: filter))
            _ = try await Self.schedule(timing, in: store)
            try await store.played(nil, Failure(kind: .business, message: "closed", type: "E"), at: noon)
            try await store.played(at: noon)
            _ = try await store.react(at: noon)
            #expect(try await store.jobs(of: "reaction").isEmpty)
            try await store.played(nil, .business, at: noon)
            _ = try await store.react(at: noon)
            #expect(try await store.jobs(of: "reaction").count == 1)
        }
    }

    /// Makes a secret that is due, and tells of it.
    private static func due(_ name: String, in store: StoreFixture, at now: Date = noon) async throws {
        let policy = RotationPolicy(everySeconds: 3600)
        let secret = try await store.secret(name, rotation: policy, now: now.addingTimeInterval(-3600))
        _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: now, on: $0) }
    }

    @Test func `what happens to secrets fires the schedules that wait for it, and no others`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let mine = try await Self.schedule(
                .event(.init(kinds: [.secretRotationDue], filter: ["secret": "db/prod"])), "mine", in: store)
            let others: [(String, ScheduleSpec.Timing)] = [
                ("kind", .event(.init(kinds: [.secretRotated, .failed]))),
                ("workflow", .event(.init(kinds: [.failed], workflow: "orders"))),
                ("jobs", .dependency(.init(after: ["orders"], waitFor: .any, on: .always))),
            ]
            for (name, timing) in others { _ = try await Self.schedule(timing, name, in: store) }
            _ = try await store.jobTrigger("t", JobEventSource(kinds: JobEventSource.endings))
            try await Self.due("db/other", in: store)
            try await Self.due("db/prod", in: store)
            for _ in 0..<2 { _ = try await store.react(at: noon) }
            let ticks = try await store.ticks(mine.id)
            #expect(ticks.map(\.detail) == ["secret.rotation_due: secret db/prod"])
            #expect(ticks.first?.origin == .event && ticks.first?.result == .fired)
            #expect(try await store.jobs(of: "reaction").count == 1)
        }
    }

    @Test func `what happens to secrets is waited out, and the last one is named`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let timing = ScheduleSpec.Timing.event(.init(kinds: [.secretRotationDue], debounceSeconds: 10))
            let schedule = try await Self.schedule(timing, in: store)
            try await Self.due("a", in: store)
            try await Self.due("b", in: store)
            _ = try await store.react(at: noon)
            #expect(try await store.ticks(schedule.id).isEmpty)
            let later = Self.at(10)
            let waitedOut = try await store.database.asSystem {
                try ReactionStore.waitedOut(limit: 9, now: later, on: $0)
            }
            let one = try #require(waitedOut.first)
            _ = try await store.run { try ReactionStore.fire(one, zones: StoreFixture.zones, now: later, on: $0) }
            #expect(
                try await store.ticks(schedule.id).map(\.detail)
                    == ["2 events, the last: secret.rotation_due: secret b"])
        }
    }

    @Test func `several events of one moment are several ticks`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let schedule = try await Self.schedule(.event(.init(kinds: [.completed], workflow: "orders")), in: store)
            for _ in 0..<3 { try await store.played(at: noon) }
            _ = try await store.react(at: noon)
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.count == 3 && Set(ticks.map(\.at)).count == 3 && Set(ticks.compactMap(\.job)).count == 3)
        }
    }

    @Test func `what happens while nothing is waited out counts as one`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let timing = ScheduleSpec.Timing.event(
                .init(kinds: [.completed], workflow: "orders", debounceSeconds: 10))
            let schedule = try await Self.schedule(timing, in: store)
            func waitedOut(at now: Date) async throws -> Int {
                var jobs = 0
                for one in try await store.database.asSystem({ try ReactionStore.waitedOut(limit: 9, now: now, on: $0) }
                ) {
                    let round = try await store.run {
                        try ReactionStore.fire(one, zones: StoreFixture.zones, now: now, on: $0)
                    }
                    jobs += round?.jobs.count ?? 0
                }
                return jobs
            }
            for second in [0.0, 9.0] {
                try await store.played(at: Self.at(second))
                _ = try await store.react(at: Self.at(second))
            }
            #expect(try await waitedOut(at: Self.at(18.9)) == 0, "it began anew with the second one")
            #expect(try await waitedOut(at: Self.at(19)) == 1)
            #expect(try await waitedOut(at: Self.at(60)) == 0)
            #expect(try await store.ticks(schedule.id).first?.detail?.hasPrefix("2 events") == true)
        }
    }

    @Test func `what cannot be read waits nothing out, and its history says why`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let timing = ScheduleSpec.Timing.event(
                .init(kinds: [.completed], workflow: "orders", debounceSeconds: 10))
            let schedule = try await Self.schedule(timing, in: store)
            try await store.played(at: Self.at(0))
            _ = try await store.react(at: Self.at(0))
            try await store.asOwner("UPDATE schedules SET spec = '{\"newer\": 1}'")
            let now = Self.at(60)
            func waitedOut() async throws -> [ReactionStore.WaitedOut] {
                try await store.database.asSystem { try ReactionStore.waitedOut(limit: 9, now: now, on: $0) }
            }
            let found = try await waitedOut()
            let one = try #require(found.first)
            let round = try await store.run {
                try ReactionStore.fire(one, zones: StoreFixture.zones, now: now, on: $0)
            }
            #expect(round?.jobs.isEmpty == true && round?.failures.count == 1)
            #expect(try await waitedOut().isEmpty)
            #expect(try await store.ticks(schedule.id).first?.reason == .invalid)
        }
    }

    @Test func `a paused schedule and one whose job is under way write down why nothing came of it`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let timing = ScheduleSpec.Timing.event(.init(kinds: [.completed], workflow: "orders"))
            let paused = try await Self.schedule(timing, "paused", in: store)
            _ = try await store.pause(paused.id, at: noon)
            let busy = try await Self.schedule(timing, "busy", overlap: .skip, in: store)
            for second in [1.0, 2.0] {
                try await store.played(at: Self.at(second))
                _ = try await store.react(at: Self.at(second))
            }
            #expect(try await store.ticks(paused.id).map(\.reason) == [.paused, .paused])
            #expect(try await store.ticks(busy.id).map(\.reason) == [nil, .overlap])
            #expect(try await store.jobs(of: "reaction").count == 1)
        }
    }

    @Test func `a schedule that makes the job it waits for ends at a bound, also with ticks that wait`() async throws {
        try await withFixture { store in
            let timing = ScheduleSpec.Timing.event(.init(kinds: [.submitted], workflow: "orders"))
            let schedule = try await store.schedule("s", at: Self.at(-3600)) { spec in
                spec.timing = timing
                spec.overlap = .allowAll
            }
            _ = try await store.submit(store.job(), now: noon)
            for second in 0..<ReactionStore.depthMax + 5 { _ = try await store.react(at: Self.at(Double(second))) }
            let ticks = try await store.ticks(schedule.id)
            #expect(ticks.count { $0.result == .fired } == ReactionStore.depthMax)
            #expect(ticks.last?.reason == .refused && ticks.last?.detail?.contains("circle") == true)
        }
        try await withFixture { store in
            let timing = ScheduleSpec.Timing.event(.init(kinds: [.completed], workflow: "orders"))
            let schedule = try await store.schedule("s", at: Self.at(-3600)) { spec in
                spec.timing = timing
                spec.overlap = .bufferAll
            }
            // Two at once: the second one waits for the job of the first.
            try await store.played(at: noon)
            try await store.played(at: noon)
            _ = try await store.react(at: noon)
            #expect(try await store.ticks(schedule.id).map(\.result) == [.fired, .buffered])
            try await store.endNext(at: Self.at(1))
            _ = try await store.settleDue(at: Self.at(2))
            let depths = try await store.run { connection in
                try connection.execute("SELECT depth FROM reaction_jobs WHERE tenant_id = casare_tenant()").map {
                    try $0.int("depth")
                }
            }
            #expect(depths == [1, 1], "what lay behind the tick lies behind its job")
        }
    }

    @Test func `with a schedule goes what it waited for`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            try await store.workflow("other")
            let schedule = try await Self.schedule(
                .dependency(.init(after: ["orders", "other"])), in: store)
            try await store.played(at: noon)
            _ = try await store.react(at: noon)
            _ = try await store.run { try ScheduleStore.delete(schedule.id, by: "ann", reason: nil, on: $0) }
            let left = try await store.run { connection in
                try connection.execute(
                    "SELECT count(*) AS arrivals FROM dependency_arrivals WHERE tenant_id = casare_tenant()"
                ).only().int("arrivals")
            }
            #expect(left == 0)
        }
    }
}

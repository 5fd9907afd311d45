import CasareDomain
import CasarePostgres
@testable import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Triggers that wait for jobs to end.
struct JobTriggerTests {
    @Test func `a job that fails makes a job, once, with what is taken from the event`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let mapping = VariableMapping([
                .init(variable: "job", place: try DeliveryPlace("payload.job")),
                .init(variable: "why", place: try DeliveryPlace("payload.detail.message")),
            ])
            let trigger = try await store.jobTrigger(
                "t", JobEventSource(kinds: [.failed], workflows: ["orders"], variables: mapping))
            let failed = try await store.played(nil, .business)
            try await store.played()
            let rounds = try await store.react()
            #expect(rounds.flatMap(\.jobs).count == 1 && rounds.allSatisfy(\.failures.isEmpty))
            let made = try await store.jobs(of: "reaction")
            #expect(made.map(\.id) == rounds.flatMap(\.jobs))
            let expected: Object = ["job": .string(failed.description), "why": "no such customer"]
            #expect(made.first?.variables == expected)
            #expect(made.first?.createdBy == "trigger/t")
            #expect(try await store.react().flatMap(\.jobs).isEmpty, "each event is reacted to once")
            let deliveries = try await store.run { try TriggerDeliveries.list(of: trigger.id, limit: 9, on: $0) }
            #expect(deliveries.map(\.result) == [.accepted] && deliveries.first?.source == failed.description)
        }
    }

    @Test func `only events after the trigger was made count, and those that it names`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let other = try await store.workflow("other")
            try await store.played(nil, .business)
            _ = try await store.jobTrigger(
                "t", JobEventSource(kinds: [.failed], workflows: ["orders"], errorContains: "NO SUCH"))
            #expect(try await store.react().flatMap(\.jobs).isEmpty)
            try await store.played(other, .business)
            let later = Failure(kind: .business, message: "closed", type: "BusinessError")
            try await store.played(nil, later)
            #expect(try await store.react().flatMap(\.jobs).isEmpty)
            try await store.played(nil, .business)
            #expect(try await store.react().flatMap(\.jobs).count == 1)
        }
    }

    @Test func `a reaction is committed with how far events were read, or neither is`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            _ = try await store.jobTrigger("t", JobEventSource(kinds: [.completed]))
            _ = try await store.react()
            try await store.played()
            struct Killed: Error {}
            await #expect(throws: Killed.self) {
                try await store.run { connection in
                    var horizon = EventHorizon()
                    horizon.looked(try EventFeed.look(on: connection))
                    let round = try ReactionStore.react(
                        through: horizon.final, zones: StoreFixture.zones, on: connection)
                    #expect(round?.jobs.count == 1)
                    throw Killed()
                }
            }
            #expect(try await store.jobs(of: "reaction").isEmpty)
            #expect(try await store.react().flatMap(\.jobs).count == 1)
        }
    }

    @Test func `two readers at once react once`() async throws {
        try await withFixture(connectionsMax: 6) { store in
            try await store.workflow("reaction")
            _ = try await store.jobTrigger("t", JobEventSource(kinds: [.completed]))
            _ = try await store.react()
            for _ in 0..<5 { try await store.played() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<6 { _ = try await store.reactOnce(limit: 7) }
                    }
                }
                try await group.waitForAll()
            }
            _ = try await store.react()
            #expect(try await store.jobs(of: "reaction").count == 5)
        }
    }

    @Test func `a trigger does not react to its own jobs, unless it is to`() async throws {
        try await withFixture { store in
            let reaction = try await store.workflow("reaction")
            let source = JobEventSource(kinds: [.completed])
            _ = try await store.jobTrigger("t", source)
            try await store.played()
            #expect(try await store.react().flatMap(\.jobs).count == 1)
            for job in try await store.jobs(of: "reaction") { try await store.end(job.id, nil) }
            #expect(try await store.react().flatMap(\.jobs).isEmpty)
            try await store.played(reaction)
            #expect(try await store.react().flatMap(\.jobs).count == 1, "that job is somebody else's")
        }
    }

    @Test func `who waits for failures and for dead letters gets one job of each that fails for good`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            _ = try await store.jobTrigger("both", JobEventSource(kinds: [.failed, .deadLettered]))
            _ = try await store.jobTrigger("letters", JobEventSource(kinds: [.deadLettered]))
            try await store.played(nil, .business)
            _ = try await store.react()
            let makers = try await store.jobs(of: "reaction").map(\.createdBy)
            #expect(makers.sorted() == ["trigger/both", "trigger/letters"])
        }
    }

    @Test func `a circle of triggers ends`() async throws {
        try await withFixture { store in
            let source = JobEventSource(kinds: [.cancelled], excludesSelf: false)
            let trigger = try await store.jobTrigger("t", source, workflow: "orders")
            _ = try await store.submit(store.job())
            for _ in 0..<ReactionStore.depthMax + 5 {
                for job in try await store.jobs(of: "orders") where job.status == .pending {
                    _ = try await store.run { try JobStore.cancel(job.id, by: "ann", reason: nil, on: $0) }
                }
                try await store.react()
            }
            let made = try await store.jobs(of: "orders").filter { $0.createdBy == "trigger/t" }
            #expect(made.count == ReactionStore.depthMax)
            let last = try await store.run { try TriggerDeliveries.list(of: trigger.id, limit: 1, on: $0) }.first
            #expect(last?.result == .filtered && last?.reason?.contains("circle") == true)
        }
    }

    @Test func `duplicates, pauses and bounds hold for events too`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let place = try DeliveryPlace("payload.workflow")
            let deduped = try await store.jobTrigger("d", JobEventSource(kinds: [.completed])) { $0.dedup = place }
            let paused = try await store.jobTrigger("p", JobEventSource(kinds: [.completed]))
            _ = try await store.run { try TriggerStore.pause("p", by: "ann", reason: nil, on: $0) }
            try await store.played()
            try await store.played()
            #expect(try await store.react().flatMap(\.jobs).count == 1)
            func results(_ trigger: Trigger) async throws -> [TriggerDelivery.Result] {
                try await store.run { try TriggerDeliveries.list(of: trigger.id, limit: 9, on: $0).map(\.result) }
            }
            #expect(try await results(deduped) == [.duplicate, .accepted])
            #expect(try await results(paused) == [.paused, .paused])
        }
    }

    @Test func `what fails by itself is told, and does not hold up what comes after it`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            let gone = try await store.jobTrigger("a", JobEventSource(kinds: [.completed]))
            try await store.asOwner("UPDATE triggers SET spec = replace(spec::text, 'reaction', 'nowhere')::json")
            _ = try await store.jobTrigger("b", JobEventSource(kinds: [.completed]))
            try await store.played()
            #expect(try await store.react().flatMap(\.jobs).count == 1)
            let failed = try await store.run { try TriggerDeliveries.list(of: gone.id, limit: 9, on: $0) }
            #expect(failed.map(\.result) == [.failed])
        }
    }

    @Test func `a tenant without anything that reacts is not read, and begins anew later`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            func tenants() async throws -> [Tenant.ID] {
                try await store.database.asSystem { try ReactionStore.tenants(on: $0) }
            }
            #expect(try await tenants().isEmpty)
            _ = try await store.jobTrigger("t", JobEventSource(kinds: [.completed]))
            #expect(try await tenants() == [store.tenant])
            _ = try await store.react()
            _ = try await store.run { try TriggerStore.delete("t", by: "ann", reason: nil, on: $0) }
            #expect(try await tenants().isEmpty)
            try await store.played()
            _ = try await store.jobTrigger("t", JobEventSource(kinds: [.completed]))
            #expect(try await tenants() == [store.tenant])
            #expect(try await store.react().flatMap(\.jobs).isEmpty, "it was made after that")
        }
    }

    @Test func `a trigger that cannot be read is told, and keeps no other from what it waits for`() async throws {
        try await withFixture { store in
            try await store.workflow("reaction")
            _ = try await store.jobTrigger("bad", JobEventSource(kinds: [.completed]))
            _ = try await store.jobTrigger("good", JobEventSource(kinds: [.completed]))
            try await store.asOwner("UPDATE triggers SET spec = '{\"newer\": 1}' WHERE name = 'bad'")
            try await store.played()
            let rounds = try await store.react()
            #expect(rounds.flatMap(\.jobs).count == 1)
            #expect(rounds.first?.failures.map(\.name) == ["bad"])
            let listed = try await store.run { try TriggerStore.list(limit: 9, on: $0) }
            #expect(listed.map(\.name) == ["bad", "good"] && listed.map { $0.trigger == nil } == [true, false])
        }
    }
}

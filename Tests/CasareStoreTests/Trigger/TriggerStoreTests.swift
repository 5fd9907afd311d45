import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Triggers in the database, by a clock that tests state.
struct TriggerStoreTests {
    private static let hook = TriggerSpec(
        source: .webhook(Webhook(auth: WebhookAuth(kind: .none))), workflow: "orders", variables: ["n": 1.0, "b": 2])

    private static func create(
        _ spec: TriggerSpec, _ name: String = "t", in store: StoreFixture
    ) async throws -> Trigger {
        try await store.run {
            try TriggerStore.create(.init(name: name, spec: spec), secret: nil, by: "ann", now: noon, on: $0)
        }
    }

    /// - Parameter seconds: after noon.
    private static func fire(
        _ trigger: Trigger, at seconds: Double = 0, keys: [TriggerDeliveries.Key] = [], in store: StoreFixture
    ) async throws -> TriggerDeliveries.Outcome {
        let now = noon.addingTimeInterval(seconds)
        return try await store.run {
            try TriggerDeliveries.fire(
                .init(id: .new(at: now), trigger: trigger.id, keys: keys, variables: ["v": "x"]), now: now, on: $0)
        }
    }

    @Test func `a spec comes back as it was written, with its own variables as they were`() async throws {
        try await withFixture { store in
            let source = JobEventSource(
                kinds: [.failed, .deadLettered], workflows: ["a"], excludesSelf: false, errorContains: "bank",
                variables: VariableMapping([.init(variable: "job", place: try DeliveryPlace("payload.job"))]))
            let spec = TriggerSpec(
                source: .job(source), workflow: "orders", workflowVersion: 1,
                variables: ["orderID": 1.0, "a": [1, 2]],
                priority: .high, environment: "prod", queueKey: "k", cooldownSeconds: 1.5,
                dedup: try DeliveryPlace("/id"), dedupSeconds: 10, concurrencyMax: 3, description: "d")
            let made = try await Self.create(spec, in: store)
            #expect(made.spec == spec && made.kind == .job && made.revision == 1 && made.createdBy == "ann")
            #expect(made.spec.variables.keys == ["orderID", "a"])
            let text = Value.object(made.spec.variables).jsonText(.compact)
            #expect(text == #"{"orderID":1.0,"a":[1,2]}"#)
            try await store.run { connection throws in
                #expect(try TriggerStore.get("t", on: connection) == made)
                #expect(try TriggerStore.onJobs(on: connection).map(\.trigger) == [made])
                #expect(try TriggerStore.onJobs(after: made.id, on: connection).isEmpty)
            }
        }
    }

    @Test func `a job is made with the trigger's variables, and those of the delivery count more`() async throws {
        try await withFixture { store in
            var spec = Self.hook
            spec.variables = ["v": "own", "n": 1]
            let trigger = try await Self.create(spec, in: store)
            let outcome = try await Self.fire(trigger, in: store)
            #expect(outcome.delivery.result == .accepted && outcome.delivery.at == noon)
            let id = try #require(outcome.delivery.job)
            let job = try #require(try await store.get(id))
            #expect(job.variables == ["v": "x", "n": 1] && job.createdBy == "trigger/t")
            let after = try await store.run { try TriggerStore.get(trigger.id, on: $0) }
            #expect(after.lastFiredAt == noon && after.lastJob == id)
        }
    }

    @Test(arguments: [(9.9, false), (10, true), (10.1, true)])
    func `a cooldown is over when its time is`(seconds: Double, isTaken: Bool) async throws {
        try await withFixture { store in
            var spec = Self.hook
            spec.cooldownSeconds = 10
            let trigger = try await Self.create(spec, in: store)
            _ = try await Self.fire(trigger, in: store)
            let second = try await Self.fire(trigger, at: seconds, in: store)
            #expect(second.delivery.result == (isTaken ? .accepted : .cooldown))
            #expect((second.retryAfter == nil) == isTaken)
        }
    }

    @Test(arguments: [(59.0, TriggerDelivery.Result.duplicate), (60, .accepted)])
    func `a key is remembered for its time`(seconds: Double, result: TriggerDelivery.Result) async throws {
        try await withFixture { store in
            let trigger = try await Self.create(Self.hook, in: store)
            let key = TriggerDeliveries.Key("value", "7", remembered: 60)
            let first = try await Self.fire(trigger, keys: [key], in: store)
            let other = TriggerDeliveries.Key("other", "7", remembered: 60)
            let unlike = try await Self.fire(trigger, keys: [other], in: store)
            #expect(unlike.delivery.result == .accepted)
            let again = try await Self.fire(trigger, at: seconds, keys: [other, key], in: store)
            #expect(again.delivery.result == result)
            if result == .duplicate { #expect(again.delivery.job != nil && first.delivery.job != nil) }
        }
    }

    @Test func `jobs that have ended make room, and those that are gone`() async throws {
        try await withFixture { store in
            var spec = Self.hook
            spec.concurrencyMax = 1
            let trigger = try await Self.create(spec, in: store)
            let first = try await Self.fire(trigger, in: store)
            let busy = try await Self.fire(trigger, at: 1, in: store)
            #expect(busy.delivery.result == .busy && busy.retryAfter == TriggerDeliveries.busyRetry)
            let job = try #require(first.delivery.job)
            _ = try await store.run { try JobStore.cancel(job, by: "ann", reason: nil, on: $0) }
            let next = try await Self.fire(trigger, at: 2, in: store)
            let following = try #require(next.delivery.job)
            let rows = try await store.database.asSystem { connection in
                try connection.execute("SELECT job_id FROM trigger_jobs").map { try $0.uuid("job_id") }
            }
            #expect(rows == [following.rawValue])
        }
    }

    @Test func `what is turned away is noted up to a bound, and noted again when time has passed`() async throws {
        try await withFixture { store in
            let trigger = try await Self.create(Self.hook, in: store)
            func turnAway(_ count: Int, at now: Date) async throws {
                try await store.run { connection in
                    for step in 0..<count {
                        let id = TriggerDelivery.ID.new(at: now.addingTimeInterval(Double(step) / 1000))
                        try TriggerDeliveries.turnAway(
                            .init(id: id, trigger: trigger.id), as: .rejected, reason: "no", now: now, on: connection)
                    }
                }
            }
            func count() async throws -> Int {
                try await store.run { try TriggerDeliveries.list(of: trigger.id, .rejected, limit: 500, on: $0) }.count
            }
            try await turnAway(TriggerDeliveries.turnedAwayMax + 5, at: noon)
            let first = try await count()
            #expect(first == TriggerDeliveries.turnedAwayMax)
            try await turnAway(1, at: noon.addingTimeInterval(61))
            let second = try await count()
            #expect(second == TriggerDeliveries.turnedAwayMax + 1)
        }
    }

    @Test func `deliveries that are old or too many go, and keys that count no more`() async throws {
        try await withFixture { store in
            let trigger = try await Self.create(Self.hook, in: store)
            let other = try await Self.create(Self.hook, "other", in: store)
            let old = -Double(TriggerDeliveries.daysKept) * 86_400
            for seconds in [old - 1, old + 60, 1, 2, 3] {
                let key = TriggerDeliveries.Key("k", "\(seconds)", remembered: 60)
                _ = try await Self.fire(trigger, at: seconds, keys: [key], in: store)
            }
            _ = try await Self.fire(other, at: old - 1, in: store)
            let kept = try await store.database.asSystem {
                try TriggerDeliveries.keep(now: noon.addingTimeInterval(10), on: $0)
            }
            #expect(kept.gone == 4 && kept.next == nil && !kept.isPartial)
            func count(_ trigger: Trigger) async throws -> Int {
                try await store.run { try TriggerDeliveries.list(of: trigger.id, limit: 9, on: $0) }.count
            }
            let mine = try await count(trigger)
            let others = try await count(other)
            #expect(mine == 4 && others == 0)
            let fewer = try await store.database.asSystem {
                try TriggerDeliveries.keep(countKept: 2, now: noon.addingTimeInterval(10), on: $0)
            }
            let left = try await store.run { try TriggerDeliveries.list(of: trigger.id, limit: 9, on: $0) }
            #expect(fewer.gone == 2 && left.map { $0.at.timeIntervalSince(noon) } == [3, 2])
        }
    }

    @Test func `no tenant sees or touches another's triggers`() async throws {
        try await withFixture { mine in
            try await mine.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (2, 'other')")
            let trigger = try await Self.create(Self.hook, in: mine)
            _ = try await Self.fire(trigger, in: mine)
            let other = try await StoreFixture(mine.database, tenant: Tenant.ID(rawValue: 2))
            try await other.run { connection throws in
                #expect(try TriggerStore.list(limit: 9, on: connection).isEmpty)
                #expect(try TriggerStore.secrets(of: trigger.id, on: connection).isEmpty)
                #expect(try TriggerDeliveries.list(of: trigger.id, limit: 9, on: connection).isEmpty)
                #expect(throws: StoreError.notFound(.trigger, trigger.id.description)) {
                    try TriggerStore.get(trigger.id, on: connection)
                }
                #expect(throws: StoreError.notFound(.trigger, "t")) {
                    try TriggerStore.delete("t", by: "eve", reason: nil, on: connection)
                }
                #expect(throws: StoreError.notFound(.trigger, trigger.id.description)) {
                    try TriggerDeliveries.fire(.init(trigger: trigger.id), on: connection)
                }
            }
            // The same name is free to them.
            _ = try await other.run {
                try TriggerStore.create(.init(name: "t", spec: Self.hook), secret: nil, by: "eve", on: $0)
            }
            let found = try await mine.database.asSystem { try TriggerStore.tenant(of: trigger.id, on: $0) }
            #expect(found == Tenant.ID.default)
        }
    }
}

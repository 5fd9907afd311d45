import CasareDomain
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Whose files describe what, and whether it is still so.
struct AppliedStoreTests {
    private static let all: [AppliedResource.Key] = [
        .init(.calendar, "office"), .init(.queue, "prod"), .init(.schedule, "nightly"), .init(.trigger, "after"),
        .init(.workflow, "orders"),
    ]

    /// One thing of each kind.
    private static func fill(_ store: StoreFixture) async throws {
        _ = try await store.schedule("nightly")
        let after = TriggerSpec(source: .job(JobEventSource(kinds: [.failed])), workflow: "orders")
        try await store.run { connection in
            _ = try CalendarStore.save(BusinessCalendar(name: "office"), by: "ann", on: connection)
            _ = try TriggerStore.create(.init(name: "after", spec: after), secret: nil, by: "ann", on: connection)
            try QueueStore.create("prod", on: connection)
        }
    }

    private static func drift(_ store: StoreFixture) async throws -> [String] {
        try await store.run { connection in
            try AppliedStore.drift(on: connection).first.map { "\($0.key.kind) \($0.key.name) \($0.state)" }
        }
    }

    @Test func `what is noted is listed with its owner, and noting it again changes nothing`() async throws {
        try await withFixture { store in
            try await Self.fill(store)
            let later = noon.addingTimeInterval(60)
            try await store.run { connection in
                let recorded = try AppliedStore.record(
                    Self.all + [.init(.schedule, "missing")], owner: "team", by: "ann", now: noon, on: connection)
                #expect(recorded == 5)
                let again = try AppliedStore.record(Self.all, owner: "team", by: "bob", now: later, on: connection)
                #expect(again == 0)
                let listed = try AppliedStore.list(limit: 9, on: connection)
                #expect(listed.map(\.key) == Self.all)
                #expect(listed.allSatisfy { $0.owner == "team" && $0.appliedBy == "ann" && $0.appliedAt == noon })
                #expect(listed.allSatisfy { $0.state == .asApplied })
                let first = try AppliedStore.list(limit: 2, on: connection)
                #expect(first.map(\.key) == Array(Self.all.prefix(2)))
                let rest = try AppliedStore.list(after: Self.all[1], limit: 9, on: connection)
                #expect(rest.map(\.key) == Array(Self.all.dropFirst(2)))
                let others = try AppliedStore.list(owner: "others", limit: 9, on: connection)
                #expect(others.isEmpty)
                // Another owner takes one over.
                let taken = try AppliedStore.record([Self.all[0]], owner: "others", by: "bob", on: connection)
                #expect(taken == 1)
                let theirs = try AppliedStore.list(owner: "others", limit: 9, on: connection)
                #expect(theirs.map(\.key) == [Self.all[0]])
            }
        }
    }

    @Test func `what somebody changes or deletes is told of until it is applied again`() async throws {
        try await withFixture { store in
            try await Self.fill(store)
            _ = try await store.run { try AppliedStore.record(Self.all, owner: "team", by: "ann", on: $0) }
            #expect(try await Self.drift(store) == [])
            try await store.run { connection in
                _ = try CalendarStore.save(
                    BusinessCalendar(name: "office", weekends: true), by: "eve", on: connection)
                _ = try QueueStore.limit("prod", on: connection) { $0.concurrency = 3 }
                _ = try TriggerStore.delete("after", by: "eve", reason: nil, on: connection)
                _ = try WorkflowStore.push(name: "orders", document: #"{"other": 1}"#, by: "eve", on: connection)
            }
            let found = try await store.run { try ScheduleStore.get(named: "nightly", on: $0) }
            let schedule = try #require(found)
            try await store.run { connection in
                _ = try ScheduleStore.update(
                    schedule.id, by: "eve", reason: nil, zones: StoreFixture.zones, now: noon, on: connection
                ) { spec in
                    var spec = spec
                    spec.description = "changed"
                    return spec
                }
            }
            #expect(
                try await Self.drift(store) == [
                    "calendar office changed", "queue prod changed", "schedule nightly changed", "trigger after gone",
                    "workflow orders changed",
                ])
            try await store.run { connection in
                _ = try AppliedStore.record(Self.all, owner: "team", by: "ann", on: connection)
                let forgotten = try AppliedStore.forget([Self.all[3]], owner: "others", on: connection)
                #expect(forgotten == 0)
                _ = try AppliedStore.forget([Self.all[3]], owner: "team", on: connection)
            }
            #expect(try await Self.drift(store) == [])
        }
    }

    @Test func `variables alone are a change, of a schedule and of a trigger`() async throws {
        try await withFixture { store in
            try await Self.fill(store)
            _ = try await store.run { try AppliedStore.record(Self.all, owner: "team", by: "ann", on: $0) }
            let found = try await store.run { try ScheduleStore.get(named: "nightly", on: $0) }
            let schedule = try #require(found)
            try await store.run { connection in
                _ = try ScheduleStore.update(
                    schedule.id, by: "eve", reason: nil, zones: StoreFixture.zones, now: noon, on: connection
                ) { spec in
                    var spec = spec
                    spec.variables = ["n": 1]
                    return spec
                }
                _ = try TriggerStore.update("after", by: "eve", on: connection) { trigger in
                    var spec = trigger.spec
                    spec.variables = ["n": 1]
                    return spec
                }
            }
            #expect(try await Self.drift(store) == ["schedule nightly changed", "trigger after changed"])
        }
    }

    @Test func `files describe a bounded number of things`() async throws {
        try await withFixture { store in
            try await Self.fill(store)
            try await store.asOwner(
                """
                INSERT INTO applied (tenant_id, kind, name, owner, mark, applied_at, applied_by)
                SELECT 1, 'workflow', 'w' || n, 'team', 'm', now(), 'ann'
                FROM generate_series(1, \(AppliedResource.countMax - 1)) AS n
                """)
            try await store.run { connection in
                let last = try AppliedStore.record([Self.all[0]], owner: "team", by: "ann", on: connection)
                #expect(last == 1)
            }
            await #expect(throws: StoreError.self) {
                try await store.run {
                    _ = try AppliedStore.record([Self.all[1]], owner: "team", by: "ann", on: $0)
                }
            }
            let noted = try await store.run {
                try AppliedStore.list(limit: AppliedResource.countMax + 9, on: $0).count
            }
            #expect(noted == AppliedResource.countMax)
        }
    }

    @Test func `a pause is no change, nor is a limit that is as it was again`() async throws {
        try await withFixture { store in
            try await Self.fill(store)
            _ = try await store.run { try AppliedStore.record(Self.all, owner: "team", by: "ann", on: $0) }
            let found = try await store.run { try ScheduleStore.get(named: "nightly", on: $0) }
            let schedule = try #require(found)
            try await store.run { connection in
                _ = try ScheduleStore.pause(
                    schedule.id, by: "eve", reason: nil, zones: StoreFixture.zones, now: noon, on: connection)
                _ = try QueueStore.limit("prod", on: connection) { $0.concurrency = 3 }
                _ = try QueueStore.limit("prod", on: connection) { $0.concurrency = nil }
            }
            #expect(try await Self.drift(store) == [])
        }
    }

    @Test func `a queue is made once, and by its name`() async throws {
        try await withFixture { store in
            try await store.run { connection in
                try QueueStore.create("prod", on: connection)
                try QueueStore.create("prod", on: connection)
                let names = try QueueStore.list(after: "", limit: 9, on: connection).map(\.name)
                #expect(names.filter { $0 == "prod" }.count == 1)
            }
        }
    }
}

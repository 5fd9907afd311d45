import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct ApprovalTests {
    private func withTwoPersons(_ body: (StoreFixture) async throws -> Void) async throws {
        try await withFixture { store in
            _ = try await store.database.inSystem {
                try TenantStore.update("default", .init(requiresApproval: true), on: $0)
            }
            try await body(store)
        }
    }

    private func verdict(
        _ store: StoreFixture, detail: String = "all", by person: String = "ann", reason: String? = nil,
        breaksGlass: Bool = false, now: Date = noon
    ) async throws -> ApprovalStore.Verdict {
        try await store.run {
            try ApprovalStore.verdict(
                for: .init(
                    .secretDestroy, of: "db/main", detail: detail, by: person, reason: reason, breaksGlass: breaksGlass),
                now: now, on: $0)
        }
    }

    private func asked(_ store: StoreFixture, detail: String = "all", now: Date = noon) async throws -> Approval {
        guard case .waiting(let approval) = try await self.verdict(store, detail: detail, now: now) else {
            throw StoreError.unreadable("nobody was asked")
        }
        return approval
    }

    private func decide(
        _ id: Approval.ID, _ store: StoreFixture, agrees: Bool = true, by person: String = "bob", now: Date = noon
    ) async throws -> Approval {
        try await store.run {
            try ApprovalStore.decide(id, agrees: agrees, by: person, reason: nil, now: now, on: $0)
        }
    }

    @Test func `where one person is enough nobody is asked`() async throws {
        try await withFixture { store async throws in
            #expect(try await self.verdict(store) == .free)
        }
    }

    @Test func `another person agrees, and then it may be done once, by the one who asked`() async throws {
        try await self.withTwoPersons { store in
            let approval = try await self.asked(store)
            #expect(approval.status == .awaiting)
            // Asking twice is asking once.
            #expect(try await self.asked(store).id == approval.id)
            await #expect(throws: StoreError.self) { _ = try await self.decide(approval.id, store, by: "ann") }
            #expect(try await self.decide(approval.id, store).status == .approved)
            // Not by somebody else, nor anything else.
            guard case .waiting = try await self.verdict(store, by: "eve") else {
                return #expect(Bool(false), "eve did what ann may do")
            }
            guard case .approved(let used) = try await self.verdict(store) else {
                return #expect(Bool(false), "ann may not do what was approved")
            }
            #expect(used.id == approval.id && used.status == .used)
            #expect(try await self.asked(store).id != approval.id)
        }
    }

    @Test func `what was approved is what was asked for, and nothing else`() async throws {
        try await self.withTwoPersons { store in
            let approval = try await self.asked(store, detail: "version 1")
            _ = try await self.decide(approval.id, store)
            let other = try await self.asked(store, detail: "all versions")
            #expect(other.id != approval.id)
            #expect(try await store.run { try ApprovalStore.get(approval.id, on: $0) }.status == .expired)
        }
    }

    @Test func `nothing is approved after its time, nor twice, nor after it was denied`() async throws {
        try await self.withTwoPersons { store in
            let late = try await self.asked(store)
            let end = noon + Approval.secondsMax
            await #expect(throws: StoreError.self) { _ = try await self.decide(late.id, store, now: end) }
            #expect(try await self.decide(late.id, store, now: end - 1).status == .approved)
            await #expect(throws: StoreError.self) { _ = try await self.decide(late.id, store, agrees: false) }
            // The one who asked has the same time.
            #expect(try await self.asked(store, now: end - 1 + Approval.secondsMax).id != late.id)
            let denied = try await self.asked(store, detail: "other")
            #expect(try await self.decide(denied.id, store, agrees: false).status == .denied)
            await #expect(throws: StoreError.self) { _ = try await self.decide(denied.id, store) }
        }
    }

    @Test func `the glass is broken with a reason only, and it is noted`() async throws {
        try await self.withTwoPersons { store in
            for reason in [nil, ""] as [String?] {
                await #expect(throws: StoreError.self) {
                    _ = try await self.verdict(store, reason: reason, breaksGlass: true)
                }
            }
            let verdict = try await self.verdict(store, reason: "leaked", breaksGlass: true)
            #expect(verdict == .glassBroken)
            let action = try #require(try await store.actions().last)
            #expect(action.action == "secret.destroy.break_glass" && action.reason == "leaked")
            #expect(action.detail["severity"] == "alert")
        }
    }

    @Test(arguments: [true, false])
    func `a purge stands still until a second person has decided`(agrees: Bool) async throws {
        try await self.withTwoPersons { store in
            let failed = try await store.leased()
            _ = try await store.fail(failed, .business)
            let id = Operation.ID.new(at: Date())
            let created = try await store.run { connection in
                let operation = try OperationStore.create(
                    .init(
                        id: id, plan: Operation.Plan(verb: .purge), selection: .ids([failed.lease.job]), shown: [:],
                        awaitsApproval: true), by: "ann", on: connection)
                _ = try ApprovalStore.ask(
                    .init(.operationPurge, of: id.description, by: "ann", reason: nil),
                    as: Approval.ID(rawValue: id.rawValue), on: connection)
                return operation
            }
            #expect(created.status == .awaitingApproval)
            #expect(try await store.round(id) == nil)
            await #expect(throws: StoreError.self) { try await store.steer(id, .resume) }
            _ = try await store.run {
                try ApprovalStore.decide(
                    Approval.ID(rawValue: id.rawValue), agrees: agrees, by: "bob", reason: nil, on: $0)
            }
            let end = try await store.work(id)
            #expect(end.status == (agrees ? .completed : .cancelled))
            #expect(end.progress.succeeded == (agrees ? 1 : 0))
        }
    }

    @Test func `an operation that nobody agreed to in time is cancelled`() async throws {
        try await self.withTwoPersons { store in
            let failed = try await store.leased()
            _ = try await store.fail(failed, .business)
            let id = Operation.ID.new(at: Date())
            try await store.run { connection in
                _ = try OperationStore.create(
                    .init(
                        id: id, plan: Operation.Plan(verb: .purge), selection: .ids([failed.lease.job]), shown: [:],
                        awaitsApproval: true), by: "ann", on: connection)
                _ = try ApprovalStore.ask(
                    .init(.operationPurge, of: id.description, by: "ann", reason: nil),
                    as: Approval.ID(rawValue: id.rawValue), now: noon, on: connection)
            }
            let end = noon + Approval.secondsMax
            #expect(
                try await store.database.inSystem { try ApprovalStore.expire(limit: 9, now: end - 1, on: $0) } == [])
            let expired = try await store.database.inSystem { try ApprovalStore.expire(limit: 9, now: end, on: $0) }
            #expect(expired.map(\.id.rawValue) == [id.rawValue])
            for one in expired { try await store.run { try ApprovalStore.cancel(one, on: $0) } }
            #expect(try await store.operation(id).status == .cancelled)
        }
    }

    @Test func `so many wait for a second person and no more, and there is room when one was decided`() async throws {
        try await self.withTwoPersons { store in
            try await store.run { connection in
                _ = try connection.execute(
                    """
                    INSERT INTO approvals (approval_id, action, subject, detail, asked_at, asked_by, expires_at)
                    SELECT
                        gen_random_uuid(), 'secret.destroy', 'db/' || number, 'all', @now::timestamptz, 'ann',
                        @now::timestamptz + interval '1 hour'
                    FROM generate_series(1, @count::integer) AS number
                    """, ["now": .timestamp(noon), "count": .int(Approval.openMax - 1)])
            }
            let last = try await self.asked(store)
            let error = await #expect(throws: StoreError.self) { _ = try await self.verdict(store, by: "eve") }
            #expect(error?.description.contains("\(Approval.openMax) others") == true)
            _ = try await self.decide(last.id, store, agrees: false)
            guard case .waiting = try await self.verdict(store, by: "eve") else {
                return #expect(Bool(false), "there is no room")
            }
        }
    }
}

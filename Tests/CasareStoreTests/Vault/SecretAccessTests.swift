import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// A robot is given what the workflow of a job names that it holds, and nothing else.
struct SecretAccessTests {
    private static let document = """
        {"credential_bindings": {"mail": "smtp/main"}, "nodes": {"a": {"config": {
            "credential_name": "mail", "url": "{{$secret:db/prod.password}} {{$secret:db/prod@1}} {{$secret:gone}}",
            "other": "{{$secret:db/prod.port}} {{$secret:db/prod}}"
        }}}}
        """

    private func leased(_ store: StoreFixture) async throws -> LeasedJob {
        let version = try await store.run {
            try WorkflowStore.push(name: "orders", document: Self.document, by: "ann", on: $0).version
        }
        return try await store.leased(
            NewJob(workflow: store.workflow, workflowVersion: version.number, variables: [:], environment: "default"))
    }

    private func access(
        _ references: [String], _ lease: Lease, _ store: StoreFixture, now: Date? = nil
    ) async throws -> SecretAccess {
        try await store.run { try SecretStore.access(references, under: lease, by: "robot r1", now: now, on: $0) }
    }

    private func password(_ grant: SecretAccess.Grant?) async throws -> String? {
        guard case .sealed(let sealed) = grant?.value else { return nil }
        return try await sealed.opened(with: StoreFixture.keys)["password"]?.reveal { $0 }
    }

    @Test func `a job is given what its version of the workflow names`() async throws {
        try await withFixture { store in
            try await store.secret("db/prod", "one")
            try await store.put("db/prod", "two")
            try await store.secret("smtp/main", "mail")
            let job = try await self.leased(store)
            let access = try await self.access(
                ["db/prod.password", "db/prod@1", "smtp/main", "db/prod"], job.lease, store)
            #expect(access.refusals.isEmpty)
            #expect(access.grants.map(\.reference) == ["db/prod.password", "db/prod@1", "smtp/main", "db/prod"])
            #expect(access.grants.map(\.version) == [2, 1, 1, 2])
            #expect(access.grants.map(\.field) == ["password", nil, nil, nil])
            #expect(try await self.password(access.grants.first) == "two")
            #expect(try await self.password(access.grants.dropFirst().first) == "one")
        }
    }

    @Test func `what is not named, not there or not to be given is refused, each by itself`() async throws {
        try await withFixture { store in
            try await store.secret("db/prod", "one")
            try await store.secret("smtp/main")
            try await store.secret("api")
            _ = try await store.run { try SecretStore.delete("smtp/main", by: "ann", reason: nil, on: $0) }
            let job = try await self.leased(store)
            let access = try await self.access(
                ["api", "db/prod@2", "gone", "smtp/main", "db/prod.port", "Not a name", "db/prod"], job.lease, store)
            #expect(access.grants.map(\.reference) == ["db/prod"])
            let codes = Dictionary(access.refusals.map { ($0.reference, $0.code) }) { first, _ in first }
            #expect(
                codes == [
                    "api": .denied, "db/prod@2": .denied, "gone": .notFound, "smtp/main": .denied,
                    "db/prod.port": .notFound, "Not a name": .denied,
                ])
            let field = access.refusals.first { $0.reference == "db/prod.port" }
            #expect(field?.why.contains("password, username") == true)
        }
    }

    @Test func `who holds the lease no longer is given nothing`() async throws {
        try await withFixture { store in
            try await store.secret("db/prod")
            let job = try await self.leased(store)
            let other = Lease(job: job.lease.job, token: Lease.Token(rawValue: job.lease.token.rawValue + 1))
            await #expect(throws: StoreError.leaseLost(job.lease.job)) {
                _ = try await self.access(["db/prod"], other, store)
            }
            try await store.run { try LeaseStore.complete(job.lease, result: .ok(), on: $0) }
            await #expect(throws: StoreError.leaseLost(job.lease.job)) {
                _ = try await self.access(["db/prod"], job.lease, store)
            }
        }
    }

    @Test func `a job of an earlier version is given what that names`() async throws {
        try await withFixture { store in
            try await store.secret("db/prod")
            // The first version names nothing.
            let job = try await store.leased()
            let access = try await self.access(["db/prod"], job.lease, store)
            #expect(access.grants.isEmpty && access.refusals.map(\.code) == [.denied])
        }
    }

    @Test func `who was given a version is known for as long as the run goes on`() async throws {
        try await withFixture { store in
            let secret = try await store.secret("db/prod")
            let job = try await self.leased(store)
            for _ in 0..<2 { _ = try await self.access(["db/prod.password", "db/prod"], job.lease, store) }
            func consumers(_ version: Int? = nil) async throws -> [SecretConsumer] {
                try await store.run { try SecretStore.consumers(of: "db/prod", version: version, limit: 9, on: $0) }
            }
            let found = try await consumers()
            #expect(found.map(\.job) == [job.lease.job] && found.first?.workflow == "orders")
            #expect(found.first?.robot == "r1" && found.first?.version == secret.currentVersion)
            #expect(try await consumers(2).isEmpty)
            // Noted notes of runs that go on stay.
            func sweep() async throws -> SecretStore.HoldPlace? {
                try await store.database.asSystem { try SecretStore.sweepHolds(after: .start, on: $0) }
            }
            #expect(try await sweep() != nil)
            #expect(try await consumers().count == 1)
            _ = try await store.run {
                try LeaseStore.fail(
                    job.lease, failure: Failure(kind: .business, message: "no", type: "E"), result: nil, on: $0)
            }
            #expect(try await consumers().isEmpty)
            #expect(try await sweep() != nil)
            #expect(try await sweep() == nil, "nothing is left to look at")
        }
    }

    @Test func `every secret that a job is given or refused is in the audit log`() async throws {
        try await withFixture { store in
            try await store.secret("db/prod", "hunter2")
            let job = try await self.leased(store)
            _ = try await self.access(["db/prod", "api", "gone"], job.lease, store)
            let page = try await store.run { try AuditLog.list(.init(action: SecretStore.useAction), limit: 9, on: $0) }
            let outcomes = Dictionary(page.entries.map { ($0.subject ?? "", $0.outcome) }) { first, _ in first }
            #expect(outcomes == ["db/prod": .granted, "api": .denied, "gone": .failed])
            #expect(page.entries.allSatisfy { $0.actor == "robot r1" })
            #expect(page.entries.allSatisfy { $0.detail?.contains(job.lease.job.description) == true })
            #expect(page.entries.allSatisfy { $0.detail?.contains("hunter2") == false })
            let (trace, source) = try await store.run { connection in
                let row = try connection.execute(
                    """
                    SELECT encode(substr(trace, 1, 16), 'hex') AS trace_id, host(inet_client_addr()) AS source
                    FROM jobs WHERE job_id = @job
                    """, ["job": .uuid(job.lease.job.rawValue)]
                ).only()
                return (try row.string("trace_id"), try row.optionalString("source"))
            }
            #expect(page.entries.allSatisfy { $0.traceID == trace && $0.source == source })
        }
    }

    @Test func `of what a provider keeps nothing is pending, and its newest version is not given instead`() async throws
    {
        try await withFixture { store in
            let document = #"{"a": "{{$secret:crm}} {{$secret:crm@2}} {{$secret:crm@pending}}"}"#
            let version = try await store.run {
                try WorkflowStore.push(name: "orders", document: document, by: "ann", on: $0).version
            }
            try await store.run {
                _ = try SecretStore.create(
                    NewSecret(name: StoreFixture.name("crm"), kind: .apiKey, provider: ("corp", "apps/crm")),
                    sealed: nil, by: "ann", reason: nil, on: $0)
            }
            let job = try await store.leased(
                NewJob(
                    workflow: store.workflow, workflowVersion: version.number, variables: [:], environment: "default"))
            let access = try await self.access(["crm", "crm@2", "crm@pending"], job.lease, store)
            #expect(access.grants.map(\.reference) == ["crm", "crm@2"] && access.grants.map(\.version) == [0, 2])
            #expect(access.refusals.map(\.reference) == ["crm@pending"])
            #expect(access.refusals.first?.why.contains("leave @pending out") == true)
        }
    }

    @Test func `a name with a full stop counts before a field`() async throws {
        try await withFixture { store in
            try await store.secret("db/prod", "whole")
            let job = try await self.leased(store)
            try await store.secret("db/prod.password", "own")
            let access = try await self.access(["db/prod.password"], job.lease, store)
            let grant = try #require(access.grants.first)
            #expect(grant.field == nil && grant.secret.name.rawValue == "db/prod.password")
            #expect(try await self.password(grant) == "own")
        }
    }

    @Test func `of what a provider keeps nothing is given that is deleted or past its time`() async throws {
        try await withFixture { store in
            let document = #"{"a": "{{$secret:crm}}"}"#
            let version = try await store.run {
                try WorkflowStore.push(name: "orders", document: document, by: "ann", on: $0).version
            }
            try await store.run {
                _ = try SecretStore.create(
                    NewSecret(
                        name: StoreFixture.name("crm"), kind: .apiKey, expiresAt: noon + 60,
                        provider: ("corp", "apps/crm")),
                    sealed: nil, by: "ann", reason: nil, on: $0)
            }
            let job = try await store.leased(
                NewJob(
                    workflow: store.workflow, workflowVersion: version.number, variables: [:], environment: "default"))
            func refusal(now: Date) async throws -> SecretRefusal? {
                let access = try await self.access(["crm"], job.lease, store, now: now)
                #expect(access.grants.count + access.refusals.count == 1)
                return access.refusals.first
            }
            #expect(try await refusal(now: noon + 59) == nil)
            let late = try #require(try await refusal(now: noon + 60))
            #expect(late.code == .denied && late.why.contains("expired at"), "\(late.why)")
            _ = try await store.run { try SecretStore.delete("crm", by: "ann", reason: nil, on: $0) }
            let gone = try #require(try await refusal(now: noon + 59))
            #expect(gone.code == .denied && gone.why.contains("is deleted"), "\(gone.why)")
            _ = try await store.run { try SecretStore.undelete("crm", by: "ann", reason: nil, on: $0) }
            #expect(try await refusal(now: noon + 59) == nil)
        }
    }

    @Test func `who was given a version in an earlier attempt has it no more in the next one`() async throws {
        try await withFixture { store in
            try await store.secret("db/prod")
            func consumers() async throws -> [SecretConsumer] {
                try await store.run { try SecretStore.consumers(of: "db/prod", limit: 9, on: $0) }
            }
            let first = try await self.leased(store)
            _ = try await self.access(["db/prod"], first.lease, store)
            #expect(try await consumers().count == 1)
            _ = try await store.fail(first)
            _ = try await store.promote(now: Date(timeIntervalSinceNow: 60))
            let second = try #require(try await store.lease().first)
            #expect(second.lease.job == first.lease.job && second.lease.token != first.lease.token)
            #expect(try await consumers().isEmpty)
            _ = try await self.access(["db/prod"], second.lease, store)
            #expect(try await consumers().map(\.job) == [second.lease.job])
        }
    }
}

import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Rotations whose hook is a job: what that job is given, and what comes of its end.
struct SecretRotationHookTests {
    @Test func `only the job of its rotation is given what it names as pending`() async throws {
        try await withFixture { store in
            let document = #"{"a": "{{$secret:db/prod.password@pending}}", "b": "{{$secret:db/prod.password}}"}"#
            let version = try await store.run {
                try WorkflowStore.push(name: "orders", document: document, by: "ann", on: $0).version
            }
            let secret = try await store.rotatedSecret()
            func leased() async throws -> LeasedJob {
                try await store.leased(NewJob(workflow: store.workflow, workflowVersion: version.number))
            }
            let (hook, other) = (try await leased(), try await leased())
            try await store.beginRotation(of: secret, job: hook.lease.job)
            let references = ["db/prod.password@pending", "db/prod.password"]
            let given = try await store.run {
                try SecretStore.access(references, under: hook.lease, by: "robot r1", on: $0)
            }
            #expect(given.refusals.isEmpty && given.grants.map(\.version) == [2, 1])
            let refused = try await store.run {
                try SecretStore.access(references, under: other.lease, by: "robot r1", on: $0)
            }
            #expect(refused.refusals.map(\.reference) == ["db/prod.password@pending"])
            #expect(refused.grants.map(\.version) == [1])
        }
    }

    @Test func `a version waits for one job`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            let (hook, other) = (try await store.submit(store.job()), try await store.submit(store.job()))
            try await store.beginRotation(of: secret, job: hook)
            try await store.run { connection throws in
                #expect(try SecretRotationStore.pendingVersion(of: secret.id, for: hook, on: connection) == 2)
                #expect(try SecretRotationStore.pendingVersion(of: secret.id, for: other, on: connection) == nil)
            }
        }
    }

    @Test func `a job that has completed promotes, and nothing happens before`() async throws {
        try await withFixture { store in
            let secret = try await store.rotatedSecret()
            let job = try await store.leased()
            try await store.beginRotation(of: secret, job: job.lease.job, lasting: .seconds(600))
            let first = noon.addingTimeInterval(5)
            #expect(try await store.look(at: secret, now: first) == .goesOn)
            #expect(try await store.look(at: secret, now: first) == .nothing)
            try await store.run { try LeaseStore.complete(job.lease, result: .ok(), on: $0) }
            let look = try await store.look(at: secret, now: first.addingTimeInterval(5))
            guard case .promoted(_, version: 2) = look else {
                Issue.record("\(look)")
                return
            }
            #expect(try await store.rotatedVersion() == 2)
            let actions = try await store.run { try ControlLog.list(of: StoreFixture.rotatedName, limit: 1, on: $0) }
            #expect(actions.map(\.action) == ["secret.rotated"] && actions.map(\.actor) == ["casare"])
        }
    }

    @Test func `a job that ends otherwise takes the version back, and it is tried again in an hour`() async throws {
        try await withFixture { store in
            let policy = RotationPolicy(everySeconds: 3600, hook: "orders", generate: .uuid)
            let secret = try await store.rotatedSecret(policy)
            let job = try await store.submit(store.job())
            try await store.beginRotation(of: secret, job: job, at: noon.addingTimeInterval(3600))
            try await store.run { _ = try JobStore.cancel(job, by: "ann", reason: nil, on: $0) }
            let ended = noon.addingTimeInterval(3605)
            let look = try await store.look(at: secret, now: ended)
            guard case .failed(_, version: 2, let why) = look else {
                Issue.record("\(look)")
                return
            }
            #expect(why.contains("cancelled"))
            #expect(try await store.rotatedStates() == [.destroyed, .live])
            #expect(try await store.look(at: secret, now: ended.addingTimeInterval(3599)) == .nothing)
            let again = try await store.look(at: secret, now: ended.addingTimeInterval(3600))
            guard case .attempt = again else {
                Issue.record("\(again)")
                return
            }
        }
    }
}

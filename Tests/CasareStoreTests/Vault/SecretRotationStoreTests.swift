import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Rotations in the database, by a clock that tests state.
struct SecretRotationStoreTests {
    private static let name = "db/prod"

    private static func sealed(_ version: Int, _ value: String, in store: StoreFixture) async throws -> SealedSecret {
        try await SealedSecret(
            sealing: StoreFixture.password(value), of: StoreFixture.name(self.name), version: version,
            in: store.tenant, with: StoreFixture.keys)
    }

    private static func create(_ policy: RotationPolicy? = nil, in store: StoreFixture) async throws -> Secret {
        try await store.secret(self.name, "one", rotation: policy, now: noon)
    }

    /// A rotation whose version 2 waits.
    private static func begin(
        _ secret: Secret, job: Job.ID? = nil, at now: Date = noon, lasting: Duration = .seconds(60),
        in store: StoreFixture
    ) async throws {
        let sealed = try await self.sealed(2, "two", in: store)
        try await store.run { connection throws in
            try SecretRotationStore.begin(
                2, of: secret, overlap: .seconds(100), job: job, lasting: lasting, by: "ann", now: now, on: connection)
            _ = try SecretStore.put(
                sealed, as: .init(isPending: true), by: "ann", reason: nil, now: now, on: connection)
        }
    }

    private static func states(in store: StoreFixture, at now: Date = noon) async throws -> [SecretVersion.Kind] {
        try await store.run { try SecretStore.versions(of: self.name, now: now, on: $0) }.map(\.state.kind)
    }

    private static func current(in store: StoreFixture) async throws -> Int {
        try await store.run { try SecretStore.get(self.name, on: $0) }.currentVersion
    }

    private static func look(
        _ secret: Secret, at now: Date, in store: StoreFixture
    ) async throws -> SecretRotationStore.Look {
        try await store.run { try SecretRotationStore.look(at: secret.id, now: now, on: $0) }
    }

    // MARK: - By hand

    @Test func `a version that waits is current when it is promoted, and the one before counts for a time`()
        async throws
    {
        try await withFixture { store in
            let secret = try await Self.create(in: store)
            try await Self.begin(secret, in: store)
            #expect(try await Self.current(in: store) == 1)
            #expect(try await Self.states(in: store) == [.pending, .live])
            let promoted = try await store.run {
                try SecretRotationStore.promote(Self.name, version: 2, by: "ann", reason: nil, now: noon, on: $0)
            }
            #expect(promoted.currentVersion == 2)
            #expect(try await Self.states(in: store, at: noon.addingTimeInterval(99)) == [.live, .overlapping])
            #expect(try await Self.states(in: store, at: noon.addingTimeInterval(100)) == [.live, .superseded])
            let left = try await store.run { try SecretRotationStore.get(secret.id, on: $0) }
            #expect(left == nil)
        }
    }

    @Test func `a version that waits is destroyed when it is discarded, and the one before stays`() async throws {
        try await withFixture { store in
            let secret = try await Self.create(in: store)
            try await Self.begin(secret, in: store)
            let kept = try await store.run {
                try SecretRotationStore.discard(
                    Self.name, version: nil, by: "ann", reason: nil, now: noon, on: $0)
            }
            #expect(kept.currentVersion == 1)
            #expect(try await Self.states(in: store) == [.destroyed, .live])
        }
    }

    @Test func `while one is under way no other begins, and the error says who began it`() async throws {
        try await withFixture { store in
            let secret = try await Self.create(in: store)
            try await Self.begin(secret, in: store)
            let error = await #expect(throws: StoreError.self) {
                try await store.run {
                    try SecretRotationStore.begin(
                        3, of: secret, overlap: .zero, lasting: .seconds(60), by: "bob", now: noon, on: $0)
                }
            }
            #expect(error?.description.contains("by ann") == true)
        }
    }

    @Test func `it does not come in the place of a version that was put meanwhile`() async throws {
        try await withFixture { store in
            let secret = try await Self.create(in: store)
            try await Self.begin(secret, in: store)
            let third = try await Self.sealed(3, "three", in: store)
            _ = try await store.run {
                try SecretStore.put(third, by: "bob", reason: nil, now: noon, on: $0)
            }
            await #expect(throws: StoreError.self) {
                try await store.run {
                    try SecretRotationStore.promote(
                        Self.name, version: 2, by: "ann", reason: nil, now: noon, on: $0)
                }
            }
            #expect(try await Self.current(in: store) == 3)
        }
    }

    @Test(arguments: [1, 3])
    func `only the version that waits is promoted or discarded`(version: Int) async throws {
        try await withFixture { store in
            let secret = try await Self.create(in: store)
            try await Self.begin(secret, in: store)
            await #expect(throws: StoreError.self) {
                try await store.run {
                    try SecretRotationStore.promote(
                        Self.name, version: version, by: "ann", reason: nil, now: noon, on: $0)
                }
            }
            await #expect(throws: StoreError.self) {
                try await store.run {
                    try SecretRotationStore.discard(
                        Self.name, version: version, by: "ann", reason: nil, now: noon, on: $0)
                }
            }
            #expect(try await Self.states(in: store) == [.pending, .live])
        }
    }

    @Test(arguments: [(59.0, false), (60.0, true)])
    func `what nobody ends is taken back when its time is over`(seconds: Double, isOver: Bool) async throws {
        try await withFixture { store in
            let secret = try await Self.create(in: store)
            try await Self.begin(secret, in: store)
            let now = noon.addingTimeInterval(seconds)
            let places = try await store.database.asSystem {
                try SecretRotationStore.toLookAt(limit: 10, now: now, on: $0)
            }
            #expect(places == (isOver ? [.init(tenant: store.tenant, secret: secret.id)] : []))
            let look = try await Self.look(secret, at: now, in: store)
            if isOver {
                guard case .failed(_, version: 2, why: _) = look else {
                    Issue.record("\(look)")
                    return
                }
            } else {
                #expect(look == .nothing)
            }
            #expect(try await Self.states(in: store) == (isOver ? [.destroyed, .live] : [.pending, .live]))
            #expect(try await Self.current(in: store) == 1)
        }
    }

    @Test func `one whose version somebody has promoted by its number is forgotten`() async throws {
        try await withFixture { store in
            let secret = try await Self.create(in: store)
            try await Self.begin(secret, in: store)
            _ = try await store.run {
                try SecretStore.promote(
                    Self.name, version: 2, overlap: nil, by: "bob", reason: nil, now: noon, on: $0)
            }
            _ = try await Self.look(secret, at: noon.addingTimeInterval(60), in: store)
            #expect(try await Self.current(in: store) == 2)
            let left = try await store.run { try SecretRotationStore.get(secret.id, on: $0) }
            #expect(left == nil)
        }
    }

    // MARK: - A job as the hook

    @Test func `only the job of its rotation is given what it names as pending`() async throws {
        try await withFixture { store in
            let document = #"{"a": "{{$secret:db/prod.password@pending}}", "b": "{{$secret:db/prod.password}}"}"#
            let version = try await store.run {
                try WorkflowStore.push(name: "orders", document: document, by: "ann", on: $0).version
            }
            let secret = try await Self.create(in: store)
            func leased() async throws -> LeasedJob {
                try await store.leased(NewJob(workflow: store.workflow, workflowVersion: version.number))
            }
            let (hook, other) = (try await leased(), try await leased())
            try await Self.begin(secret, job: hook.lease.job, in: store)
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
            let secret = try await Self.create(in: store)
            let (hook, other) = (try await store.submit(store.job()), try await store.submit(store.job()))
            try await Self.begin(secret, job: hook, in: store)
            try await store.run { connection throws in
                #expect(try SecretRotationStore.pendingVersion(of: secret.id, for: hook, on: connection) == 2)
                #expect(try SecretRotationStore.pendingVersion(of: secret.id, for: other, on: connection) == nil)
            }
        }
    }

    @Test func `a job that has completed promotes, and nothing happens before`() async throws {
        try await withFixture { store in
            let secret = try await Self.create(in: store)
            let job = try await store.leased()
            try await Self.begin(secret, job: job.lease.job, lasting: .seconds(600), in: store)
            let first = noon.addingTimeInterval(5)
            #expect(try await Self.look(secret, at: first, in: store) == .goesOn)
            #expect(try await Self.look(secret, at: first, in: store) == .nothing)
            try await store.run { try LeaseStore.complete(job.lease, result: .ok(), on: $0) }
            let look = try await Self.look(secret, at: first.addingTimeInterval(5), in: store)
            guard case .promoted(_, version: 2) = look else {
                Issue.record("\(look)")
                return
            }
            #expect(try await Self.current(in: store) == 2)
            let actions = try await store.run { try ControlLog.list(of: Self.name, limit: 1, on: $0) }
            #expect(actions.map(\.action) == ["secret.rotated"] && actions.map(\.actor) == ["casare"])
        }
    }

    @Test func `a job that ends otherwise takes the version back, and it is tried again in an hour`() async throws {
        try await withFixture { store in
            let policy = RotationPolicy(everySeconds: 3600, hook: "orders", generate: .uuid)
            let secret = try await Self.create(policy, in: store)
            let job = try await store.submit(store.job())
            try await Self.begin(secret, job: job, at: noon.addingTimeInterval(3600), in: store)
            try await store.run { _ = try JobStore.cancel(job, by: "ann", reason: nil, on: $0) }
            let ended = noon.addingTimeInterval(3605)
            let look = try await Self.look(secret, at: ended, in: store)
            guard case .failed(_, version: 2, let why) = look else {
                Issue.record("\(look)")
                return
            }
            #expect(why.contains("cancelled"))
            #expect(try await Self.states(in: store) == [.destroyed, .live])
            #expect(try await Self.look(secret, at: ended.addingTimeInterval(3599), in: store) == .nothing)
            let again = try await Self.look(secret, at: ended.addingTimeInterval(3600), in: store)
            guard case .attempt = again else {
                Issue.record("\(again)")
                return
            }
        }
    }

    @Test func `one that waits is forgotten when the secret has got a new value`() async throws {
        try await withFixture { store in
            let policy = RotationPolicy(everySeconds: 3600, hook: "orders", generate: .uuid)
            let secret = try await Self.create(policy, in: store)
            try await store.run {
                try SecretRotationStore.noteFailure(
                    of: secret, why: "it is so", now: noon.addingTimeInterval(3600), on: $0)
            }
            let second = try await Self.sealed(2, "two", in: store)
            let later = noon.addingTimeInterval(7000)
            _ = try await store.run { try SecretStore.put(second, by: "bob", reason: nil, now: later, on: $0) }
            #expect(try await Self.look(secret, at: noon.addingTimeInterval(7200), in: store) == .nothing)
            let places = try await store.database.asSystem {
                try SecretRotationStore.toLookAt(limit: 10, now: .distantFuture, on: $0)
            }
            #expect(places.isEmpty)
        }
    }

    @Test(arguments: [nil, "orders"])
    func `a policy has its turn after a version that waited meanwhile has come to nothing`(
        hook: String?
    ) async throws {
        try await withFixture { store in
            let policy = RotationPolicy(everySeconds: 3600, hook: hook, generate: .uuid)
            let secret = try await Self.create(policy, in: store)
            // Somebody rotates it by hand when its time comes: it is told of, and left alone.
            try await Self.begin(secret, at: noon.addingTimeInterval(3590), lasting: .seconds(600), in: store)
            let due = noon.addingTimeInterval(3600)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: due, on: $0) }
            #expect(try await Self.look(secret, at: due, in: store) == .nothing)
            let discarded = noon.addingTimeInterval(3700)
            _ = try await store.run {
                try SecretRotationStore.discard(
                    Self.name, version: 2, by: "ann", reason: nil, now: discarded, on: $0)
            }
            let early = try await Self.look(secret, at: discarded.addingTimeInterval(3599), in: store)
            #expect(early == .nothing)
            let look = try await Self.look(secret, at: discarded.addingTimeInterval(3600), in: store)
            if hook == nil {
                #expect(look == .nothing)
            } else {
                guard case .attempt(let found) = look else {
                    Issue.record("\(look)")
                    return
                }
                #expect(found.id == secret.id)
            }
        }
    }

    @Test func `a secret that a provider keeps has no policy of rotation`() async throws {
        try await withFixture { store in
            func create(_ rotation: RotationPolicy?) async throws -> Secret {
                try await store.run {
                    try SecretStore.create(
                        NewSecret(
                            name: StoreFixture.name("crm"), kind: .apiKey, rotation: rotation,
                            provider: ("corp", "apps/crm")), sealed: nil, by: "ann", reason: nil, on: $0)
                }
            }
            let policy = RotationPolicy(everySeconds: 3600)
            let refused = await #expect(throws: StoreError.self) { _ = try await create(policy) }
            #expect(refused?.description.contains("rotated there") == true)
            _ = try await create(nil)
            await #expect(throws: StoreError.self) {
                try await store.run {
                    _ = try SecretStore.update("crm", by: "ann", on: $0) { $0.rotation = policy }
                }
            }
        }
    }

    // MARK: - Age

    @Test(arguments: [(3599.0, false), (3600.0, true)])
    func `a secret is told of once when it is as old as its policy allows`(seconds: Double, isDue: Bool) async throws {
        try await withFixture { store in
            let secret = try await Self.create(RotationPolicy(everySeconds: 3600), in: store)
            let now = noon.addingTimeInterval(seconds)
            let due = try await store.database.asSystem {
                try SecretRotationStore.overdue(limit: 10, now: now, on: $0)
            }
            #expect(due.map(\.secret) == (isDue ? [secret.id] : []))
            let noted = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: now, on: $0) }
            #expect((noted != nil) == isDue)
            let again = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: now, on: $0) }
            #expect(again == nil)
            let told = try await store.run { try ControlLog.list(of: Self.name, limit: 10, on: $0) }
            #expect(told.count { $0.action == "secret.rotation_due" } == (isDue ? 1 : 0))
            let rest = try await store.database.asSystem {
                try SecretRotationStore.overdue(limit: 10, now: now, on: $0)
            }
            #expect(rest.isEmpty)
        }
    }

    @Test(arguments: [nil, "orders"])
    func `one that is due is tried at once where its policy says how`(hook: String?) async throws {
        try await withFixture { store in
            let policy = RotationPolicy(everySeconds: 3600, hook: hook, generate: .uuid)
            let secret = try await Self.create(policy, in: store)
            let now = noon.addingTimeInterval(3600)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: now, on: $0) }
            let look = try await Self.look(secret, at: now, in: store)
            if hook == nil {
                #expect(look == .nothing)
            } else {
                guard case .attempt(let found) = look else {
                    Issue.record("\(look)")
                    return
                }
                #expect(found.id == secret.id)
            }
        }
    }

    @Test func `a new version begins its age anew, and it is told of again`() async throws {
        try await withFixture { store in
            let secret = try await Self.create(RotationPolicy(everySeconds: 3600), in: store)
            let first = noon.addingTimeInterval(3600)
            _ = try await store.run { try SecretRotationStore.noteOverdue(secret.id, now: first, on: $0) }
            let second = try await Self.sealed(2, "two", in: store)
            _ = try await store.run { try SecretStore.put(second, by: "ann", reason: nil, now: first, on: $0) }
            for (seconds, isDue) in [(3599.0, false), (3600, true)] {
                let noted = try await store.run {
                    try SecretRotationStore.noteOverdue(
                        secret.id, now: first.addingTimeInterval(seconds), on: $0)
                }
                #expect((noted != nil) == isDue)
            }
        }
    }

    @Test func `metrics tell the age of those that have a policy`() async throws {
        try await withFixture { store in
            _ = try await Self.create(RotationPolicy(everySeconds: 7200), in: store)
            let ages = try await store.database.asSystem { try SecretRotationStore.ages(on: $0) }
            #expect(
                ages == [
                    .init(
                        name: Self.name, provider: "casare", rotatedSeconds: noon.timeIntervalSince1970,
                        limitSeconds: 7200)
                ])
        }
    }

    @Test func `no tenant sees or ends another's rotation`() async throws {
        try await withFixture { store in
            let secret = try await Self.create(in: store)
            try await Self.begin(secret, in: store)
            try await store.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (77, 'other')")
            let seen = try await store.database.asTenant(Tenant.ID(rawValue: 77)) {
                try SecretRotationStore.get(secret.id, on: $0)
            }
            #expect(seen == nil)
            await #expect(throws: StoreError.self) {
                try await store.database.asTenant(Tenant.ID(rawValue: 77)) {
                    try SecretRotationStore.discard(
                        secret.id.description, version: nil, by: "x", reason: nil, on: $0)
                }
            }
        }
    }
}

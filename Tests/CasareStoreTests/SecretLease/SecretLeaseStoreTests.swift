import CasareDomain
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Credentials that providers made, where several processes look after them.
struct SecretLeaseStoreTests {
    private static func claim(_ store: StoreFixture, at now: Date) async throws -> [SecretLeaseStore.Due] {
        try await store.database.asSystem { try SecretLeaseStore.claim(now: now, on: $0) }
    }

    @Test func `what a process says of credentials changes nothing once another one has claimed them`() async throws {
        try await withFixture { store in
            let lease = try await store.leased(now: noon).lease
            let new = NewSecretLease(
                id: .new(at: noon), secret: "db", provider: "corp", path: "database/creds/x", providerLease: "x/1",
                accessor: nil, attempt: lease, life: .seconds(600), tokenLife: nil, isRenewable: true)
            let isKept = try await store.run { try SecretLeaseStore.insert(new, now: noon, on: $0) }
            #expect(isKept)
            let first = noon + SecretLease.lookSeconds
            let slow = try #require(try await Self.claim(store, at: first).first)
            let second = first + SecretLeaseStore.claimSeconds
            #expect(try await Self.claim(store, at: second - 1).isEmpty)
            let next = try #require(try await Self.claim(store, at: second).first)

            let counted = try await store.database.asSystem { connection -> [Bool] in
                try SecretLeaseStore.wait([(due: slow, until: noon + 3600)], on: connection)
                return [
                    try SecretLeaseStore.renewed(
                        slow, life: .seconds(9000), tokenLife: nil, problem: nil, now: second, on: connection),
                    try SecretLeaseStore.failed(slow, why: "it is away", on: connection),
                    try SecretLeaseStore.end(slow, as: .lost, now: second, on: connection),
                ]
            }
            #expect(counted == [false, false, false])
            let kept = try await store.run { try SecretLeaseStore.list(of: lease.job, on: $0) }
            #expect(kept.map(\.lease) == [next.lease] && kept.first?.outcome == nil && kept.first?.error == nil)

            // It is due again when the second one's time is over, and not when the first one said.
            let third = second + SecretLeaseStore.claimSeconds
            let last = try #require(try await Self.claim(store, at: third).first)
            let hasEnded = try await store.database.asSystem {
                try SecretLeaseStore.end(last, as: .revoked, now: third, on: $0)
            }
            #expect(hasEnded)
            let ended = try await store.run { try SecretLeaseStore.list(of: lease.job, on: $0) }
            #expect(ended.map(\.outcome) == [.revoked])
        }
    }
}

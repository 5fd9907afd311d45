import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Which certificates of robots count.
struct CertificateStoreTests {
    @Test func `who shows a certificate is its robot, until it ends`() async throws {
        try await withFixture { store in
            let authority = try await store.authority()
            let certificate = try await store.certificate("1", by: authority)
            let bearer = try #require(try await store.bearer("1", now: noon + 3599))
            #expect(bearer.kind == .certificate && bearer.robot == StoreFixture.robot && bearer.name == "robot:r1")
            #expect(bearer.tenant == store.tenant && bearer.may(.robotProtocol) && !bearer.may(.robotRead))
            #expect(try await store.bearer("1", now: noon + 3600) == nil)
            #expect(try await store.bearer("2") == nil)
            let all = try await store.run { try CertificateStore.list(limit: 9, on: $0) }
            #expect(all == [certificate])
        }
    }

    @Test func `a certificate goes with all that it was renewed with, and with nothing else`() async throws {
        try await withFixture { store in
            let authority = try await store.authority()
            let first = try await store.certificate("1", by: authority)
            let second = try await store.certificate("2", by: authority, renewing: first, now: noon + 1)
            _ = try await store.certificate("3", by: authority, renewing: second, now: noon + 2)
            _ = try await store.certificate("4", by: authority, now: noon + 3)
            let revoked = try await store.run {
                try CertificateStore.revoke(
                    second.serial, of: StoreFixture.robot, by: "ann", why: "stolen", now: noon + 9, on: $0)
            }
            #expect(revoked.revokedAt == noon + 9 && revoked.revokedBy == "ann" && revoked.revokedWhy == "stolen")
            let counting = try await store.counting("1234", now: noon + 10)
            #expect(counting == "14")
            // Again changes nothing.
            let again = try await store.run {
                try CertificateStore.revoke(
                    second.serial, of: StoreFixture.robot, by: "bob", why: nil, now: noon + 20, on: $0)
            }
            #expect(again == revoked)
        }
    }

    @Test func `a certificate of another robot cannot be revoked by its number`() async throws {
        try await withFixture { store in
            let authority = try await store.authority()
            let certificate = try await store.certificate("1", by: authority)
            let other = try #require(Robot.ID(rawValue: "r2"))
            await #expect(throws: StoreError.self) {
                try await store.run {
                    _ = try CertificateStore.revoke(certificate.serial, of: other, by: "eve", why: nil, on: $0)
                }
            }
            #expect(try await store.bearer("1") != nil)
        }
    }

    @Test func `only what counts is held for a renewal`() async throws {
        try await withFixture { store in
            let authority = try await store.authority()
            let certificate = try await store.certificate("1", by: authority)
            let other = try #require(Robot.ID(rawValue: "r2"))
            func held(_ robot: Robot.ID, now: Date) async throws -> RobotCertificate? {
                try await store.run {
                    try CertificateStore.hold(fingerprint: certificate.fingerprint, of: robot, now: now, on: $0)
                }
            }
            #expect(try await held(StoreFixture.robot, now: noon) == certificate)
            #expect(try await held(other, now: noon) == nil)
            #expect(try await held(StoreFixture.robot, now: noon + 3600) == nil)
            _ = try await store.run {
                try CertificateStore.revoke(
                    certificate.serial, of: StoreFixture.robot, by: "ann", why: nil, now: noon, on: $0)
            }
            #expect(try await held(StoreFixture.robot, now: noon) == nil)
        }
    }

    @Test func `a robot that is forgotten takes its certificates along, also when it comes back`() async throws {
        try await withFixture { store in
            let authority = try await store.authority()
            let robot = try #require(Robot.ID(rawValue: "r2"))
            func register() async throws {
                _ = try await store.run {
                    try RobotStore.register(
                        robot, environment: "default", tags: [], capabilities: [], slots: 1, on: $0)
                }
            }
            try await register()
            try await store.certificate("1", by: authority, of: robot, lasting: 86_400, now: Date())
            let before = try await store.bearer("1", now: Date())
            #expect(before?.robot == robot)
            _ = try await store.run { try RobotStore.remove(robot, by: "ann", on: $0) }
            #expect(try await store.bearer("1", now: Date()) == nil)
            try await register()
            #expect(try await store.bearer("1", now: Date()) == nil)
        }
    }

    @Test func `certificates are listed by robot and in pages, newest first`() async throws {
        try await withFixture { store in
            let authority = try await store.authority()
            let other = try #require(Robot.ID(rawValue: "r2"))
            var all: [RobotCertificate] = []
            for (index, digit) in "12345".enumerated() {
                let robot = index == 2 ? other : StoreFixture.robot
                all.append(
                    try await store.certificate(digit, by: authority, of: robot, now: noon + Double(index)))
            }
            let newest = Array(all.reversed())
            let page = try await store.run { try CertificateStore.list(limit: 2, on: $0) }
            #expect(page == Array(newest[..<2]))
            let rest = try await store.run { try CertificateStore.list(before: page[1].id, limit: 9, on: $0) }
            #expect(rest == Array(newest[2...]))
            let own = try await store.run { try CertificateStore.list(of: StoreFixture.robot, limit: 9, on: $0) }
            #expect(own == newest.filter { $0.robot == StoreFixture.robot })
        }
    }

    @Test func `what ended long ago is forgotten, and nothing else`() async throws {
        try await withFixture { store in
            let authority = try await store.authority()
            try await store.certificate("1", by: authority)
            try await store.certificate("2", by: authority, lasting: 7200)
            let kept = RobotCertificate.keptFor / .seconds(1)
            try await store.database.asSystem { connection in
                try CertificateStore.clean(limit: 9, now: noon + 3600 + kept + 1, on: connection)
            }
            let left = try await store.run { try CertificateStore.list(limit: 9, on: $0) }
            #expect(left.map(\.fingerprint) == [String(repeating: "2", count: 64)])
        }
    }
}

extension StoreFixture {
    /// Those of several certificates that count.
    func counting(_ digits: String, now: Date) async throws -> String {
        var counting = ""
        for digit in digits {
            if try await self.bearer(digit, now: now) != nil { counting.append(digit) }
        }
        return counting
    }
}

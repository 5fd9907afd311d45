import CasareDomain
import FoundationEssentials
import Testing

struct SecretLeaseTests {
    private static let begun = Date(timeIntervalSince1970: 1_800_000_000)

    private static func lease(
        life: Double = 60, token: Double? = nil, isRenewable: Bool = true, failures: Int = 0
    ) -> SecretLease {
        SecretLease(
            id: .new(at: self.begun), secret: "db", provider: "corp", path: "database/creds/readonly",
            attempt: Lease(job: .new(at: self.begun), token: Lease.Token(rawValue: 7)),
            expiresAt: self.begun.addingTimeInterval(life),
            tokenExpiresAt: token.map { self.begun.addingTimeInterval($0) },
            renewedAt: self.begun, isRenewable: isRenewable, failures: failures)
    }

    private static func at(_ seconds: Double) -> Date { self.begun.addingTimeInterval(seconds) }

    @Test(arguments: [0.0, 39, 40, 59, 60, 61])
    func `what is held is renewed from two thirds of its life on until its end`(second: Double) {
        let action = Self.lease().action(isHeld: true, at: Self.at(second))
        switch second {
        case ..<40: #expect(action == .wait(until: Self.at(min(second + SecretLease.lookSeconds, 40))))
        case ..<60: #expect(action == .renew)
        default: #expect(action == .end(.expired))
        }
    }

    @Test(arguments: [0.0, 59, 60])
    func `what nobody holds is given back, unless it has ended by itself`(second: Double) {
        let action = Self.lease().action(isHeld: false, at: Self.at(second))
        #expect(action == (second < 60 ? .revoke : .end(.expired)))
    }

    @Test func `the shorter life counts: of the credentials, or of the token that made them`() {
        #expect(Self.lease(token: 30).action(isHeld: true, at: Self.at(20)) == .renew)
        #expect(Self.lease(token: 30).action(isHeld: true, at: Self.at(30)) == .end(.expired))
        #expect(Self.lease(token: 300).action(isHeld: true, at: Self.at(39)) == .wait(until: Self.at(40)))
    }

    @Test func `what cannot be renewed is only looked at`() {
        let lease = Self.lease(isRenewable: false)
        #expect(lease.action(isHeld: true, at: Self.at(50)) == .wait(until: Self.at(55)))
        #expect(lease.action(isHeld: true, at: Self.at(58)) == .wait(until: Self.at(60)))
        #expect(lease.action(isHeld: false, at: Self.at(50)) == .revoke)
    }

    @Test func `tries follow each other more slowly, and yet often before the end`() {
        #expect(Self.lease(life: 3600).retryAt(after: Self.at(0)) == Self.at(1))
        #expect(Self.lease(life: 3600, failures: 3).retryAt(after: Self.at(0)) == Self.at(8))
        #expect(Self.lease(life: 3600, failures: 60).retryAt(after: Self.at(0)) == Self.at(120))
        #expect(Self.lease(life: 60, failures: 60).retryAt(after: Self.at(40)) == Self.at(42))
        #expect(Self.lease(life: 60, failures: 60).retryAt(after: Self.at(59)) == Self.at(60))
    }
}

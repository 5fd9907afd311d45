import CasareDomain
import FoundationEssentials
import Testing

struct ApprovalRuleTests {
    private static let asked = Date(timeIntervalSince1970: 1_767_268_800)

    private func approval(_ status: Approval.Status) -> Approval {
        Approval(
            id: .new(at: Self.asked), action: .secretDestroy, subject: "db/main", status: status, reason: nil,
            askedAt: Self.asked, askedBy: "ann", expiresAt: Self.asked + Approval.secondsMax, decidedAt: nil,
            decidedBy: nil, decisionReason: nil)
    }

    @Test func `another person decides while it waits, and its time is not over`() {
        let approval = self.approval(.awaiting)
        let end = Self.asked + Approval.secondsMax
        #expect(approval.refusal(of: "bob", at: end - 1) == nil)
        #expect(approval.refusal(of: "bob", at: end) != nil)
        #expect(approval.refusal(of: "ann", at: Self.asked)?.contains("another person") == true)
    }

    @Test(arguments: Approval.Status.allCases.filter { $0 != .awaiting })
    func `nobody decides twice`(status: Approval.Status) {
        #expect(self.approval(status).refusal(of: "bob", at: Self.asked) != nil)
    }
}

struct QuotaRuleTests {
    @Test func `a preset bounds everything, or nothing`() {
        for tier in TenantTier.allCases {
            let bounded = Quota.allCases.filter { tier.quotas[$0] != nil }
            #expect(bounded == (tier == .unlimited ? [] : Quota.allCases))
        }
    }

    @Test(arguments: Quota.allCases)
    func `a quota that is used up says which one, how much there is, and how to make room`(quota: Quota) {
        let text = QuotaExceeded(quota, limit: 7, used: 6, asked: 2).description
        #expect(text.contains(quota.rawValue) && text.contains("6 ") && text.contains("7 "))
        #expect(text.hasSuffix(quota.advice))
    }

    @Test func `a tenant that is being taken away does not come back`() {
        #expect(Tenant.Status.allCases.filter(\.mayResume) == [.active, .suspended, .deleting])
        #expect(Tenant.Status.allCases.filter(\.isServed) == [.active])
    }
}

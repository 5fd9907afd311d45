import Testing

@testable import CasareProviders

struct VaultTokenTests {
    private static let begun = ContinuousClock.now

    private static func token(life: Duration?, isRenewable: Bool = true) -> VaultToken {
        VaultToken(text: "t", accessor: nil, begunAt: self.begun, life: life, isRenewable: isRenewable)
    }

    @Test(arguments: [0, 39, 40, 54, 55, 60])
    func `a token is renewed from two thirds of its life on, and replaced shortly before its end`(second: Int) {
        let use = Self.token(life: .seconds(60)).use(at: Self.begun + .seconds(second))
        switch second {
        case ..<40: #expect(use == .asItIs)
        case ..<55: #expect(use == .renewed)
        default: #expect(use == .replaced)
        }
    }

    @Test func `one that cannot be renewed is used until it is replaced`() {
        let token = Self.token(life: .seconds(60), isRenewable: false)
        #expect(token.use(at: Self.begun + .seconds(54)) == .asItIs)
        #expect(token.use(at: Self.begun + .seconds(55)) == .replaced)
    }

    @Test func `one without an end is used as it is`() {
        #expect(Self.token(life: nil).use(at: Self.begun + .seconds(1_000_000)) == .asItIs)
        #expect(Self.token(life: nil).lifeLeft(at: Self.begun) == nil)
    }

    @Test func `of a short life a tenth is not trusted`() {
        let token = Self.token(life: .seconds(10), isRenewable: false)
        #expect(token.use(at: Self.begun + .milliseconds(8900)) == .asItIs)
        #expect(token.use(at: Self.begun + .seconds(9)) == .replaced)
        #expect(token.lifeLeft(at: Self.begun + .seconds(9)) == .seconds(1))
        #expect(token.lifeLeft(at: Self.begun + .seconds(11)) == .zero)
    }

    @Test func `it is never printed`() {
        let token = VaultToken(text: "hvs.abc", accessor: "acc", begunAt: Self.begun, life: nil, isRenewable: false)
        #expect(!"\(token)".contains("hvs") && !String(reflecting: token).contains("hvs"))
    }
}

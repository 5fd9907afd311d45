import CasareDomain
import Testing

struct SafetyPolicyTests {
    @Test(arguments: SafetyPolicy.Switch.allCases, [true, false])
    func `what a tenant leaves open is as the robot is set`(name: SafetyPolicy.Switch, own: Bool) {
        for isTighteningOnly in [false, true] {
            #expect(SafetyPolicy().effective(name, own: own, isTighteningOnly: isTighteningOnly) == own)
        }
    }

    @Test(arguments: [SafetyPolicy.Switch.pathRules, .commandRules, .urlRules, .nodeOverrides], [true, false])
    func `what a tenant says counts for more than what the robot is set to`(name: SafetyPolicy.Switch, wanted: Bool) {
        let policy = SafetyPolicy([name: wanted])
        #expect(policy.effective(name, own: !wanted, isTighteningOnly: false) == wanted)
        #expect(policy.effective(name, own: wanted, isTighteningOnly: false) == wanted)
    }

    @Test(arguments: SafetyPolicy.Switch.allCases)
    func `a robot that refuses to be loosened takes only what is stricter`(name: SafetyPolicy.Switch) {
        let strict = name.isRule
        let loosening = SafetyPolicy([name: !strict])
        #expect(loosening.effective(name, own: strict, isTighteningOnly: true) == strict)
        #expect(loosening.effective(name, own: !strict, isTighteningOnly: true) == !strict)
        let tightening = SafetyPolicy([name: strict])
        #expect(tightening.effective(name, own: !strict, isTighteningOnly: true) == strict)
        #expect(tightening.effective(name, own: strict, isTighteningOnly: true) == strict)
    }

    @Test(arguments: [true, false])
    func `a robot that runs no scripts runs none for any tenant`(isTighteningOnly: Bool) {
        let policy = SafetyPolicy([.scripts: true])
        #expect(!policy.effective(.scripts, own: false, isTighteningOnly: isTighteningOnly))
        #expect(policy.effective(.scripts, own: true, isTighteningOnly: isTighteningOnly))
        #expect(!SafetyPolicy([.scripts: false]).effective(.scripts, own: true, isTighteningOnly: isTighteningOnly))
    }
}

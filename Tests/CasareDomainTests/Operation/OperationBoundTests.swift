import CasareDomain
import Testing

/// What a plan may say at the most, and at the least.
struct OperationBoundTests {
    private static func fault(_ plan: Operation.Plan) -> Operation.Invalid.Member? {
        do throws(Operation.Invalid) {
            try plan.check(.ids([.first]))
            return nil
        } catch {
            return error.member
        }
    }

    @Test(arguments: Operation.Verb.allCases)
    func `only what acknowledges resolves`(verb: Operation.Verb) {
        let plan = Operation.Plan(verb: verb, priority: verb == .priority ? .high : nil, resolves: true)
        #expect(Self.fault(plan) == (verb == .acknowledge ? nil : .resolve))
    }

    @Test(arguments: [1.0 / 86_401, 1e-300, Double.leastNonzeroMagnitude, Double.infinity])
    func `a rate that no clock can count is refused`(rate: Double) {
        #expect(Self.fault(Operation.Plan(verb: .purge, ratePerSecond: rate)) == .ratePerSecond)
    }

    @Test func `one a day is the least rate`() {
        #expect(Self.fault(Operation.Plan(verb: .purge, ratePerSecond: 1.0 / 86_400)) == nil)
    }

    @Test func `a canary is no larger than an operation may be`() {
        #expect(Self.fault(Operation.Plan(verb: .replay, canary: Operation.jobsMax)) == nil)
        #expect(Self.fault(Operation.Plan(verb: .replay, canary: Operation.jobsMax + 1)) == .canary)
        #expect(Self.fault(Operation.Plan(verb: .replay, canary: .max)) == .canary)
    }
}

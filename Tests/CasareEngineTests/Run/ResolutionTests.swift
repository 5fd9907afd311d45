import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

/// What a person says of a step in doubt, as the next run of the job reads it in the journal.
struct ResolutionTests {
    private static let question = Job.Question(step: 2, node: "pay", nodeType: "T", text: "Did it happen?")

    private static func result(_ resolution: Job.Resolution) -> StepResult? {
        resolution.journaled(for: Self.question, by: "ann", reason: "the bank says so").map(StepResult.init(json:))
    }

    @Test func `a step that was done has the outputs that the person gave`() {
        #expect(Self.result(.done(outputs: ["id": 7])) == .succeeded(NodeResult(["id": 7])))
        #expect(Self.result(.skip) == .succeeded(NodeResult()))
        #expect(Self.result(.retry) == nil)
    }

    @Test func `a step that counts as failed is one that nothing repeats`() throws {
        guard case .failed(let failure) = try #require(Self.result(.fail)) else {
            Issue.record("It did not fail")
            return
        }
        #expect(failure.isInDoubt && failure.isBusiness && failure.outputs == [:])
        #expect(failure.message.hasSuffix("ann decided that it counts as failed: the bank says so"))
    }
}

import CasareDomain
import CasareEngine
import Testing

/// What a run's random numbers and its keys are made of.
struct SeedTests {
    /// Tosses a coin 64 times.
    private static let workflow = document(
        [
            "loop": ("ForLoopStartNode", ["mode": "range", "end": 64]),
            "toss": ("IfNode", ["condition": "rand() < 0.5"]), "heads": ("AddNode", ["name": "coins", "text": "h"]),
            "tails": ("AddNode", ["name": "coins", "text": "t"]), "key": ("KeyNode", [:]),
        ], ["loop.body > toss", "toss.true > heads", "toss.false > tails", "loop.completed > key"],
        variables: ["coins": ""])

    /// How the coins of a run fell, and the keys of its steps.
    private func outcome(runID: String, seedID: String? = nil) async throws -> (coins: Value?, keys: [String]) {
        let world = World()
        let conclusion = try await world.driver(Self.workflow, runID: runID, seedID: seedID).run()
        guard case .finished(let result, nil, _) = conclusion else { throw NodeFailure("NodeError", "\(conclusion)") }
        return (result.variables["coins"], world.effects)
    }

    @Test func `a run that goes on from another one's journal has its random numbers, but keys of its own`()
        async throws
    {
        let origin = try await self.outcome(runID: "origin")
        let fork = try await self.outcome(runID: "fork", seedID: "origin")
        let other = try await self.outcome(runID: "fork")
        #expect(origin.coins?.string?.count == 64)
        #expect(fork.coins == origin.coins)
        #expect(other.coins != origin.coins)
        #expect(origin.keys == ["origin/0"])
        #expect(fork.keys == ["fork/0"])
    }
}

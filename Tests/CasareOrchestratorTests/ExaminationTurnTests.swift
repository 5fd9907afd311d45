@testable import CasareOrchestrator
import CasareWire
import Testing

struct ExaminationTurnTests {
    private struct Broken: Error {}

    @Test func `one examination runs at a time, and one that fails makes room too`() async throws {
        let turn = ExaminationTurn()
        let first = try await turn.pass {
            let refused = await #expect(throws: APIProblem.self) { try await turn.pass { 2 } }
            #expect(refused?.code == .serviceUnavailable && refused?.retryAfterSeconds == 5)
            return 1
        }
        #expect(first == 1)
        await #expect(throws: Broken.self) { try await turn.pass { throw Broken() } }
        #expect(try await turn.pass { 3 } == 3)
    }
}

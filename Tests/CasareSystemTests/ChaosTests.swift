import CasareTestSupport
import Testing

/// A few of the seeds that `make chaos` runs a thousand of: whatever is killed, frozen and cut off, no job is lost,
/// none ends twice, and no effect happens twice. A ledger outside of the programs is the judge.
@Suite(.serialized)
struct ChaosTests {
    private static let seeds = "1..8"

    @Test func `seeded faults lose no job and repeat no effect`() async throws {
        let found = try await ChaosRun.run(["--seeds", Self.seeds, "--seconds", "5", "--lanes", "2"])
        #expect(found.passed, "\(found.output)")
    }

    @Test func `the judge of the faults names every kind of violation`() async throws {
        let found = try await ChaosRun.run(["--self-test"])
        #expect(found.passed && found.output.contains("kinds of violation"), "\(found.output)")
    }
}

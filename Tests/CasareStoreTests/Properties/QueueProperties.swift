import CasareTestSupport
import FoundationEssentials
import Testing

/// Whatever is done to the queue in whatever order, it does what the model does: no job lost, none run by two, none
/// ended twice, no write by a lease that has passed on, the order kept, and every limit used up and never exceeded.
struct QueueProperties {
    /// All in all; `make properties` runs 10,000. Each goes on from an empty queue.
    private static let sequences =
        ProcessInfo.processInfo.environment["CASARE_TEST_SEQUENCES"].flatMap(Int.init) ?? 400
    private static let workers = 2

    @Test(arguments: 0..<Self.workers)
    func `random operations do what they do to the model`(worker: Int) async throws {
        try await withFixture(connectionsMax: 1) { store in
            for sequence in stride(from: worker, to: Self.sequences, by: Self.workers) {
                var run = QueueSequence(store, number: sequence)
                // What one that failed leaves behind would be found by those that follow.
                try await run.run()
                // Nobody else does it here, and thousands of sequences leave much behind.
                if sequence / Self.workers % 200 == 199 {
                    try await store.asOwner("VACUUM ready, scheduled, leases, robot_sessions, blocked, paused")
                }
            }
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }
}

import CasareDomain
import CasareTestSupport
import Testing

@testable import CasareStore

/// What one look at everything reads does not depend on how much there is.
struct StatusPlanTests {
    @Test func `one look reads by indexes, and no more than its bounds`() async throws {
        try await LargeDatabase.with { store in
            let queues = try await store.measure(
                OverviewQueries.queues,
                [
                    "limit": "21", "count_max": "\(StatusStore.queueCountMax)", "lanes_max": "1000",
                ])
            // There are no more leases than slots; each is looked up with its session, and each paused job by itself.
            #expect(queues.tablesScanned.subtracting(["leases"]).isEmpty, "\(queues)")
            #expect(queues.buffers <= 200 * 4 + 200 * 12 + 200, "\(queues)")
            let overview = try await store.measure(DeadLetterQueries.overview, ["count_max": "1000"])
            #expect(overview.rows == 1 && overview.tablesScanned.isEmpty, "\(overview)")
            #expect(overview.buffers <= 40, "\(overview)")
            let groups = try await store.measure(
                DeadLetterQueries.largestGroups,
                ["letters_max": "100", "limit": "\(StatusStore.groupsMax)"])
            #expect(groups.rows == 3 && groups.tablesScanned.isEmpty && groups.buffers <= 120, "\(groups)")
            let failing = try await store.measure(
                OverviewQueries.failing,
                [
                    "letters_max": "100", "limit": "\(StatusStore.workflowsMax)", "sample": "20",
                    "now": "now() + interval '1 minute'",
                ])
            #expect(failing.rows == 5 && failing.tablesScanned.isEmpty, "\(failing)")
            // Of each workflow 40 jobs at most, in as many partitions as there are.
            #expect(failing.buffers <= 150 + 5 * 40 * 10, "\(failing)")
        }
    }
}

import CasareDomain
import CasarePostgres
@testable import CasareStore
import CasareTestSupport
import Testing

/// What a page costs does not depend on how many jobs there are: it is counted in pages of the database and in rows.
///
/// A page by status *and* workflow is not among them, but for completed jobs: it reads what stands so until enough of
/// it is of that workflow.
struct PagePlanTests {
    private struct Page {
        let name: String
        let query: Query
        var arguments: [String: String] = [:]
        var rows = 51
        /// A job's details are looked up in eight tables, by two or three pages of an index each.
        var buffersMax = 51 * 25
        var rowsRemovedMax = 51 * 6
        /// Tables with no more rows than there are slots.
        var mayScan: Set<String> = []
    }

    private static let span = [
        "from": "'00000000-0000-0000-0000-000000000000'", "before": "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
        "limit": "51",
    ]
    private static let workflow = ["workflow": "casare_uuid_floor(to_timestamp(7))"]

    private static func span(_ more: [String: String]) -> [String: String] { self.span.merging(more) { $1 } }

    private static let jobs: [Page] = [
        Page(name: "jobs", query: JobQueries.page, arguments: span),
        Page(name: "jobs of a workflow", query: JobQueries.pageOfWorkflow, arguments: span(workflow)),
        Page(name: "pending", query: JobQueries.pageOfPending, arguments: span),
        Page(name: "running", query: JobQueries.pageOfRunning, arguments: span),
        Page(name: "blocked", query: JobQueries.pageOfBlocked, arguments: span),
        Page(name: "paused", query: JobQueries.pageOfPaused, arguments: span),
        Page(name: "completed", query: JobQueries.pageOfCompleted, arguments: span),
        Page(
            name: "completed of a workflow", query: JobQueries.pageOfCompletedOfWorkflow, arguments: span(workflow)),
        Page(name: "failed", query: JobQueries.pageOfUnsuccessful, arguments: span(["kind": "'failed'"])),
        Page(name: "cancelled", query: JobQueries.pageOfUnsuccessful, arguments: span(["kind": "'cancelled'"])),
    ]

    /// The names of workflows and environments are looked up for each, and how a replay has ended.
    private static func letters(
        _ name: String, _ order: DeadLetterOrder, at place: DeadLetterFragments.Place, _ filter: String = "{}",
        rowsRemovedMax: Int = 51 * 6
    ) -> Page {
        Page(
            name: "letters, \(name)", query: DeadLetterQueries.list(order, at: place),
            arguments: [
                "filter": "'\(filter)'", "microseconds": order == .newest ? "253402300799000000" : "0",
                "job": order == .newest
                    ? "'ffffffff-ffff-ffff-ffff-ffffffffffff'" : "'00000000-0000-0000-0000-000000000000'",
                "scan_max": "50000", "limit": "51",
            ], buffersMax: 51 * 12, rowsRemovedMax: rowsRemovedMax)
    }

    private static let deadLetters: [Page] = [
        letters("newest", .newest, at: .all), letters("oldest", .oldest, at: .all),
        letters("open", .newest, at: .open, #"{"statuses": ["open"]}"#),
        letters("oldest open", .oldest, at: .open, #"{"statuses": ["open"]}"#),
        letters("of a fingerprint", .newest, at: .fingerprint, #"{"fingerprint": "f"}"#),
        letters("replayed", .newest, at: .all, #"{"statuses": ["replayed"]}"#),
        letters("of a kind", .newest, at: .all, #"{"kind": "business"}"#),
    ]

    private static let others: [Page] = [
        Page(
            name: "workflows", query: WorkflowQueries.list, arguments: ["after": "''", "limit": "51"], buffersMax: 60),
        Page(
            name: "versions", query: WorkflowQueries.versions,
            arguments: workflow.merging(["before": "100", "limit": "51"]) { $1 }, buffersMax: 60),
        Page(name: "tokens", query: TokenQueries.list, arguments: ["before": "1000", "limit": "51"], buffersMax: 60),
        Page(
            name: "robots", query: RobotQueries.list, arguments: ["after": "''", "limit": "51"],
            buffersMax: 51 * 50, rowsRemovedMax: 51 * 300, mayScan: ["leases"]),
        Page(
            name: "one robot", query: RobotQueries.list,
            arguments: ["robot": "'robot-0007'", "after": "''", "limit": "1"], rows: 1, buffersMax: 60,
            rowsRemovedMax: 300, mayScan: ["leases"]),
    ]

    @Test func `a page reads what it shows and little else`() async throws {
        try await LargeDatabase.with { store in
            for page in Self.jobs + Self.deadLetters + Self.others {
                try await Self.check(page, store)
            }
            let ids = try await store.run { try JobStore.list(limit: 50, on: $0).map(\.id) }
            let one = ["job": "'\(ids[7])'"]
            let some = ["jobs": "'{\(ids.map(\.description).joined(separator: ","))}'"]
            let letter = try await store.run { try DeadLetterStore.list(limit: 1, on: $0).letters }[0].id
            let asking = try await store.run { try JobStore.list(.init(status: .blocked), limit: 1, on: $0) }[0].id
            let looks: [Page] = [
                Page(name: "a job", query: JobQueries.get, arguments: one, rows: 1, buffersMax: 40),
                Page(name: "a job's status", query: JobQueries.status, arguments: one, rows: 1, buffersMax: 40),
                Page(
                    name: "longest blocked", query: ResolveQueries.longestBlocked, arguments: ["limit": "5"], rows: 5,
                    buffersMax: 80),
                Page(name: "statuses", query: StatusQueries.statuses, arguments: some, rows: 50),
                Page(name: "steps", query: JournalQueries.rows, arguments: one, rows: 3, buffersMax: 20),
                Page(
                    name: "a page of steps", query: JournalQueries.page,
                    arguments: one.merging(
                        [
                            "after": "0", "limit": "2", "with_results": "true", "bytes": "4194304",
                            "step_bytes": "512",
                        ]) { $1 }, rows: 1, buffersMax: 20),
                Page(
                    name: "events", query: HistoryQueries.events, arguments: one.merging(["limit": "10"]) { $1 },
                    rows: 1, buffersMax: 20),
                Page(
                    name: "a job's attempts", query: HistoryQueries.attempts, arguments: ["job": "'\(letter)'"],
                    rows: 3,
                    buffersMax: 40),
                Page(
                    name: "a letter", query: DeadLetterQueries.get, arguments: ["job": "'\(letter)'"], rows: 1,
                    buffersMax: 20),
                Page(
                    name: "attempts", query: DeadLetterQueries.attempts, arguments: ["jobs": "'{\(letter)}'"], rows: 3,
                    buffersMax: 20),
                // These change something, and come last.
                Page(
                    name: "resolving", query: ResolveQueries.resolve,
                    arguments: [
                        "job": "'\(asking)'", "step": "0", "attempt": "1", "answer": "'retry'", "by": "'ann'",
                        "reason": "'r'",
                    ], rows: 1, buffersMax: 200),
                Page(
                    name: "cancelling", query: JobQueries.cancel, arguments: ["job": "'\(letter)'", "by": "'ann'"],
                    rows: 0, buffersMax: 60),
                Page(
                    name: "retrying", query: RetryQueries.replay,
                    arguments: ["job": "'\(letter)'", "by": "'ann'", "new": "gen_random_uuid()"], rows: 1,
                    buffersMax: 200),
            ]
            for look in looks {
                try await Self.check(look, store)
            }
        }
    }

    private static func check(_ page: Page, _ store: StoreFixture) async throws {
        let plan = try await store.measure(page.query, page.arguments)
        #expect(plan.tablesScanned.subtracting(page.mayScan).isEmpty, "\(page.name): \(plan)")
        #expect(plan.rows == page.rows, "\(page.name): \(plan)")
        #expect(plan.buffers <= page.buffersMax, "\(page.name): \(plan)")
        #expect(plan.rowsRemoved <= page.rowsRemovedMax, "\(page.name): \(plan)")
    }
}

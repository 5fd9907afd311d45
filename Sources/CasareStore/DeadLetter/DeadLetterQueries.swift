import CasareDomain
import CasarePostgres

enum DeadLetterQueries {
    /// What the store makes letters of. How a replay has ended is looked for where jobs end, as it is noted in the letter
    /// only some time later.
    private static let shown = """
        SELECT
            letter.*, (extract(epoch FROM letter.opened_at) * 1000000)::int8 AS opened_microseconds,
            workflows.name AS workflow_name, queues.name AS environment, ended.kind AS replay_kind,
            ended.finished_at AS replay_finished_at
        """

    private static let names = """
        CROSS JOIN LATERAL (
            SELECT name FROM workflows AS known
            WHERE known.tenant_id = casare_tenant() AND known.workflow_id = letter.workflow_id LIMIT 1
        ) AS workflows
        CROSS JOIN LATERAL (
            SELECT name FROM queues AS known WHERE known.queue_id = letter.queue_id LIMIT 1
        ) AS queues
        LEFT JOIN LATERAL (
            SELECT kind, finished_at FROM outcomes
            WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = letter.replayed_as
                AND letter.replay_ended_at IS NULL
            LIMIT 1
        ) AS ended ON true
        """

    static let get = Query(
        assembled: """
            \(Self.shown)
            FROM (
                SELECT * FROM dead_letters
                WHERE tenant_id = casare_tenant() AND job_id = @job AND purged_at IS NULL
            ) AS letter
            \(Self.names)
            """)

    /// The next letters behind a position. No more than so many rows are looked at for them.
    static func list(
        _ order: DeadLetterOrder, at place: DeadLetterFragments.Place
    ) -> Query {
        self.lists[ListForm(order: order, place: place)] ?? self.query(order, at: place)
    }

    /// Where a list ended that has looked at so many rows; no row: it came to the end before.
    static func listEnd(_ order: DeadLetterOrder, at place: DeadLetterFragments.Place) -> Query {
        self.listEnds[ListForm(order: order, place: place)] ?? self.endQuery(order, at: place)
    }

    private struct ListForm: Hashable {
        let order: DeadLetterOrder
        let place: DeadLetterFragments.Place
    }

    private static let forms = DeadLetterOrder.allCases.flatMap { order in
        DeadLetterFragments.Place.allCases.map { ListForm(order: order, place: $0) }
    }

    /// Made once: a query that is made anew is prepared anew.
    private static let lists = Dictionary(
        uniqueKeysWithValues: Self.forms.map { ($0, Self.query($0.order, at: $0.place)) })
    private static let listEnds = Dictionary(
        uniqueKeysWithValues: Self.forms.map { ($0, Self.endQuery($0.order, at: $0.place)) })

    private static func query(_ order: DeadLetterOrder, at place: DeadLetterFragments.Place) -> Query {
        Query(
            assembled: """
                \(Self.shown)
                FROM (
                    SELECT * FROM (
                        SELECT * FROM dead_letters
                        WHERE \(Self.behind(order, at: place))
                        LIMIT @scan_max
                    ) AS dead_letters
                    WHERE \(DeadLetterFragments.matches)
                    ORDER BY \(Self.columns(order))
                    LIMIT @limit
                ) AS letter
                \(Self.names)
                ORDER BY \(Self.columns(order))
                """)
    }

    private static func endQuery(_ order: DeadLetterOrder, at place: DeadLetterFragments.Place) -> Query {
        Query(
            assembled: """
                SELECT job_id, (extract(epoch FROM opened_at) * 1000000)::int8 AS opened_microseconds FROM dead_letters
                WHERE \(Self.behind(order, at: place))
                OFFSET @scan_max - 1 LIMIT 1
                """)
    }

    private static func behind(_ order: DeadLetterOrder, at place: DeadLetterFragments.Place) -> String {
        let comparison =
            switch order {
            case .newest: "<"
            case .oldest: ">"
            }
        return """
            \(DeadLetterFragments.scanned(at: place))
                AND (dead_letters.opened_at, dead_letters.job_id) \(comparison)
                    (timestamptz 'epoch' + @microseconds::int8 * interval '1 microsecond', @job::uuid)
            ORDER BY \(Self.columns(order))
            """
    }

    private static func columns(_ order: DeadLetterOrder) -> String {
        switch order {
        case .newest: "opened_at DESC, job_id DESC"
        case .oldest: "opened_at, job_id"
        }
    }

    static let attempts = Query(
        """
        SELECT job_id, attempt, robot_id, started_at, finished_at, failure_kind, failure_type, message, node
        FROM attempts
        WHERE tenant_id = casare_tenant() AND job_id = ANY (@jobs::uuid[])
        ORDER BY job_id, attempt
        """)
}

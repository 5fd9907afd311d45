/// What statements about dead letters have in common. Constant text: values go into statements as parameters. Each is
/// about a row that goes by the name of the table.
enum DeadLetterFragments {
    /// The letter's status, by its name.
    static let status = """
        CASE
            WHEN dead_letters.resolved_at IS NOT NULL THEN 'resolved'
            WHEN dead_letters.replayed_as IS NOT NULL THEN 'replayed'
            WHEN dead_letters.acknowledged_at IS NOT NULL THEN 'acknowledged'
            ELSE 'open'
        END
        """

    /// Nobody has dealt with it; as the index `dead_letters_open` has it.
    static let isOpen = """
        dead_letters.acknowledged_at IS NULL AND dead_letters.replayed_as IS NULL
            AND dead_letters.resolved_at IS NULL AND dead_letters.purged_at IS NULL
        """

    /// It was never replayed, or its replay has ended without completing, and nobody said that nothing is left to do.
    ///
    /// That a replay has ended is looked for where jobs end: it is noted in the letter only some time later. In a
    /// transaction of a tenant only.
    static let mayBeReplayed = """
        dead_letters.resolved_at IS NULL AND dead_letters.purged_at IS NULL AND (
            dead_letters.replayed_as IS NULL OR dead_letters.replay_ended_at IS NOT NULL OR (
                SELECT true FROM outcomes AS replay
                WHERE replay.tenant_id = casare_tenant() AND replay.job_id = dead_letters.replayed_as
                    AND replay.kind <> 'completed'
                LIMIT 1
            ) IS NOT NULL
        )
        """

    /// Whether a letter is one of those that a filter names, and there: `@filter` is what
    /// `DeadLetterStore.Search` makes of it. In a transaction of a tenant only.
    ///
    /// The filter's members are taken from it once for the statement, as sub-selects are that refer to no row. What
    /// costs most stands last. Variables are compared as JSON. Where one of them holds U+0000, which the server's JSON
    /// functions refuse, none is found.
    static let matches = """
        dead_letters.purged_at IS NULL
            AND (\(Self.given("version", as: "int4")) IS NULL
                OR dead_letters.workflow_version = \(Self.given("version", as: "int4")))
            AND (\(Self.given("workflow", as: "uuid")) IS NULL
                OR dead_letters.workflow_id = \(Self.given("workflow", as: "uuid")))
            AND (\(Self.given("since", as: "float8")) IS NULL OR dead_letters.opened_at >= \(Self.since))
            AND (\(Self.given("until", as: "float8")) IS NULL OR dead_letters.opened_at < \(Self.until))
            AND (\(Self.given("kind")) IS NULL OR dead_letters.failure_kind = \(Self.given("kind")))
            AND (\(Self.given("type")) IS NULL OR dead_letters.failure_type = \(Self.given("type")))
            AND (\(Self.given("fingerprint")) IS NULL OR dead_letters.fingerprint = \(Self.given("fingerprint")))
            AND (\(Self.given("node")) IS NULL OR dead_letters.node = \(Self.given("node")))
            AND (\(Self.given("robot")) IS NULL OR dead_letters.robot_id = \(Self.given("robot")))
            AND (\(Self.given("environment")) IS NULL OR dead_letters.queue_id = (
                SELECT queues.queue_id FROM queues
                WHERE queues.tenant_id = casare_tenant() AND queues.name = \(Self.given("environment"))
            ))
            AND (\(Self.given("tag")) IS NULL OR \(Self.given("tag")) = ANY (dead_letters.tags))
            AND (\(Self.given("statuses")) IS NULL OR \(Self.status) = ANY ((
                SELECT ARRAY(SELECT json_array_elements_text(@filter::text::json -> 'statuses'))
            )::text[]))
            AND (\(Self.given("error")) IS NULL
                OR strpos(lower(dead_letters.message), (SELECT lower(@filter::text::json ->> 'error'))) > 0)
            AND (\(Self.given("variables")) IS NULL OR CASE
                WHEN strpos(dead_letters.variables::text, '\\u0000') > 0 THEN false
                ELSE NOT EXISTS (
                    SELECT FROM json_each((SELECT @filter::text::json -> 'variables')) AS wanted (name, value)
                    CROSS JOIN LATERAL (SELECT dead_letters.variables -> wanted.name AS value) AS had
                    WHERE had.value IS NULL
                        OR had.value::text <> wanted.value::text AND had.value::jsonb <> wanted.value::jsonb
                )
            END)
        """

    /// The bounds of `opened_at` that the filter names, as moments.
    static let since = "(SELECT to_timestamp((@filter::text::json ->> 'since')::float8))"
    static let until = "(SELECT to_timestamp((@filter::text::json ->> 'until')::float8))"

    /// A member of the filter; null where it is not given.
    static func given(_ member: String, as type: String = "text") -> String {
        "(SELECT (@filter::text::json ->> '\(member)')::\(type))"
    }

    /// Where a statement looks for the letters of a filter: the index that holds the fewest of others.
    enum Place: Hashable, CaseIterable {
        case all, open, acknowledged, workflow, fingerprint

        /// The condition by which the server takes that index. Letters of other places may be left out, as they do not
        /// match.
        var condition: String {
            switch self {
            case .all: "dead_letters.purged_at IS NULL"
            case .open: DeadLetterFragments.isOpen
            case .acknowledged:
                """
                dead_letters.acknowledged_at IS NOT NULL AND dead_letters.replayed_as IS NULL
                    AND dead_letters.resolved_at IS NULL AND dead_letters.purged_at IS NULL
                """
            case .workflow:
                """
                dead_letters.purged_at IS NULL
                    AND dead_letters.workflow_id = \(DeadLetterFragments.given("workflow", as: "uuid"))
                """
            case .fingerprint:
                """
                dead_letters.purged_at IS NULL
                    AND dead_letters.fingerprint = \(DeadLetterFragments.given("fingerprint"))
                """
            }
        }
    }

    /// The letters of a place in the time that the filter names: what to put behind `FROM dead_letters WHERE`.
    static func scanned(at place: Place) -> String {
        """
        dead_letters.tenant_id = casare_tenant() AND \(place.condition)
            AND dead_letters.opened_at >= coalesce(\(Self.since), '-infinity')
            AND dead_letters.opened_at < coalesce(\(Self.until), 'infinity')
        """
    }
}

package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Something that a person did to a queue, a job, a robot, a workflow, or with an operation to many jobs at once.
package struct ControlAction: Hashable, Sendable {
    package let id: Int64
    package let at: Date
    /// The name of a token.
    package let actor: String
    /// The noun and the verb: `queue.pause`.
    package let action: String
    /// The name of the queue, robot or workflow, or the job's ID.
    package let subject: String
    package let reason: String?
    /// What was asked for, where the action does not say it all.
    package let detail: Object
}

/// The kinds of things that are steered: the first word of an action.
package enum ControlNoun: String, Hashable, Sendable, CaseIterable {
    case queue, job, robot, workflow, operation, selection, schedule, backfill, window, trigger, calendar, secret, vault
    case tenant
    case itemQueue = "item_queue"
    case item
    case deadLetter = "dead_letter"
    case authority = "ca"
}

/// Who steered what, and why; appended to in the transaction of the change. Call within `Database.asTenant`.
package enum ControlLog {
    package static func record(
        _ action: String, of subject: String, by actor: String, reason: String?, detail: Object = [:],
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            Queries.record,
            [
                "action": .text(action), "subject": .text(subject.storable), "actor": .text(actor),
                "reason": .text(reason?.storable),
                "detail": .text(detail.isEmpty ? nil : StoredJSON.text(of: detail)), "now": .timestamp(now),
            ])
    }

    /// The latest first.
    ///
    /// - Parameters:
    ///   - subject: only what was done to this; `nil` for all.
    ///   - noun: only what was done to such things: a queue and a robot may have the same name.
    ///   - hidden: nothing that was done to such things.
    ///   - before: the last one of the page before.
    package static func list(
        of subject: String? = nil, noun: ControlNoun? = nil, hiding hidden: Set<ControlNoun> = [],
        before: Int64? = nil, limit: Int, on connection: isolated PostgresConnection
    ) throws -> [ControlAction] {
        let hiddenNouns = PostgresValue.textArray(hidden.map(\.rawValue))
        let rows =
            if let subject {
                try connection.execute(
                    Queries.listOf,
                    [
                        "subject": .text(subject.storable), "noun": .text(noun?.rawValue), "hidden": hiddenNouns,
                        "before": .int8(before ?? .max), "limit": .int(limit),
                    ])
            } else {
                try connection.execute(
                    Queries.list,
                    [
                        "noun": .text(noun?.rawValue), "hidden": hiddenNouns, "before": .int8(before ?? .max),
                        "limit": .int(limit),
                    ])
            }
        return try rows.map { row in
            ControlAction(
                id: try row.int64("action_id"), at: try row.date("at"), actor: try row.string("actor"),
                action: try row.string("action"), subject: try row.string("subject"),
                reason: try row.optionalString("reason"),
                detail: try row.optionalString("detail").map { try StoredJSON.object($0, in: "an action's detail") }
                    ?? [:])
        }
    }

    private enum Queries {
        static let record = Query(
            """
            INSERT INTO control_actions (at, actor, action, subject, reason, detail)
            VALUES (coalesce(@now::timestamptz, now()), @actor, @action, @subject, @reason, @detail::json)
            """)

        static let list = Query(
            """
            SELECT action_id, at, actor, action, subject, reason, detail::text FROM control_actions
            WHERE tenant_id = casare_tenant() AND action_id < @before
                AND (@noun::text IS NULL OR split_part(action, '.', 1) = @noun)
                AND split_part(action, '.', 1) <> ALL (@hidden::text[])
            ORDER BY action_id DESC LIMIT @limit
            """)

        static let listOf = Query(
            """
            SELECT action_id, at, actor, action, subject, reason, detail::text FROM control_actions
            WHERE tenant_id = casare_tenant() AND subject = @subject AND action_id < @before
                AND (@noun::text IS NULL OR split_part(action, '.', 1) = @noun)
                AND split_part(action, '.', 1) <> ALL (@hidden::text[])
            ORDER BY action_id DESC LIMIT @limit
            """)
    }
}

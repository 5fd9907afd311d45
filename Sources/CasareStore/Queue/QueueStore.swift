package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What became of a pause.
package struct QueuePausing: Hashable, Sendable {
    package let queue: JobQueue
    /// The key that it was about, where it was about one and that is known.
    package let key: QueueKey?
    /// The queue, or the key, was paused before.
    package let wasPaused: Bool
    /// The keys that are paused by themselves.
    package let keysPaused: BoundedCount
}

/// The rules of queues, and what requirements jobs have. Call within `Database.asTenant`.
///
/// A queue is there once a job was submitted to its environment or a robot of it began a session. A change holds from
/// its commit on; ring the ready bell after it, so that robots which wait look again.
package enum QueueStore {
    /// A queue that loses its last rule while another one is given to it is looked for anew this often.
    private static let holdAttemptsMax = 5

    /// Keeps everyone from leasing from a queue, or jobs of one key of it; what runs goes on. Doing it again changes
    /// reason and end.
    ///
    /// - Parameters:
    ///   - by: the name of a token.
    ///   - until: when it ends by itself, by the clock of the database.
    ///   - seconds: after how long it ends by itself, instead of `until`.
    /// - Throws: `StoreError.notFound`; `StoreError.pauseEnd` for an end that is past, or more than a year away.
    @discardableResult
    package static func pause(
        _ queue: String, key: String? = nil, by: String, reason: String?, until: Date?,
        lasting seconds: Double? = nil, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> QueuePausing {
        let rules = try self.hold(queue, now: now, on: connection)
        let held = try key.map { try self.hold($0, of: rules.id, now: now, on: connection) }
        let paused =
            if let held {
                try connection.execute(
                    QueueQueries.pauseKey,
                    [
                        "key_id": .int(held.id), "by": .text(by.storable), "reason": .text(reason?.storable),
                        "until": .timestamp(until), "seconds": .double(seconds), "now": .timestamp(now),
                    ])
            } else {
                try connection.execute(
                    QueueQueries.pause,
                    [
                        "queue_id": .int(rules.id), "by": .text(by.storable), "reason": .text(reason?.storable),
                        "until": .timestamp(until), "seconds": .double(seconds), "now": .timestamp(now),
                    ])
            }
        let row = try paused.only()
        if let end = try row.optionalDate("paused_until") {
            let length = end.timeIntervalSince(try row.date("paused_at"))
            guard length > 0 else { throw StoreError.pauseEnd(end, isPast: true) }
            guard length <= QueuePause.secondsMax else { throw StoreError.pauseEnd(end, isPast: false) }
        }
        return try self.pausing(queue, key: key, wasPaused: held?.isPaused ?? rules.isPaused, now: now, on: connection)
    }

    /// Ends a pause. What is not paused stays as it is.
    @discardableResult
    package static func resume(
        _ queue: String, key: String? = nil, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> QueuePausing {
        var wasPaused = false
        if let key {
            let id = try self.id(of: queue, on: connection)
            let known = try connection.execute(
                QueueQueries.holdKey, ["queue_id": .int(id), "key": .text(key.storable), "now": .timestamp(now)])
            if let row = known.first {
                wasPaused = try row.bool("is_paused")
                try connection.execute(
                    QueueQueries.pauseKey,
                    [
                        "key_id": .int(try row.int("key_id")), "by": .null, "reason": .null, "until": .null,
                        "seconds": .null, "now": .timestamp(now),
                    ])
            }
        } else {
            let resumed = try connection.execute(
                QueueQueries.resume, ["queue": .text(queue), "now": .timestamp(now)])
            wasPaused = try resumed.first?.bool("was_paused") ?? false
        }
        return try self.pausing(queue, key: key, wasPaused: wasPaused, now: now, on: connection)
    }

    private static func pausing(
        _ queue: String, key: String?, wasPaused: Bool, now: Date?, on connection: isolated PostgresConnection
    ) throws -> QueuePausing {
        let row = try self.row(of: queue, now: now, on: connection)
        let pausedKeys = try connection.execute(
            QueueReadingQueries.pausedKeys,
            ["queue_id": .int(try row.int("queue_id")), "count_max": .int(self.countMax), "now": .timestamp(now)]
        ).only().int("paused")
        return QueuePausing(
            queue: try JobQueue(row: row, countMax: self.countMax),
            key: try key.flatMap { try self.key($0, of: queue, now: now, on: connection) }, wasPaused: wasPaused,
            keysPaused: BoundedCount(pausedKeys, max: self.countMax))
    }

    /// Makes a queue where there is none of that name, as the first job of an environment does.
    package static func create(_ queue: String, on connection: isolated PostgresConnection) throws {
        try connection.execute(QueueQueries.create, ["queue": .text(queue.storable)])
    }

    /// Changes the limits of a queue, and of its keys in general. Changes made at the same time follow each other.
    @discardableResult
    package static func limit(
        _ queue: String, now: Date? = nil, on connection: isolated PostgresConnection,
        _ change: (inout QueueLimits) -> Void
    ) throws -> JobQueue {
        let rules = try self.hold(queue, now: now, on: connection)
        var limits = rules.limits
        change(&limits)
        if limits != rules.limits {
            try connection.execute(
                QueueQueries.limit,
                [
                    "queue_id": .int(rules.id), "concurrency": .int(limits.concurrency),
                    "rate_every_seconds": .double(limits.rate?.everySeconds), "rate_burst": .int(limits.rate?.burst),
                    "key_concurrency": .int(limits.keyConcurrency),
                    "key_rate_every_seconds": .double(limits.keyRate?.everySeconds),
                    "key_rate_burst": .int(limits.keyRate?.burst), "ageing_seconds": .double(limits.ageingSeconds),
                ])
            if limits.concurrency != nil { try connection.execute(QueueQueries.count) }
        }
        return try self.get(queue, now: now, on: connection)
    }

    /// Changes what one key is allowed, which counts instead of what its queue says of all keys.
    @discardableResult
    package static func limit(
        _ queue: String, key: String, now: Date? = nil, on connection: isolated PostgresConnection,
        _ change: (inout QueueKeyLimits) -> Void
    ) throws -> QueueKey {
        let rules = try self.hold(queue, now: now, on: connection)
        let held = try self.hold(key, of: rules.id, now: now, on: connection)
        var limits = held.limits
        change(&limits)
        if limits != held.limits {
            try connection.execute(
                QueueQueries.limitKey,
                [
                    "key_id": .int(held.id), "concurrency": .int(limits.concurrency),
                    "rate_every_seconds": .double(limits.rate?.everySeconds), "rate_burst": .int(limits.rate?.burst),
                ])
        }
        guard let changed = try self.key(key, of: queue, now: now, on: connection) else {
            throw StoreError.contended("key \(key) of queue \(queue)")
        }
        return changed
    }

    /// The number of a requirement, for `jobs.requirement_id`; `nil` when nothing is required. It stays the same for as
    /// long as the queue exists, which is made when there is none yet.
    ///
    /// - Parameter workflow: the job's. When it is assigned to robots, that is part of the requirement, and who they
    ///   are is looked up again with every lease.
    package static func requirement(
        _ requirement: Job.Requirements, workflow: Workflow.ID?, queue: String,
        on connection: isolated PostgresConnection
    ) throws -> Int32? {
        try connection.execute(
            QueueQueries.requirement,
            [
                "environment": .text(queue.storable),
                "tags": .textArray(requirement.tags.map(\.storable)),
                "capabilities": .textArray(requirement.capabilities.map(\.storable)),
                "robot": .text(requirement.robot?.rawValue), "workflow": .uuid(workflow?.rawValue),
            ]
        ).only().decode("requirement_id")
    }

    static func id(of queue: String, on connection: isolated PostgresConnection) throws -> Int {
        guard let row = try connection.execute(QueueQueries.find, ["queue": .text(queue)]).first else {
            throw StoreError.notFound(.queue, queue)
        }
        return try row.int("queue_id")
    }

    private struct HeldRules {
        let id: Int
        let limits: QueueLimits
        let isPaused: Bool
    }

    private static func hold(
        _ queue: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> HeldRules {
        for _ in 1...self.holdAttemptsMax {
            let rules = try connection.execute(
                QueueQueries.rule, ["queue": .text(queue), "now": .timestamp(now)])
            guard let row = rules.first else {
                throw StoreError.notFound(.queue, queue)
            }
            let id = try row.int("queue_id")
            // Without it the sweep has made the queue plain again meanwhile.
            if let held = try connection.execute(
                QueueQueries.hold, ["queue_id": .int(id), "now": .timestamp(now)]
            ).first {
                return HeldRules(id: id, limits: try QueueLimits(row: held), isPaused: try held.bool("is_paused"))
            }
        }
        throw StoreError.contended("queue \(queue)")
    }

    private struct HeldKey {
        let id: Int
        let limits: QueueKeyLimits
        let isPaused: Bool
    }

    private static func hold(
        _ key: String, of queue: Int, now: Date?, on connection: isolated PostgresConnection
    ) throws -> HeldKey {
        for _ in 1...self.holdAttemptsMax {
            try connection.execute(QueueQueries.addKey, ["queue_id": .int(queue), "key": .text(key.storable)])
            let held = try connection.execute(
                QueueQueries.holdKey,
                ["queue_id": .int(queue), "key": .text(key.storable), "now": .timestamp(now)])
            if let row = held.first {
                return HeldKey(
                    id: try row.int("key_id"),
                    limits: QueueKeyLimits(
                        concurrency: try row.optionalInt("concurrency"), rate: try QueueRate(row: row, "rate")),
                    isPaused: try row.bool("is_paused"))
            }
        }
        throw StoreError.contended("key \(key)")
    }
}

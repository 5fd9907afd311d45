package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension QueueStore {
    /// Nobody reads further.
    static let countMax = 10_000
    private static let lanesMax = 10_000
    private static let statsKeysMax = 20

    /// The database's clock, which decides what is told here.
    package static func now(on connection: isolated PostgresConnection) throws -> Date {
        try connection.execute(QueueReadingQueries.now).only().date("now")
    }

    /// A page in the order of names, after the given one.
    package static func list(
        after name: String = "", limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [JobQueue] {
        try self.rows(queue: nil, after: name, limit: limit, now: now, on: connection)
            .map { try JobQueue(row: $0, countMax: self.countMax) }
    }

    package static func get(
        _ queue: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> JobQueue {
        try JobQueue(row: try self.row(of: queue, now: now, on: connection), countMax: self.countMax)
    }

    package static func stats(
        _ queue: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> JobQueueStats {
        let row = try self.row(of: queue, now: now, on: connection)
        let id = try row.int("queue_id")
        let facts = try connection.execute(
            QueueReadingQueries.facts,
            ["queue_id": .int(id), "lanes_max": .int(self.lanesMax), "count_max": .int(self.countMax)]
        ).only()
        var ready: [Priority: BoundedCount] = [:]
        let priorities = try connection.execute(
            QueueReadingQueries.priorities,
            ["queue_id": .int(id), "lanes_max": .int(self.lanesMax), "count_max": .int(self.countMax)])
        for row in priorities {
            guard let priority = Priority(rawValue: try row.int("priority")) else { continue }
            ready[priority] = BoundedCount(try row.int("ready"), max: self.countMax)
        }
        let keys = try connection.execute(
            QueueReadingQueries.busiestKeys,
            [
                "queue_id": .int4(Int32(clamping: id)), "limit": .int(self.statsKeysMax),
                "count_max": .int(self.countMax), "now": .timestamp(now),
            ])
        let lanes = try self.lanes(of: id, now: now, on: connection)
        return JobQueueStats(
            queue: try JobQueue(row: row, countMax: self.countMax),
            oldestReadySince: try facts.optionalDate("oldest_ready_since"),
            nextDueAt: try facts.optionalDate("next_due_at"),
            blocked: BoundedCount(try facts.int("blocked"), max: self.countMax), readyByPriority: ready,
            lanes: lanes, hasMoreLanes: lanes.values.reduce(0, +) >= self.lanesMax,
            keys: try keys.map { try QueueKey(row: $0, countMax: self.countMax) })
    }

    /// One key; `nil` when no job has it and nothing is said of it.
    package static func key(
        _ key: String, of queue: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> QueueKey? {
        try self.keys(of: queue, only: key, after: "", limit: 1, now: now, on: connection).first
    }

    /// A page in the order of keys, after the given one.
    package static func keys(
        of queue: String, after key: String = "", limit: Int, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> [QueueKey] {
        try self.keys(of: queue, only: nil, after: key, limit: limit, now: now, on: connection)
    }

    private static func keys(
        of queue: String, only key: String?, after: String, limit: Int, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> [QueueKey] {
        let id = try self.id(of: queue, on: connection)
        return try connection.execute(
            QueueReadingQueries.keys,
            [
                "queue_id": .int(id), "key": .text(key?.storable), "after": .text(after.storable),
                "limit": .int(limit), "count_max": .int(self.countMax), "now": .timestamp(now),
            ]
        ).map { try QueueKey(row: $0, countMax: self.countMax) }
    }

    /// Lanes by what they wait for.
    static func lanes(
        of queue: Int, now: Date?, on connection: isolated PostgresConnection
    ) throws -> [String: Int] {
        var lanes: [String: Int] = [:]
        let rows = try connection.execute(
            QueueReadingQueries.lanes,
            ["queue_id": .int(queue), "lanes_max": .int(self.lanesMax), "now": .timestamp(now)])
        for row in rows {
            lanes[try row.string("state")] = try row.int("lanes")
        }
        return lanes
    }

    static func row(
        of queue: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Row {
        let rows = try self.rows(queue: queue, after: "", limit: 1, now: now, on: connection)
        guard let row = rows.first else { throw StoreError.notFound(.queue, queue) }
        return row
    }

    private static func rows(
        queue: String?, after: String, limit: Int, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Rows {
        try connection.execute(
            QueueReadingQueries.list,
            [
                "queue": .text(queue), "after": .text(after), "limit": .int(limit), "count_max": .int(self.countMax),
                "lanes_max": .int(self.lanesMax), "now": .timestamp(now),
            ])
    }
}

extension BoundedCount {
    init(_ count: Int, max: Int) { self.init(Swift.min(count, max), isExact: count <= max) }
}

extension QueueRate {
    /// - Parameter prefix: of the two columns' names.
    init?(row: Row, _ prefix: String) throws(PostgresError) {
        guard let seconds = try row.optionalDouble("\(prefix)_every_seconds"),
            let burst = try row.optionalInt("\(prefix)_burst")
        else { return nil }
        self.init(everySeconds: seconds, burst: burst)
    }
}

extension QueueLimits {
    init(row: Row) throws(PostgresError) {
        self.init(
            concurrency: try row.optionalInt("concurrency"), rate: try QueueRate(row: row, "rate"),
            keyConcurrency: try row.optionalInt("key_concurrency"), keyRate: try QueueRate(row: row, "key_rate"),
            ageingSeconds: try row.optionalDouble("ageing_seconds") ?? Self.ageingSecondsDefault)
    }
}

extension QueuePause {
    /// `nil` when there is none, or it is over.
    fileprivate init?(row: Row) throws(PostgresError) {
        guard try row.optionalBool("is_paused") == true else { return nil }
        self.init(
            by: try row.string("paused_by"), reason: try row.optionalString("pause_reason"),
            since: try row.date("paused_at"), until: try row.optionalDate("paused_until"))
    }
}

extension JobQueue {
    init(row: Row, countMax: Int) throws {
        let kind = try row.string("kind")
        guard let kind = Kind(rawValue: kind) else {
            throw StoreError.unreadable("the kind of queue \"\(kind)\" is unknown")
        }
        let inLanes = try row.int("ready_in_lanes")
        self.init(
            name: try row.string("name"), kind: kind, pause: try QueuePause(row: row),
            limits: try QueueLimits(row: row),
            ready: BoundedCount(try row.int("ready_plain") + inLanes, max: countMax),
            scheduled: BoundedCount(try row.int("scheduled"), max: countMax),
            running: BoundedCount(try row.int("running")),
            pausedJobs: BoundedCount(
                min(try row.int("paused_jobs"), countMax), isExact: try row.int("paused_in_all") <= countMax),
            robotsAlive: try row.int("robots_alive"), slots: try row.int("slots"))
    }
}

extension QueueKey {
    fileprivate init(row: Row, countMax: Int) throws {
        self.init(
            key: try row.string("key"),
            limits: QueueKeyLimits(
                concurrency: try row.optionalInt("concurrency"), rate: try QueueRate(row: row, "rate")),
            pause: try QueuePause(row: row), running: try row.int("running"),
            ready: BoundedCount(try row.int("ready"), max: countMax))
    }
}

package import CasarePostgres
package import FoundationEssentials

/// How everything stands, of all tenants together, for metrics: one statement for each group. Call within
/// `Database.asSystem`, with a limit of time: whoever has very much waits too long for it.
package enum GaugeStore {
    /// Jobs of one queue and state, letters of one tenant and state, and schedules are counted up to this.
    package static let countMax = 1_000_000
    /// Queues, by name, and robots beyond so many are left out: more series than twice as many are not kept anyway.
    package static let rowsMax = 5000
    private static let lanesMax = 1000

    /// Queues of one name.
    package struct Queue: Hashable, Sendable {
        package let name: String
        package let ready: Int
        package let scheduled: Int
        package let running: Int
        /// Those that ask a person.
        package let blocked: Int
        /// How many are paused.
        package let paused: Int
        package let eligibleRobots: Int
        /// For how long the oldest job that is ready has been so; 0: there is none.
        package let oldestSeconds: Double
    }

    package struct Letters: Hashable, Sendable {
        package let queue: String
        package let open: Int
        package let acknowledged: Int
        /// For how long the oldest open one has been there; 0: there is none.
        package let oldestOpenSeconds: Double
    }

    package struct Robot: Hashable, Sendable {
        /// As the catalogue of metrics tells states apart. One that is wedged counts by its slots, one that has missed
        /// renewals as offline. One that has ended its last session itself is stopped.
        package enum State: String, Hashable, Sendable, CaseIterable {
            case idle, busy, cordoned, draining, offline, stopped
        }

        package let name: String
        package let state: State
        /// Unix time; `nil`: it has never had a session.
        package let seenSeconds: Double?

        package init(name: String, state: State, seenSeconds: Double?) {
            self.name = name
            self.state = state
            self.seenSeconds = seenSeconds
        }
    }

    package static func queues(
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Queue] {
        try connection.execute(
            GaugeQueries.queues,
            [
                "count_max": .int(self.countMax), "lanes_max": .int(self.lanesMax), "limit": .int(self.rowsMax),
                "now": .timestamp(now),
            ]
        ).map { row in
            Queue(
                name: try row.string("name"), ready: try row.int("ready"), scheduled: try row.int("scheduled"),
                running: try row.int("running"), blocked: try row.int("blocked"), paused: try row.int("paused"),
                eligibleRobots: try row.int("robots"), oldestSeconds: try row.double("oldest_seconds"))
        }
    }

    package static func letters(
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Letters] {
        try connection.execute(
            GaugeQueries.letters,
            ["count_max": .int(self.countMax), "limit": .int(self.rowsMax), "now": .timestamp(now)]
        ).map { row in
            Letters(
                queue: try row.string("name"), open: try row.int("open"), acknowledged: try row.int("acknowledged"),
                oldestOpenSeconds: try row.optionalDouble("oldest_seconds") ?? 0)
        }
    }

    /// By name; robots of one name of several tenants stand beside each other.
    package static func robots(
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Robot] {
        try connection.execute(
            GaugeQueries.robots, ["limit": .int(self.rowsMax), "now": .timestamp(now)]
        ).map { row in
            let text = try row.string("state")
            guard let state = Robot.State(rawValue: text) else {
                throw StoreError.unreadable("a robot has the unknown state \"\(text)\"")
            }
            return Robot(
                name: try row.string("robot_id"), state: state, seenSeconds: try row.optionalDouble("seen_seconds"))
        }
    }

    package static func schedules(
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> (active: Int, paused: Int) {
        let row = try connection.execute(
            GaugeQueries.schedules, ["count_max": .int(self.countMax), "now": .timestamp(now)]
        ).only()
        return (try row.int("active"), try row.int("paused"))
    }
}

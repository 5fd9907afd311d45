package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// A part of a robot's log.
package struct RobotLogPage: Hashable, Sendable {
    /// In order.
    package let lines: [Robot.LogLine]
    /// Behind which place to go on. Lines up to there are here, or are not asked for.
    package let next: Int
}

/// Which lines of a robot's log are asked for.
package struct RobotLogQuestion: Hashable, Sendable {
    /// Only lines behind this place; 0: from the first on.
    package var after: Int
    /// Only lines that were kept then or later.
    package var since: Date?
    /// This level, and what is more urgent.
    package var level: Robot.LogLine.Level
    package var limit: Int
    /// The last `limit` of them, and not the first.
    package var isTail: Bool

    package init(
        after: Int = 0, since: Date? = nil, level: Robot.LogLine.Level = .trace, limit: Int, isTail: Bool = false
    ) {
        self.after = after
        self.since = since
        self.level = level
        self.limit = limit
        self.isTail = isTail
    }

    /// With the moment: a line's place is when it was kept.
    var place: Int {
        guard let since else { return self.after }
        // Times beyond what fits are before or after all lines anyhow.
        let microseconds = (since.timeIntervalSince1970 * 1e6).rounded(.down)
        return max(self.after, Int(min(max(microseconds, 1), 9e18)) - 1)
    }

    var levels: [String] { Robot.LogLine.Level.allCases.filter { $0 >= self.level }.map(\.rawValue) }
}

/// What robots log themselves. Call within `Database.asTenant`, but for what says otherwise.
package enum RobotLogStore {
    /// How long lines are kept where nobody says otherwise.
    package static let daysDefault = 7
    /// Partitions are made for so many days to come.
    private static let daysAhead = 7
    private static let rowsPurgedMax = 10_000

    /// Keeps lines of a robot's process, numbered from 1, in ascending order, as far as their hour has room. A line that is
    /// sent again is kept once, unless another process of the same ID has written meanwhile.
    ///
    /// - Parameter stream: tells the process from others.
    /// - Returns: the number of the last line of the process that is known.
    /// - Throws: `StoreError.notFound` for a robot that is not registered.
    @discardableResult
    package static func append(
        _ lines: [Robot.LogLine], of robot: Robot.ID, stream: UUID, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Int {
        let head = try self.head(of: robot, stream: stream, now: now, on: connection)
        let known = try head.int("number")
        let new = lines.filter { $0.number > known }
        guard let last = new.last else { return known }
        let hour = try head.date("hour")
        var window = RobotLogWindow()
        if try head.optionalDate("window_at") == hour {
            window = RobotLogWindow(
                lines: try head.int("lines"), bytes: try head.int("bytes"), isFull: try head.bool("is_full"))
        }
        let kept = new.compactMap { window.take($0) }
        let place = try head.int("place")
        if !kept.isEmpty { try self.insert(kept, of: robot, behind: place, on: connection) }
        try connection.execute(
            RobotLogQueries.advance,
            [
                "robot": .text(robot.rawValue), "position": .int(place + kept.count), "stream": .uuid(stream),
                "number": .int(last.number), "hour": .timestamp(hour), "lines": .int(window.lines),
                "bytes": .int(window.bytes), "is_full": .bool(window.isFull),
            ])
        return last.number
    }

    private static func head(
        of robot: Robot.ID, stream: UUID, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Row {
        func hold() throws -> Row? {
            try connection.execute(
                RobotLogQueries.hold,
                ["robot": .text(robot.rawValue), "stream": .uuid(stream), "now": .timestamp(now)]
            ).first
        }
        if let head = try hold() { return head }
        try connection.execute(RobotLogQueries.begin, ["robot": .text(robot.rawValue)])
        guard let head = try hold() else { throw StoreError.notFound(.robot, robot.rawValue) }
        return head
    }

    private static func insert(
        _ lines: [Robot.LogLine], of robot: Robot.ID, behind place: Int, on connection: isolated PostgresConnection
    ) throws {
        let positions = lines.indices.map { place + 1 + $0 }
        try connection.execute(
            RobotLogQueries.append,
            [
                "robot": .text(robot.rawValue), "positions": .intArray(positions),
                "times": .timestampArray(lines.map(\.at)), "levels": .textArray(lines.map(\.level.rawValue)),
                "labels": .textArray(lines.map(\.label.storable)),
                "messages": .textArray(lines.map(\.message.storable)),
                "fields": .textArray(lines.map { StoredJSON.text(of: $0.fields).storable }),
                "traces": .textArray(lines.map { $0.traceID?.description }),
                "spans": .textArray(lines.map { $0.spanID?.description }),
            ])
    }

    /// - Throws: `StoreError.notFound` where there is no such robot and nothing is left of its log.
    package static func page(
        _ question: RobotLogQuestion, of robot: Robot.ID, on connection: isolated PostgresConnection
    ) throws -> RobotLogPage {
        // Before the lines: all up to there can be seen by now.
        guard
            let reach = try connection.execute(RobotLogQueries.reach, ["robot": .text(robot.rawValue)]).first?
                .int("place")
        else { throw StoreError.notFound(.robot, robot.rawValue) }
        let after = question.place
        guard reach > after else { return RobotLogPage(lines: [], next: max(question.after, reach)) }
        let lines = try connection.execute(
            question.isTail ? RobotLogQueries.tail : RobotLogQueries.page,
            [
                "robot": .text(robot.rawValue), "after": .int(after), "until": .int(reach),
                "levels": .textArray(question.levels), "limit": .int(question.limit),
            ]
        ).map(Robot.LogLine.init(row:))
        let isWhole = question.isTail || lines.count < question.limit
        return RobotLogPage(lines: lines, next: isWhole ? reach : lines.last?.number ?? reach)
    }

    // MARK: - Keeping

    /// Creates the partitions of the coming days.
    ///
    /// Call within `Database.asSystem`. It may run in many processes at once.
    ///
    /// - Returns: how many partitions are new.
    @discardableResult
    package static func maintainPartitions(
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Int {
        try connection.execute(
            RobotLogQueries.createPartitions, ["days": .int(Self.daysAhead), "now": .timestamp(now)]
        ).only().int("created")
    }

    /// Removes what was kept so many days ago: whole days, one at a time, and what lies beside them, in bounded batches.
    /// Run it every hour, and again at once for as long as it is partial.
    ///
    /// Call within `Database.asSystem`. It may run in many processes at once.
    package static func purge(
        days: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> QueueStore.Purged {
        var purged = QueueStore.Purged()
        purged.partitions = try connection.execute(
            RobotLogQueries.dropPartitions, ["days": .int(days), "now": .timestamp(now)]
        ).only().strings("dropped")
        purged.isPartial = !purged.partitions.isEmpty
        for query in [RobotLogQueries.purgeStrays, RobotLogQueries.purgeHeads] {
            let rows = try connection.execute(
                query, ["days": .int(days), "limit": .int(Self.rowsPurgedMax), "now": .timestamp(now)]
            ).affectedRows
            purged.rows += rows
            if rows >= Self.rowsPurgedMax { purged.isPartial = true }
        }
        return purged
    }
}

extension Robot.LogLine {
    fileprivate init(row: Row) throws {
        let text = try row.string("level")
        guard let level = Level(rawValue: text) else {
            throw StoreError.unreadable("a line of a robot's log has the unknown level \"\(text)\"")
        }
        self.init(
            number: try row.int("place"), at: try row.date("at"), level: level, label: try row.string("label"),
            message: try row.string("message"),
            fields: try StoredJSON.object(try row.string("fields"), in: "a line of a robot's log"),
            traceID: try row.optionalString("trace").flatMap { TraceID($0) },
            spanID: try row.optionalString("span").flatMap { SpanID($0) })
    }
}

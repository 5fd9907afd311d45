package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension LeaseStore {
    /// How many lanes are looked at at least, twice for each requirement that the robot meets.
    private static let lanesMin = 8
    private static let lanesMax = 64
    /// What a lane gives at a time at least, as a share of what is asked for: turning a lane costs a write.
    private static let lanesPerLeaseMax = 4
    /// A lease that comes back short looks again, for what its first look has brought into view.
    private static let looksMax = 2

    /// Leases up to `limit` ready jobs of the session's queue, as the queue's rules have it: the most urgent first, the
    /// longer they have waited the more urgent. None when the session has ended, which `cursor` tells.
    package static func lease(
        _ session: Robot.SessionID, limit: Int, cursor: inout LeaseCursor,
        at instant: ContinuousClock.Instant = .now, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [LeasedJob] {
        if cursor.mode.givesNothing {
            // Nothing that could tell has been leased meanwhile.
            cursor.mode = try self.mode(session, now: now, on: connection)
        }
        var leasing = Leasing(session: session, limit: limit, now: now)
        let before = cursor.mode
        try leasing.lease(&cursor, at: instant, on: connection)
        try self.lookAgain(&leasing, &cursor, after: before, at: instant, on: connection)
        return leasing.jobs
    }

    /// A lease that found nothing looks whether the queue is still of the kind that it was taken for.
    static func lookAgain(
        _ leasing: inout Leasing, _ cursor: inout LeaseCursor, after before: LeaseCursor.Mode,
        at instant: ContinuousClock.Instant, on connection: isolated PostgresConnection
    ) throws {
        guard leasing.jobs.isEmpty, !before.givesNothing else { return }
        cursor.mode = try self.mode(leasing.session, now: leasing.now, on: connection)
        if cursor.mode != before { try leasing.lease(&cursor, at: instant, on: connection) }
    }

    private static func mode(
        _ session: Robot.SessionID, now: Date?, on connection: isolated PostgresConnection
    ) throws -> LeaseCursor.Mode {
        let rows = try connection.execute(
            LeaseQueries.kind, ["session": .int8(session.rawValue), "now": .timestamp(now)])
        guard let text = try rows.first?.string("kind") else { return .ended }
        guard let mode = LeaseCursor.Mode(rawValue: text) else {
            throw StoreError.unreadable("the kind of queue \"\(text)\" is unknown")
        }
        return mode
    }

    /// One lease, of as many statements as it takes.
    struct Leasing {
        let session: Robot.SessionID
        let limit: Int
        let now: Date?
        var jobs: [LeasedJob] = []
        private var documents: [DocumentKey: String] = [:]
        /// By their text. Jobs mostly have the same, and reading it takes longer than the rest of a job's row.
        private var options: [String: Job.Options] = [:]

        private struct DocumentKey: Hashable {
            let workflow: UUID
            let version: Int
        }

        init(session: Robot.SessionID, limit: Int, now: Date?) {
            self.session = session
            self.limit = limit
            self.now = now
        }

        private var missing: Int { self.limit - self.jobs.count }

        mutating func lease(
            _ cursor: inout LeaseCursor, at instant: ContinuousClock.Instant, on connection: isolated PostgresConnection
        ) throws {
            switch cursor.mode {
            case .plain: try self.leasePlain(&cursor, at: instant, on: connection)
            case .lanes: try self.leaseLanes(on: connection)
            case .limited:
                let locked = try connection.execute(
                    LeaseQueries.lockQueue, ["session": .int8(self.session.rawValue)])
                if let row = locked.first, try !row.bool("is_limited") { cursor.mode = .lanes }
                try self.leaseLanes(on: connection)
            case .paused, .cordoned, .ended: break
            }
        }

        private mutating func leasePlain(
            _ cursor: inout LeaseCursor, at instant: ContinuousClock.Instant, on connection: isolated PostgresConnection
        ) throws {
            try self.leasePlain(
                from: try self.scan(&cursor, at: instant, on: connection), &cursor, at: instant, on: connection)
        }

        /// The scan of a plain queue that is due.
        func scan(
            _ cursor: inout LeaseCursor, at instant: ContinuousClock.Instant, on connection: isolated PostgresConnection
        ) throws -> Watermarks.Scan {
            if cursor.agedIsDue(at: instant) {
                cursor.watermarks.aged(try self.aged(cursor.watermarks, on: connection))
            }
            return cursor.watermarks.scanBegan(at: instant)
        }

        mutating func leasePlain(
            from first: Watermarks.Scan?, _ cursor: inout LeaseCursor, at instant: ContinuousClock.Instant,
            on connection: isolated PostgresConnection
        ) throws {
            var next = first
            while let scan = next {
                let asked = self.missing
                let rows = try connection.execute(
                    LeaseQueries.lease,
                    [
                        "session": .int8(self.session.rawValue), "priorities": .int2Array(scan.parts.map(\.priority)),
                        "watermarks": .int8Array(scan.parts.map(\.after)),
                        "untils": .int8Array(scan.parts.map(\.until)), "limit": .int(asked),
                        "now": .timestamp(self.now),
                    ])
                let places = try self.take(rows)
                next = cursor.watermarks.scanEnded(scan, found: places, askedFor: asked, at: instant)
            }
        }

        /// The priorities that have jobs which have waited long enough to be as urgent as any, and up to which place.
        private func aged(
            _ watermarks: Watermarks, on connection: isolated PostgresConnection
        ) throws -> [Priority: Int64] {
            let rows = try connection.execute(
                LeaseQueries.aged,
                [
                    "session": .int8(self.session.rawValue), "priorities": .int2Array(Watermarks.priorities),
                    "watermarks": .int8Array(watermarks.marks),
                    "step_seconds": .double(QueueLimits.ageingSecondsDefault), "now": .timestamp(self.now),
                ])
            var places: [Priority: Int64] = [:]
            for row in rows {
                guard let priority = Priority(rawValue: try row.int("priority")) else { continue }
                places[priority] = try row.int64("seq")
            }
            return places
        }

        private mutating func leaseLanes(on connection: isolated PostgresConnection) throws {
            for _ in 1...LeaseStore.looksMax where self.missing > 0 {
                let asked = self.missing
                let rows = try connection.execute(
                    LeaseQueries.leaseLanes,
                    [
                        "session": .int8(self.session.rawValue), "limit": .int(asked),
                        "lanes": .int(max(LeaseStore.lanesMin, min(2 * asked, LeaseStore.lanesMax))),
                        "share": .int(max(1, asked / LeaseStore.lanesPerLeaseMax)),
                        "turn_from": .timestamp(.distantPast),
                        "now": .timestamp(self.now),
                    ])
                _ = try self.take(rows)
            }
        }

        mutating func take(_ rows: some Sequence<Row>) throws -> [(priority: Priority, seq: Int64)] {
            var places: [(priority: Priority, seq: Int64)] = []
            for row in rows {
                let job = try self.leasedJob(row)
                places.append((job.priority, try row.int64("seq")))
                self.jobs.append(job)
            }
            return places
        }

        private mutating func leasedJob(_ row: Row) throws -> LeasedJob {
            let id = Job.ID(rawValue: try row.uuid("job_id"))
            let version = DocumentKey(
                workflow: try row.uuid("workflow_id"), version: try row.int("workflow_version"))
            if let document = try row.optionalString("document") {
                self.documents[version] = document
            }
            let optionsText = try row.string("options")
            let options = try self.options[optionsText] ?? StoredJSON.options(optionsText, in: "job \(id)")
            self.options[optionsText] = options
            guard let priority = Priority(rawValue: try row.int("priority")), let document = self.documents[version]
            else { throw StoreError.unreadable("job \(id) has an impossible priority or no document") }
            return LeasedJob(
                lease: Lease(job: id, token: .init(rawValue: try row.int64("token"))), attempt: try row.int("attempt"),
                workflowName: try row.string("workflow_name"), workflowVersion: version.version, document: document,
                variables: try StoredJSON.object(try row.string("variables"), in: "job \(id)"),
                options: options, priority: priority,
                policy: try SafetyPolicy(row: row))
        }
    }
}

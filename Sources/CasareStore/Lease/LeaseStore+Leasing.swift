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
    /// How soon a robot looks again whose tenant has no room, or had none.
    private static let boundedLook: Duration = .seconds(1)
    /// A lease that found nothing but jobs past their deadlines begins anew this often.
    private static let lateRoundsMax = 10

    /// Leases up to `limit` ready jobs of the session's queue, as the queue's rules have it: the most urgent first, the
    /// longer they have waited the more urgent. None when the session has ended, which `cursor` tells.
    package static func lease(
        _ session: Robot.SessionID, limit: Int, cursor: inout LeaseCursor,
        at instant: ContinuousClock.Instant = .now, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [LeasedJob] {
        cursor.expired = []
        cursor.lookIn = nil
        if cursor.mode.givesNothing {
            // Nothing that could tell has been leased meanwhile.
            try self.learnMode(of: session, &cursor, now: now, on: connection)
        }
        var leasing = Leasing(session: session, limit: limit, now: now)
        let known = (mode: cursor.mode, isBounded: cursor.isBounded)
        defer { cursor.expired = leasing.expired }
        for _ in 1...self.lateRoundsMax {
            let expired = leasing.expired.count
            try leasing.lease(&cursor, at: instant, on: connection)
            if !leasing.jobs.isEmpty || leasing.expired.count == expired { break }
        }
        try leasing.lookAgain(&cursor, after: known, at: instant, on: connection)
        return leasing.jobs
    }

    /// What became of a batch, and the next one.
    package struct Turn: Hashable, Sendable {
        /// Jobs that were to be completed and whose leases are lost: nothing was written for them.
        package let lost: Set<Job.ID>
        package let leased: [LeasedJob]
    }

    /// Ends jobs as completed and leases up to `limit` others of the session's queue.
    ///
    /// From a queue without rules that is one statement, unless a scan must be repeated from zero or there are journal
    /// entries to write before. Where there are entries, rules or quotas, call it within a transaction.
    package static func completeAndLease(
        _ completions: [Completion], for session: Robot.SessionID, limit: Int, cursor: inout LeaseCursor,
        at instant: ContinuousClock.Instant = .now, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Turn {
        guard cursor.isPlain else {
            // The lease must see the slots that the completions free.
            let lost = try self.completeBatch(completions, now: now, on: connection).lost
            let leased = try self.lease(
                session, limit: limit, cursor: &cursor, at: instant, now: now, on: connection)
            return Turn(lost: lost, leased: leased)
        }
        try self.writeEntries(completions.map { Checkpoint(lease: $0.lease, entries: $0.entries) }, on: connection)
        var leasing = Leasing(session: session, limit: limit, now: now)
        cursor.expired = []
        cursor.lookIn = nil
        defer { cursor.expired = leasing.expired }
        let missed = try leasing.leasePlain(&cursor, completing: completions, at: instant, on: connection)
        let lost = try self.endOverlooked(
            completions, of: CompletedBatch(lost: missed, makesRoom: false), now: now, on: connection
        ).lost
        if limit > 0 { try leasing.lookAgain(&cursor, after: (.plain, false), at: instant, on: connection) }
        return Turn(lost: lost, leased: leasing.jobs)
    }

    fileprivate static func learnMode(
        of session: Robot.SessionID, _ cursor: inout LeaseCursor, now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        let rows = try connection.execute(
            LeaseQueries.kind, ["session": .int8(session.rawValue), "now": .timestamp(now)])
        guard let row = rows.first else {
            cursor.mode = .ended
            return
        }
        let kind = try row.string("kind")
        guard let mode = LeaseCursor.Mode(rawValue: kind) else {
            throw StoreError.unreadable("the kind of queue \"\(kind)\" is unknown")
        }
        cursor.mode = mode
        cursor.isBounded = try row.bool("is_bounded")
        cursor.lookIn = try row.decode("look_in_seconds", as: Double?.self).map { .seconds($0) }
    }

    /// One lease, of as many statements as it takes.
    private struct Leasing {
        let session: Robot.SessionID
        /// Less than was asked for where the tenant has no more room.
        private var limit: Int
        let now: Date?
        private(set) var jobs: [LeasedJob] = []
        /// Those that nobody had begun by their deadlines: ended unrun.
        private(set) var expired: [Job.ID] = []
        private var texts = LeasedTexts()

        init(session: Robot.SessionID, limit: Int, now: Date?) {
            self.session = session
            self.limit = limit
            self.now = now
        }

        private var missing: Int { self.limit - self.jobs.count }

        /// When a lease found nothing: rules that came or went meanwhile may have been why.
        mutating func lookAgain(
            _ cursor: inout LeaseCursor, after known: (mode: LeaseCursor.Mode, isBounded: Bool),
            at instant: ContinuousClock.Instant, on connection: isolated PostgresConnection
        ) throws {
            guard self.jobs.isEmpty, !known.mode.givesNothing else { return }
            try LeaseStore.learnMode(of: self.session, &cursor, now: self.now, on: connection)
            // Nobody says that there is room again, as other queues' jobs make it, too.
            if cursor.isBounded { cursor.lookIn = min(cursor.lookIn ?? LeaseStore.boundedLook, LeaseStore.boundedLook) }
            // Who has just learnt that the tenant is bounded comes again, in a transaction.
            guard !cursor.isBounded || known.isBounded || connection.isInTransaction else {
                cursor.lookIn = .zero
                return
            }
            if cursor.mode != known.mode || cursor.isBounded != known.isBounded {
                try self.lease(&cursor, at: instant, on: connection)
            }
        }

        mutating func lease(
            _ cursor: inout LeaseCursor, at instant: ContinuousClock.Instant, on connection: isolated PostgresConnection
        ) throws {
            if cursor.isBounded { try self.bound(&cursor, on: connection) }
            guard self.missing > 0 || !cursor.isBounded else { return }
            switch cursor.mode {
            case .plain: _ = try self.leasePlain(&cursor, completing: nil, at: instant, on: connection)
            case .lanes: try self.leaseLanes(&cursor, at: instant, on: connection)
            case .limited:
                let locked = try connection.execute(
                    LeaseQueries.lockQueue, ["session": .int8(self.session.rawValue)])
                if let row = locked.first, try !row.bool("is_limited") { cursor.mode = .lanes }
                try self.leaseLanes(&cursor, at: instant, on: connection)
            case .paused, .cordoned, .ended: break
            }
        }

        /// Asks for no more than the tenant may still run.
        private mutating func bound(_ cursor: inout LeaseCursor, on connection: isolated PostgresConnection) throws {
            guard let row = try connection.execute(LeaseQueries.lockTenant).first else {
                cursor.isBounded = false
                return
            }
            let most = try row.bool("is_suspended") ? 0 : Int(clamping: try row.optionalInt64("concurrency") ?? .max)
            let running =
                most == 0 ? 0 : try connection.execute(LeaseQueries.running, ["limit": .int(most)]).only().int("leases")
            self.limit = self.jobs.count + min(self.missing, max(0, most - running))
        }

        /// - Parameter completions: ended by the first statement.
        /// - Returns: those of them whose leases are lost.
        mutating func leasePlain(
            _ cursor: inout LeaseCursor, completing completions: [Completion]?, at instant: ContinuousClock.Instant,
            on connection: isolated PostgresConnection
        ) throws -> Set<Job.ID> {
            if cursor.agedIsDue(at: instant) {
                cursor.watermarks.aged(try self.aged(cursor.watermarks, on: connection))
            }
            var waiting = completions
            var lost = Set((completions ?? []).map(\.lease.job))
            var next: Watermarks.Scan? = cursor.watermarks.scanBegan(at: instant)
            while let scan = next {
                let asked = self.missing
                let rows = try self.rows(
                    of: scan, completing: waiting, isBounded: cursor.isBounded, on: connection)
                if waiting != nil {
                    for row in rows {
                        if try row.bool("is_completed") { lost.remove(Job.ID(rawValue: try row.uuid("job_id"))) }
                    }
                }
                let places = try self.take(rows, besidesCompleted: waiting != nil, on: connection)
                waiting = nil
                next = cursor.watermarks.scanEnded(scan, found: places, askedFor: asked, at: instant)
            }
            return lost
        }

        private func rows(
            of scan: Watermarks.Scan, completing completions: [Completion]?, isBounded: Bool,
            on connection: isolated PostgresConnection
        ) throws -> Rows {
            let priorities = PostgresValue.int2Array(scan.parts.map(\.priority))
            let marks = PostgresValue.int8Array(scan.parts.map(\.after))
            let untils = PostgresValue.int8Array(scan.parts.map(\.until))
            guard let completions else {
                return try connection.execute(
                    isBounded ? LeaseQueries.leaseBounded : LeaseQueries.lease,
                    [
                        "session": .int8(self.session.rawValue), "priorities": priorities, "watermarks": marks,
                        "untils": untils, "limit": .int(self.missing), "now": .timestamp(self.now),
                    ])
            }
            return try connection.execute(
                LeaseQueries.completeAndLease,
                [
                    "jobs": .uuidArray(completions.map(\.lease.job.rawValue)),
                    "tokens": .int8Array(completions.map(\.lease.token.rawValue)),
                    "results": .textArray(completions.map { StoredJSON.text(of: $0.result.json) }),
                    "session": .int8(self.session.rawValue), "priorities": priorities, "watermarks": marks,
                    "untils": untils, "limit": .int(self.missing), "now": .timestamp(self.now),
                ])
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

        private mutating func leaseLanes(
            _ cursor: inout LeaseCursor, at instant: ContinuousClock.Instant, on connection: isolated PostgresConnection
        ) throws {
            // All turns now and then, and when the first look comes back short.
            var turns = cursor.turns.flatMap { instant - $0.readAt < LeaseCursor.Turns.interval ? $0 : nil }
            cursor.turns = nil
            for _ in 1...LeaseStore.looksMax where self.missing > 0 {
                let asked = self.missing
                let rows = try connection.execute(
                    cursor.isBounded ? LeaseQueries.leaseLanesBounded : LeaseQueries.leaseLanes,
                    [
                        "session": .int8(self.session.rawValue), "limit": .int(asked),
                        "lanes": .int(max(LeaseStore.lanesMin, min(2 * asked, LeaseStore.lanesMax))),
                        "share": .int(max(1, asked / LeaseStore.lanesPerLeaseMax)),
                        "turn_from": .timestamp(turns?.from), "now": .timestamp(self.now),
                    ])
                _ = try self.take(rows, on: connection)
                if let row = rows.first, let next = try row.optionalDate("next_turn") {
                    // A date is not exact to the microsecond.
                    cursor.turns = LeaseCursor.Turns(from: next - 0.001, readAt: turns?.readAt ?? instant)
                }
                turns = nil
            }
        }

        /// Adds the jobs to those that were leased, and ends those unrun that nobody has begun by their deadlines.
        private mutating func take(
            _ rows: Rows, besidesCompleted: Bool = false, on connection: isolated PostgresConnection
        ) throws -> [(priority: Priority, seq: Int64)] {
            var places: [(priority: Priority, seq: Int64)] = []
            let due = try self.due(rows, besidesCompleted: besidesCompleted, on: connection)
            for row in rows {
                if besidesCompleted, try row.bool("is_completed") { continue }
                let job = try self.texts.job(row, due: due)
                places.append((job.priority, try row.int64("seq")))
                if try row.bool("is_late"), try LeaseStore.expire(job.lease, now: self.now, on: connection) {
                    self.expired.append(job.lease.job)
                } else {
                    self.jobs.append(job)
                }
            }
            return places
        }

        /// For how long those have been due for the first time of which the lease itself does not say it.
        private func due(
            _ rows: Rows, besidesCompleted: Bool, on connection: isolated PostgresConnection
        ) throws -> [Job.ID: Double] {
            var jobs: [UUID] = []
            for row in rows {
                if besidesCompleted, try row.bool("is_completed") { continue }
                if try row.optionalDouble("due_seconds") == nil { jobs.append(try row.uuid("job_id")) }
            }
            guard !jobs.isEmpty else { return [:] }
            var due: [Job.ID: Double] = [:]
            let found = try connection.execute(
                LeaseQueries.due, ["jobs": .uuidArray(jobs), "now": .timestamp(self.now)])
            for row in found { due[Job.ID(rawValue: try row.uuid("job_id"))] = try row.double("seconds") }
            return due
        }
    }
}

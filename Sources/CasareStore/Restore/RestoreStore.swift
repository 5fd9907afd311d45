package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// A database that was restored from a backup knows less than the robots, and than the world outside. Each such restore
/// begins a new *epoch*: nothing of before goes on by itself that may have gone on in the time that was lost.
package enum RestoreStore {
    /// As whom jobs are held.
    package static let name = "restore"
    /// Schedules that are moved on in one look.
    private static let schedulesPerPage = 500

    private static let question =
        "The database was restored from a backup in which this job was running. It may have gone on since, and ended: "
        + "what it did after its last recorded step is not known here. Look at what it works on; then answer retry to "
        + "go on from here, or fail."
    private static let reason =
        "the database was restored from a backup in which this job was waiting: it may have run since. Resume it where "
        + "it has not"

    /// What is known of the database as a whole.
    package struct Installation: Hashable, Sendable {
        package let epoch: Int
        package let timeline: Int64?
        package let seenAt: Date?
        package let suspectedAt: Date?
        package let suspectedWhy: String?
    }

    /// An epoch, and what was done when it began.
    package struct Epoch: Hashable, Sendable {
        package let number: Int
        package let at: Date
        package let declaredBy: String
        package let why: String
        /// The last moment that the restored state knows of, if any.
        package let stateOf: Date?
        package let jobsBlocked: Int
        package let jobsHeld: Int
        package let schedulesMoved: Int
        package let secretLeasesDropped: Int
    }

    /// Where numbers stand that only ever grow.
    package struct Marks: Hashable, Sendable {
        package let epoch: Int
        package let timeline: Int64
        package let token: Int64
        package let event: Int64

        package init(epoch: Int, timeline: Int64, token: Int64, event: Int64) {
            self.epoch = epoch
            self.timeline = timeline
            self.token = token
            self.event = event
        }

        /// Why the database must be an older state than the one that these marks were read of; `nil`: nothing says so.
        ///
        /// A new timeline alone proves nothing: a failover that lost nothing has one, too.
        package func loss(since earlier: Marks) -> String? {
            guard self.epoch == earlier.epoch else { return nil }
            if self.token < earlier.token {
                return "a server has seen lease token \(earlier.token), and the last of this database is \(self.token)"
            }
            if self.event < earlier.event {
                return "a server has seen event \(earlier.event), and the last one of this database is \(self.event)"
            }
            return nil
        }
    }

    /// Call within `Database.asSystem`.
    package static func installation(on connection: isolated PostgresConnection) throws -> Installation {
        let row = try connection.execute(RestoreQueries.get).only()
        return Installation(
            epoch: try row.int("epoch"), timeline: try row.optionalInt64("timeline"),
            seenAt: try row.optionalDate("seen_at"), suspectedAt: try row.optionalDate("suspected_at"),
            suspectedWhy: try row.optionalString("suspected_why"))
    }

    /// The newest first. Call within `Database.asSystem`.
    package static func epochs(limit: Int, on connection: isolated PostgresConnection) throws -> [Epoch] {
        try connection.execute(RestoreQueries.epochs, ["limit": .int(limit)]).map(Epoch.init(row:))
    }

    /// Call within `Database.asSystem`.
    package static func marks(on connection: isolated PostgresConnection) throws -> Marks {
        let row = try connection.execute(RestoreQueries.marks).only()
        return Marks(
            epoch: try row.int("epoch"), timeline: try row.int64("timeline"), token: try row.int64("token"),
            event: try row.int64("event"))
    }

    /// Looks at the database as a server does from time to time: notes that it was there, and suspects a restore where
    /// the timeline is another than before. Call within `Database.inSystem`.
    ///
    /// - Returns: what is suspected, by whomever.
    package static func look(now: Date? = nil, on connection: isolated PostgresConnection) throws -> Installation {
        let known = try self.installation(on: connection)
        let marks = try self.marks(on: connection)
        if let timeline = known.timeline, timeline != marks.timeline {
            try self.suspect(
                "the server writes timeline \(marks.timeline), and it was \(timeline): it was restored to a moment, or "
                    + "another server took over", now: now, on: connection)
        }
        try connection.execute(RestoreQueries.seen, ["now": .timestamp(now)])
        return try self.installation(on: connection)
    }

    /// Call within `Database.inSystem`.
    package static func suspect(
        _ why: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(RestoreQueries.suspect, ["why": .text(why), "now": .timestamp(now)])
    }

    /// Somebody knows that nothing was lost. Call within `Database.inSystem`.
    package static func dismiss(on connection: isolated PostgresConnection) throws {
        try connection.execute(RestoreQueries.dismiss)
    }

    /// A robot shows what it believes to hold: a token that this database never gave tells of a time that was lost.
    /// Call within `Database.asTenant`.
    package static func witness(_ held: [Lease], on connection: isolated PostgresConnection) throws {
        guard let token = held.map(\.token.rawValue).max() else { return }
        try connection.execute(RestoreQueries.witness, ["token": .int8(token)])
    }

    // MARK: - A new epoch

    /// A way into a database that lets nobody else in, for who begins the epoch. It opens no connection yet; close it.
    package static func passage(to configuration: PostgresConfiguration) -> Database {
        var configuration = configuration
        configuration.settings["casare.admission"] = "restorer"
        return Database(configuration, connectionsMax: 1)
    }

    /// The backup that the server says it was started from while nobody else has said so. Call within
    /// `Database.inSystem`.
    package static func restoredFrom(on connection: isolated PostgresConnection) throws -> String? {
        try connection.execute(RestoreQueries.restoredFrom).only().optionalString("backup")
    }

    /// Keeps everybody out until the transaction is over, who begins an epoch included: what is read then is still so
    /// when the epoch begins. Call within `Database.inSystem`.
    package static func hold(on connection: isolated PostgresConnection) throws {
        try connection.execute(RestoreQueries.wait)
        try connection.execute(RestoreQueries.lockInstallation)
        try connection.execute(RestoreQueries.lockRotations)
        try connection.execute(RestoreQueries.lockTables)
    }

    /// What to do with what the restored state was about to do.
    package struct Declaration: Hashable, Sendable {
        package let person: String
        package let why: String
        /// A lease token that somebody has seen: tokens go on behind it.
        package let tokenSeen: Int64?
        /// Jobs that waited may have run since, so they stand still; else they run.
        package let holdsWaiting: Bool

        package init(by person: String, why: String, tokenSeen: Int64? = nil, holdsWaiting: Bool = true) {
            self.person = person
            self.why = why
            self.tokenSeen = tokenSeen
            self.holdsWaiting = holdsWaiting
        }
    }

    /// Begins a new epoch, in one transaction in which nobody leases, submits, fires or rotates:
    ///
    /// - Tokens, sessions and events go on behind all that may have been given in the time that was lost.
    /// - Jobs that were running are blocked: a person says whether they go on. No attempt is used up.
    /// - Jobs that waited stand still, unless they are known not to have run.
    /// - Ticks of schedules up to now are skipped as `restored`.
    /// - Secrets that their policies would rotate now are left alone, and rotations that were under way are not given
    ///   up by a time, until a person has said which value counts.
    /// - What was leased from secret providers is dropped; robots ask anew.
    ///
    /// Call within `Database.inSystem`, on a connection of the system.
    ///
    /// - Throws: what the database says, when somebody keeps its tables locked for instance: then nothing was done.
    package static func declare(
        _ declaration: Declaration, zones: ZoneCatalogue, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Epoch {
        try self.hold(on: connection)
        let stateOf = try connection.execute(RestoreQueries.stateOf).only().optionalDate("state_of")
        let begun = try connection.execute(
            RestoreQueries.begin, ["token_seen": .int8(declaration.tokenSeen)]
        ).only()
        let tokenBefore = try begun.int64("token_before")
        try connection.execute(RestoreQueries.endSessions, ["now": .timestamp(now)])
        let blocked = try connection.execute(
            RestoreQueries.blockLeases,
            ["token_before": .int8(tokenBefore), "question": .text(self.question), "now": .timestamp(now)]
        ).only().int("jobs")
        let held =
            !declaration.holdsWaiting
            ? 0
            : try connection.execute(
                RestoreQueries.holdWaiting,
                ["by": .text(self.name), "reason": .text(self.reason), "now": .timestamp(now)]
            ).only().int("jobs")
        try connection.execute(RestoreQueries.keepRotations)
        try connection.execute(
            RestoreQueries.holdRotations,
            ["why": .text(SecretRotationStore.heldWhy), "by": .text(self.name), "now": .timestamp(now)])
        let schedules = try self.passSchedules(zones: zones, now: now, on: connection)
        let row = try connection.execute(
            RestoreQueries.record,
            [
                "epoch": .int(try begun.int("epoch")), "by": .text(declaration.person.storable),
                "why": .text(declaration.why.storable), "state_of": .timestamp(stateOf),
                "token_before": .int8(tokenBefore), "blocked": .int(blocked), "held": .int(held),
                "schedules": .int(schedules), "secret_leases": .int(try begun.int("secret_leases_dropped")),
                "now": .timestamp(now),
            ]
        ).only()
        return try Epoch(row: row)
    }

    /// Moves schedules on whose moment has come; returns how many.
    private static func passSchedules(
        zones: ZoneCatalogue, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Int {
        var moved = 0
        var (tenant, schedule): (Int32, UUID) = (0, Job.ID.first.rawValue)
        while true {
            let page = try connection.execute(
                RestoreQueries.dueSchedules,
                [
                    "after_tenant": .int4(tenant), "after_schedule": .uuid(schedule),
                    "limit": .int(self.schedulesPerPage), "now": .timestamp(now),
                ])
            for row in page {
                let owner: Int32 = try row.decode("tenant_id")
                // Their statements see the rows of one tenant.
                if owner != tenant { try connection.execute(SettingQueries.tenant, ["tenant": .text(String(owner))]) }
                (tenant, schedule) = (owner, try row.uuid("schedule_id"))
                if try ScheduleStore.passRestored(.init(rawValue: schedule), zones: zones, now: now, on: connection) {
                    moved += 1
                }
            }
            guard page.count >= self.schedulesPerPage else { return moved }
        }
    }
}

extension RestoreStore.Epoch {
    fileprivate init(row: Row) throws {
        self.init(
            number: try row.int("epoch"), at: try row.date("at"), declaredBy: try row.string("declared_by"),
            why: try row.string("why"), stateOf: try row.optionalDate("state_of"),
            jobsBlocked: try row.int("jobs_blocked"), jobsHeld: try row.int("jobs_held"),
            schedulesMoved: try row.int("schedules_moved"),
            secretLeasesDropped: try row.int("secret_leases_dropped"))
    }
}

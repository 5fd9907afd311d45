package import CasareDomain
package import FoundationEssentials

/// Robots, the sessions of their boots, and what becomes of leases whose session is over.
extension MemoryQueue {
    struct RobotRecord: Sendable {
        let environment: String
        let tags: [String]
        let capabilities: [String]
        let slots: Int
        let registeredAt: Date
    }

    struct Session: Sendable {
        let robot: Robot.ID
        let boot: UUID
        /// The robot's when it began.
        let environment: String
        let leaseDuration: Duration
        var seenAt: Date
        var aliveUntil: Date
        var endedAt: Date?
    }

    // MARK: - Robots

    /// Adds a robot, or changes what is known about it. A session that is open keeps its environment.
    @discardableResult
    package mutating func register(
        _ id: Robot.ID, environment: String, tags: [String], capabilities: [String], slots: Int, now: Date
    ) -> Robot {
        let record = RobotRecord(
            environment: environment, tags: tags, capabilities: capabilities, slots: slots,
            registeredAt: self.robots[id]?.registeredAt ?? now)
        self.robots[id] = record
        return self.robot(id, record, now)
    }

    package func robot(_ id: Robot.ID, now: Date) throws(StoreError) -> Robot {
        guard let record = self.robots[id] else { throw .notFound(.robot, id.rawValue) }
        return self.robot(id, record, now)
    }

    /// A page in the order of IDs, after the given one.
    package func robots(after: Robot.ID? = nil, limit: Int, now: Date) -> [Robot] {
        self.robots.filter { $0.key.rawValue > after?.rawValue ?? "" }
            .sorted { $0.key.rawValue < $1.key.rawValue }.prefix(limit).map { self.robot($0.key, $0.value, now) }
    }

    private func robot(_ id: Robot.ID, _ record: RobotRecord, _ now: Date) -> Robot {
        let sessions = self.sessions.filter { $0.value.robot == id }
        let open = sessions.filter { $0.value.endedAt == nil }
        let slotsInUse = self.leases { open[$0] != nil }.count
        let alive = open.values.count { $0.aliveUntil > now }
        let slots = Robot.slotsInAll(record.slots, sessions: alive)
        return Robot(
            id: id, environment: record.environment, tags: record.tags, capabilities: record.capabilities,
            slots: record.slots, sessions: alive,
            status: alive == 0 ? .offline : slotsInUse >= slots ? .busy : .live, slotsInUse: slotsInUse,
            lastSeenAt: sessions.values.map(\.seenAt).max(), registeredAt: record.registeredAt)
    }

    // MARK: - Sessions

    /// Opens a session for one boot of a registered robot. An earlier session of the same boot ends.
    package mutating func openSession(
        _ robot: Robot.ID, boot: UUID, leaseDuration: Duration = LeaseStore.leaseDurationDefault, now: Date
    ) throws(StoreError) -> Robot.SessionID {
        guard let record = self.robots[robot] else { throw .notFound(.robot, robot.rawValue) }
        for (id, session) in self.sessions
        where session.robot == robot && session.boot == boot && session.endedAt == nil {
            self.end(id, now)
        }
        self.lastSession += 1
        let id = Robot.SessionID(rawValue: self.lastSession)
        self.sessions[id] = Session(
            robot: robot, boot: boot, environment: record.environment, leaseDuration: leaseDuration, seenAt: now,
            aliveUntil: now + leaseDuration.seconds)
        return id
    }

    func openSession(_ id: Robot.SessionID) throws(StoreError) -> Session {
        guard let session = self.sessions[id], session.endedAt == nil else { throw .sessionEnded(id) }
        return session
    }

    /// Says that a session is alive, and hears which of the leases that its robot names are lost. Those that it has had
    /// for long and its robot does not name are taken from it: nobody would end them.
    package mutating func renew(
        _ id: Robot.SessionID, held: [Lease], now: Date
    ) throws(StoreError) -> Renewal {
        let session = try self.openSession(id)
        self.sessions[id]?.seenAt = now
        self.sessions[id]?.aliveUntil = now + session.leaseDuration.seconds
        let own = Set(self.leases { $0 == id })
        let named = Set(held.map(\.job))
        for lease in own.subtracting(held) where !named.contains(lease.job) {
            guard let holding = try? self.holding(lease).holding,  // It is among the session's own.
                holding.since < now - LeaseStore.unclaimedAfter.seconds
            else { continue }
            _ = self.crash(lease, LeaseStore.unclaimedMessage, now)
        }
        let paused = held.filter { lease in
            guard own.contains(lease), case .leased(let holding) = self.records[lease.job]?.place else { return false }
            return holding.pause != nil
        }
        return Renewal(
            lost: Set(held.filter { !own.contains($0) }.map(\.job)), paused: Set(paused.map(\.job)),
            leaseSeconds: session.leaseDuration.seconds,
            slots: self.robots[session.robot]?.slots ?? 1, order: nil)
    }

    /// Ends a session and hands back everything that it holds, without consuming attempts.
    package mutating func closeSession(
        _ id: Robot.SessionID, reason: String = "The robot stopped.", now: Date
    ) throws(StoreError) {
        guard self.sessions[id]?.endedAt == nil else { return }
        self.sessions[id]?.endedAt = now
        for lease in self.leases(where: { $0 == id }) { try self.release(lease, reason: reason, now: now) }
    }

    /// In the order of jobs.
    private func leases(where isWanted: (Robot.SessionID) -> Bool) -> [Lease] {
        self.leased.sorted().compactMap { job in
            guard case .leased(let holding) = self.records[job]?.place, isWanted(holding.session) else { return nil }
            return Lease(job: job, token: holding.token)
        }
    }

    // MARK: - What time brings

    /// Sessions that ended are known for this long: who was seen when.
    private static let endedSessionsKeptFor = Duration.seconds(86_400)
    private static let purgeInterval = Duration.seconds(600)

    /// Ends the sessions that were not heard of in time and deals with the jobs that they held; removes now and then
    /// what has run out.
    @discardableResult
    package mutating func sweep(now: Date) -> SweepReport {
        var report = SweepReport()
        for (id, session) in self.sessions where session.endedAt == nil && session.aliveUntil <= now {
            self.end(id, now)
            report.sessionsEnded += 1
        }
        for lease in self.takeOrphans() {
            let job = TenantJob(tenant: .default, job: lease.job)
            if self.crash(lease, LeaseStore.lostMessage, now) {
                report.requeued.append(job)
            } else {
                report.deadLettered.append(job)
            }
        }
        self.forgetOldJobs()
        if now >= self.nextPurgeAt { self.purge(now) }
        return report
    }

    private mutating func end(_ session: Robot.SessionID, _ now: Date) {
        self.sessions[session]?.endedAt = now
        self.mayHaveOrphans = true
    }

    /// The leases whose sessions are over.
    private mutating func takeOrphans() -> [Lease] {
        guard self.mayHaveOrphans else { return [] }
        self.mayHaveOrphans = false
        return self.leases { self.sessions[$0]?.endedAt != nil }
    }

    private mutating func purge(_ now: Date) {
        let forgotten = now - Self.endedSessionsKeptFor.seconds
        self.sessions = self.sessions.filter { $0.value.endedAt.map { $0 > forgotten } ?? true }
        self.keys = self.keys.filter { $0.value.expiresAt > now }
        self.nextPurgeAt = now + Self.purgeInterval.seconds
    }

    /// Makes jobs ready that have become due, the longest due first.
    ///
    /// - Returns: how many.
    @discardableResult
    package mutating func promoteDue(now: Date) -> Int {
        var promoted = 0
        while let due = self.scheduled.first, due.date <= now {
            guard case .scheduled(let attempt, _) = self.records[due.job]?.place else {
                preconditionFailure("Job \(due.job) is due and not scheduled")
            }
            self.move(due.job, to: .ready(attempt: attempt, crashes: 0))
            promoted += 1
        }
        return promoted
    }

    /// When time changes something next, if nobody else does before: a job becomes due, or a session runs out.
    package var nextChange: Date? {
        let runOut = self.sessions.values.filter { $0.endedAt == nil }.map(\.aliveUntil).min()
        return [self.scheduled.first?.date, runOut].compactMap(\.self).min()
    }

    // MARK: - Policy

    package var policy: StoredPolicy { self.policyKept }

    /// As `PolicyStore.change`.
    package mutating func changePolicy(by person: String, now: Date, _ body: (inout SafetyPolicy) -> Void) {
        var policy = self.policyKept.policy
        body(&policy)
        guard policy != self.policyKept.policy else { return }
        self.policyKept = StoredPolicy(policy: policy, changedAt: now, changedBy: person)
    }
}

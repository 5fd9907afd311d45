import CasarePostgres
import CasareStore
import CasareTelemetry
import CasareWire
import Logging

/// What every orchestrator sees the same: it is read from the database when somebody collects, a statement for each
/// group. A group that cannot be read is left out of that collection: nobody takes an old number for a new one.
enum SharedGauges {
    /// How long a statement may take, and the wait for a connection before it.
    private static let statementMax = Duration.seconds(2)
    private static let connectionWaitMax = Duration.seconds(2)

    static func register(in metrics: OrchestratorMetrics, reading database: Database, logger: Logger) {
        self.register("queues", [.queueDepth, .queueOldestJobAge, .queuePaused, .queueEligibleRobot], metrics, logger) {
            try await self.inDatabase(database) { connection in try GaugeStore.queues(on: connection) }
        } observing: { queues, seen in
            for queue in queues {
                metrics.known(queue: queue.name)
                self.observe(queue, &seen)
            }
        }
        self.register("dead_letters", [.deadLetterDepth, .deadLetterOldestOpenAge], metrics, logger) {
            try await self.inDatabase(database) { connection in try GaugeStore.letters(on: connection) }
        } observing: { letters, seen in
            for one in letters { self.observe(one, &seen) }
        }
        self.register("robots", [.robotRegistered, .robotLastHeartbeat, .robotStopped], metrics, logger) {
            try await self.inDatabase(database) { connection in try GaugeStore.robots(on: connection) }
        } observing: { robots, seen in
            self.observe(robots, &seen)
        }
        self.register("schedules", [.scheduleRegistered], metrics, logger) {
            try await self.inDatabase(database) { connection in try GaugeStore.schedules(on: connection) }
        } observing: { schedules, seen in
            seen.observe(.scheduleRegistered, schedules.active, [.scheduleState: "active"])
            seen.observe(.scheduleRegistered, schedules.paused, [.scheduleState: "paused"])
        }
        self.register("secrets", [.secretLastRotation, .secretRotationLimit], metrics, logger) {
            try await self.inDatabase(database) { connection in try SecretRotationStore.ages(on: connection) }
        } observing: { ages, seen in
            self.observe(ages, &seen)
        }
        self.register(
            "audit",
            [.auditLastVerification, .auditChainBroken, .auditLastAnchor, .auditUnlinkedAge, .auditUnanchoredAge],
            metrics, logger
        ) {
            try await self.inDatabase(database) { connection in try ChainCheck.standing(on: connection) }
        } observing: { standing, seen in
            self.observe(standing, &seen)
        }
    }

    private static func inDatabase<Result: Sendable>(
        _ database: Database, _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        try await database.asSystem(
            deadline: .now + self.connectionWaitMax, statementMax: self.statementMax, body)
    }

    private static func register<Value: Sendable>(
        _ group: String, _ instruments: [Instrument], _ metrics: OrchestratorMetrics, _ logger: Logger,
        _ read: @escaping @Sendable () async throws -> Value,
        observing: @escaping @Sendable (Value, inout Observations) -> Void
    ) {
        let errors = metrics.readErrors
        // What it is as a rule: also the first is an increase then for whoever looks at increases.
        let timeout = ErrorCode.databaseTimeout.rawValue.lowercased()
        errors.series([.metricGroup: .string(group), .errorType: .string(timeout)])
        let reading = CachedReading(read: read) { error in
            errors.add(1, [.metricGroup: .string(group), .errorType: .errorType(of: error)])
            logger.warning(
                "Metrics could not be read, and are left out",
                metadata: ["metric.group": .string(group), "error": "\(error)"])
        }
        metrics.registry.observe(instruments) { seen in
            guard let value = await reading.value else { return }
            observing(value, &seen)
        }
    }

    // MARK: What is seen

    static func observe(_ queue: GaugeStore.Queue, _ seen: inout Observations) {
        let name = AttributeValue.string(queue.name)
        seen.observe(.queueDepth, queue.ready, [.queue: name, .jobState: "ready"])
        seen.observe(.queueDepth, queue.scheduled, [.queue: name, .jobState: "scheduled"])
        seen.observe(.queueDepth, queue.running, [.queue: name, .jobState: "running"])
        seen.observe(.queueDepth, queue.blocked, [.queue: name, .jobState: "blocked"])
        seen.observe(.queueOldestJobAge, queue.oldestSeconds, [.queue: name])
        seen.observe(.queuePaused, queue.paused, [.queue: name])
        seen.observe(.queueEligibleRobot, queue.eligibleRobots, [.queue: name])
    }

    static func observe(_ letters: GaugeStore.Letters, _ seen: inout Observations) {
        let name = AttributeValue.string(letters.queue)
        seen.observe(.deadLetterDepth, letters.open, [.queue: name, .deadLetterState: "open"])
        seen.observe(.deadLetterDepth, letters.acknowledged, [.queue: name, .deadLetterState: "acknowledged"])
        seen.observe(.deadLetterOldestOpenAge, letters.oldestOpenSeconds, [.queue: name])
    }

    /// Of secrets of one name, which several tenants may have, the oldest value and the least limit count.
    static func observe(_ ages: [SecretRotationStore.Age], _ seen: inout Observations) {
        var limits: [String: Double] = [:]
        var rotated: [[String]: Double] = [:]
        for age in ages {
            limits[age.name] = min(limits[age.name] ?? age.limitSeconds, age.limitSeconds)
            guard let at = age.rotatedSeconds else { continue }
            let key = [age.name, age.provider]
            rotated[key] = min(rotated[key] ?? at, at)
        }
        // In one order, so that of too many always the same ones are told apart.
        for (key, at) in rotated.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            seen.observe(
                .secretLastRotation, at, [.secret: .string(key[0]), .secretProvider: .string(key[1])])
        }
        for (name, limit) in limits.sorted(by: { $0.key < $1.key }) {
            seen.observe(.secretRotationLimit, limit, [.secret: .string(name)])
        }
    }

    /// What has not come about yet has no time.
    static func observe(_ standing: ChainCheck.Standing, _ seen: inout Observations) {
        if let at = standing.verifiedSeconds { seen.observe(.auditLastVerification, at) }
        seen.observe(.auditChainBroken, standing.broken)
        if let at = standing.anchoredSeconds { seen.observe(.auditLastAnchor, at) }
        seen.observe(.auditUnlinkedAge, standing.unlinkedSeconds)
        seen.observe(.auditUnanchoredAge, standing.unanchoredSeconds)
    }

    /// Of robots of one name the last heartbeat counts that is the newest, and they are stopped when all of them are.
    static func observe(_ robots: [GaugeStore.Robot], _ seen: inout Observations) {
        var counts: [GaugeStore.Robot.State: Int] = [:]
        var heartbeats: [String: Double] = [:]
        var stopped: [String: Bool] = [:]
        for robot in robots {
            counts[robot.state, default: 0] += 1
            stopped[robot.name] = (stopped[robot.name] ?? true) && robot.state == .stopped
            if let at = robot.seenSeconds { heartbeats[robot.name] = max(heartbeats[robot.name] ?? at, at) }
        }
        for state in GaugeStore.Robot.State.allCases {
            seen.observe(.robotRegistered, counts[state] ?? 0, [.robotState: .string(state.rawValue)])
        }
        // In one order, so that of too many always the same ones are told apart.
        for (name, at) in heartbeats.sorted(by: { $0.key < $1.key }) {
            seen.observe(.robotLastHeartbeat, at, [.robot: .string(name)])
            seen.observe(.robotStopped, stopped[name] == true ? 1 : 0, [.robot: .string(name)])
        }
    }
}

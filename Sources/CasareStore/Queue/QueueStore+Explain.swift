package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension QueueStore {
    private static let explainedLanesMax = 10_000

    /// Why a job does not run, or where it stands.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func explain(
        job: Job.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Explanation {
        let rows = try connection.execute(
            ExplainQueries.job, ["job": .uuid(job.rawValue), "now": .timestamp(now)])
        guard !rows.isEmpty else { throw StoreError.notFound(.job, job.description) }
        let names = ["job": job.description]
        return Explanation(
            subject: .job(job), reasons: try rows.map { try Explanation.Reason(row: $0, names: names) })
    }

    /// Why a robot does nothing, or not more.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func explain(
        robot: Robot.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Explanation {
        guard try RobotStore.get(robot, now: now, on: connection) != nil else {
            throw StoreError.notFound(.robot, robot.rawValue)
        }
        let rows = try connection.execute(
            ExplainQueries.robot, ["robot": .text(robot.rawValue), "now": .timestamp(now)])
        let names = ["robot": robot.rawValue]
        return Explanation(
            subject: .robot(robot), reasons: try rows.map { try Explanation.Reason(row: $0, names: names) })
    }

    /// What holds a queue up, and what it has.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func explain(
        queue name: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Explanation {
        let row = try self.row(of: name, now: now, on: connection)
        let queue = try self.get(name, now: now, on: connection)
        let unmet = try connection.execute(
            ExplainQueries.unmet,
            [
                "queue": .text(name), "queue_id": .int(try row.int("queue_id")),
                "lanes_max": .int(self.explainedLanesMax), "now": .timestamp(now),
            ])
        var builder = QueueReasons(queue: queue)
        builder.rules(nextAt: try row.optionalDate("rate_next_at"))
        builder.robots()
        for row in unmet {
            builder.unmet([
                "tags": .list(try row.strings("tags").map(Value.string)),
                "capabilities": .list(try row.strings("capabilities").map(Value.string)),
                "robot": try row.optionalString("robot_id").map(Value.string) ?? .null,
                "workflow": try row.optionalString("workflow").map(Value.string) ?? .null,
                "lanes": .int(try row.int("lanes")),
            ])
        }
        builder.jobs(lanes: try self.lanes(of: try row.int("queue_id"), now: now, on: connection))
        return Explanation(subject: .queue(name), reasons: builder.reasons)
    }
}

/// The reasons of a queue, in the order in which they decide.
private struct QueueReasons {
    let queue: JobQueue
    var reasons: [Explanation.Reason] = []

    init(queue: JobQueue) { self.queue = queue }

    private mutating func add(_ code: Explanation.Code, _ detail: Object, clears: String? = nil) {
        var detail = detail
        detail["queue"] = .string(self.queue.name)
        self.reasons.append(Explanation.Reason(code: code, detail: detail, template: clears, names: [:]))
    }

    mutating func rules(nextAt: Date?) {
        if let pause = self.queue.pause {
            self.add(
                .queuePaused,
                [
                    "by": .string(pause.by), "reason": pause.reason.map(Value.string) ?? .null,
                    "since": .string(pause.since.explained),
                    "until": pause.until.map { .string($0.explained) } ?? .null,
                ],
                clears: "casarectl queue resume {queue}")
        }
        if let limit = self.queue.limits.concurrency, self.queue.running.value >= limit {
            self.add(
                .queueLimit, ["limit": .int(limit), "running": .int(self.queue.running.value)],
                clears: "casarectl queue limit {queue} --concurrency N")
        }
        if let rate = self.queue.limits.rate, let nextAt {
            self.add(
                .queueRate,
                [
                    "every_seconds": .double(rate.everySeconds), "burst": .int(rate.burst),
                    "next_at": .string(nextAt.explained),
                ],
                clears: "casarectl queue limit {queue} --rate RATE")
        }
    }

    mutating func robots() {
        guard self.queue.slots == 0 else { return }
        self.add(.noRobots, ["alive": .int(self.queue.robotsAlive)])
    }

    mutating func unmet(_ detail: Object) { self.add(.requirementUnmet, detail, clears: "casarectl robot list") }

    mutating func jobs(lanes: [String: Int]) {
        if !lanes.isEmpty {
            self.add(.lanes, Object(lanes.sorted { $0.key < $1.key }.map { ($0.key, Value.int($0.value)) }))
        }
        if self.queue.running.value > 0 {
            self.add(
                .runningJobs, ["running": .int(self.queue.running.value), "slots": .int(self.queue.slots)])
        }
        guard self.queue.ready.value > 0 || self.queue.scheduled.value > 0 else {
            self.add(.noWork, [:])
            return
        }
        self.add(
            .waiting,
            [
                "ready": .string(self.queue.ready.description), "scheduled": .string(self.queue.scheduled.description),
            ])
    }
}

extension Date {
    /// As PostgreSQL's JSON has moments.
    fileprivate var explained: String { self.formatted(.iso8601) }
}

extension Explanation.Reason {
    /// - Parameter names: those that the question was about.
    fileprivate init(row: Row, names: [String: String]) throws {
        let text = try row.string("reason")
        guard let code = Explanation.Code(rawValue: text) else {
            throw StoreError.unreadable("the reason \"\(text)\" is unknown")
        }
        let detail = try row.optionalString("detail").map { try StoredJSON.object($0, in: "a reason") } ?? [:]
        self.init(code: code, detail: detail, template: try row.optionalString("clears"), names: names)
    }
}

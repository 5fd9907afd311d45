package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension QueueStore {
    /// Why a job does not run, or where it stands.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func explain(
        job: Job.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Explanation {
        let rows = try connection.execute(
            ExplainQueries.job, ["job": .uuid(job.rawValue), "now": .timestamp(now)])
        guard !rows.isEmpty else { throw StoreError.notFound(.job, job.description) }
        return Explanation(
            subject: .job(job), reasons: try rows.map { try Explanation.Reason(row: $0, about: .job(job)) })
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
        return Explanation(
            subject: .robot(robot), reasons: try rows.map { try Explanation.Reason(row: $0, about: .robot(robot)) })
    }

    /// What holds a queue up, and what it has.
    ///
    /// - Throws: `StoreError.notFound`.
    package static func explain(
        queue name: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Explanation {
        let queue = try self.get(name, now: now, on: connection)
        let rows = try connection.execute(ExplainQueries.queue, ["queue": .text(name), "now": .timestamp(now)])
        let holding = try rows.map { try Explanation.Reason(row: $0, about: .queue(name)) }
        return Explanation(subject: .queue(name), reasons: holding + self.work(of: queue))
    }

    private static func work(of queue: JobQueue) -> [Explanation.Reason] {
        func reason(_ code: Explanation.Code, _ detail: Object) -> Explanation.Reason {
            Explanation.Reason(code, about: .queue(queue.name), detail: detail, clears: nil)
        }
        var reasons: [Explanation.Reason] = []
        if queue.running.value > 0 {
            reasons.append(
                reason(
                    .runningJobs,
                    [
                        "queue": .string(queue.name), "running": .int(queue.running.value),
                        "slots": .int(queue.slots),
                    ]))
        }
        guard queue.ready.value > 0 || queue.scheduled.value > 0 else {
            return reasons + [reason(.noWork, ["queue": .string(queue.name)])]
        }
        let inexact = [("ready", queue.ready), ("scheduled", queue.scheduled)].filter { !$1.isExact }.map(\.0)
        return reasons + [
            reason(
                .waiting,
                [
                    "queue": .string(queue.name), "ready": .int(queue.ready.value),
                    "scheduled": .int(queue.scheduled.value), "inexact": .list(inexact.map(Value.string)),
                ])
        ]
    }
}

extension Explanation.Reason {
    fileprivate init(row: Row, about subject: Explanation.Subject) throws {
        let text = try row.string("reason")
        guard let code = Explanation.Code(rawValue: text) else {
            throw StoreError.unreadable("the reason \"\(text)\" is unknown")
        }
        let detail = try row.optionalString("detail").map { try StoredJSON.object($0, in: "a reason") } ?? [:]
        let clears = try row.optionalString("clears").map { text -> Explanation.Command in
            guard let command = Explanation.Command(try StoredJSON.object(text, in: "a command")) else {
                throw StoreError.unreadable("the command that clears \(code.rawValue) is no command")
            }
            return command
        }
        self.init(code, about: subject, detail: detail, clears: clears)
    }
}

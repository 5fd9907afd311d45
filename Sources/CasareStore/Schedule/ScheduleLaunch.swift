import CasareDomain
import CasarePostgres
import FoundationEssentials

/// A tick for which a job is to be made.
struct ScheduleLaunch: Sendable {
    enum Result: Sendable {
        /// - Parameter isNew: false for one that was made for the same tick before.
        case job(Job.ID, isNew: Bool)
        case refused(String)
    }

    let schedule: Schedule
    let tick: Date
    let origin: ScheduleTick.Origin
    /// Instead of the schedule's of the same names.
    var variables: Object = [:]
    var job = Job.ID.new(at: Date())

    /// By when the job is to begin, where the schedule promises that.
    var startBy: Date? {
        guard let delay = self.schedule.spec.sla?.startDelaySeconds else { return nil }
        return self.tick.addingTimeInterval(delay)
    }

    /// How many seconds the job may take.
    var durationMax: Double? { self.schedule.spec.sla?.durationSeconds }

    /// One job for one tick, whoever fires it: of a tick by hand or by an event there is no other.
    private var idempotency: NewJob.Idempotency? {
        switch self.origin {
        case .timetable, .backfill:
            let key = "schedule/\(self.schedule.id)/\(Int(self.tick.timeIntervalSince1970.rounded(.down)))"
            return NewJob.Idempotency(key: key, request: key)
        case .manual, .event: return nil
        }
    }

    fileprivate func newJob(_ workflows: ScheduleWorkflows) throws(StoreError) -> NewJob {
        let spec = self.schedule.spec
        let (workflow, version) = try workflows.version(spec.workflowVersion, of: spec.workflow)
        var variables = spec.variables
        for (name, value) in self.variables { variables[name] = value }
        return NewJob(
            id: self.job, workflow: workflow, workflowVersion: version, variables: variables,
            priority: spec.priority ?? .normal, environment: spec.environment ?? NewJob.environmentDefault,
            options: Job.Options(retry: spec.retry), idempotency: self.idempotency, queueKey: spec.queueKey,
            requirements: Job.Requirements(tags: spec.requiredTags),
            deadline: spec.expiresInSeconds.map { .after(.seconds($0)) })
    }

    /// Makes the jobs of all of them in one statement, or, where that is refused, one by one: a bad one is refused alone.
    ///
    /// - Returns: one entry for each, in the same order.
    /// - Throws: what says that the database is not there, or that somebody has what is needed locked for too long.
    static func submit(
        _ launches: [ScheduleLaunch], now: Date?, on connection: isolated PostgresConnection
    ) throws -> [Result] {
        guard !launches.isEmpty else { return [] }
        let workflows = try ScheduleWorkflows(launches.map(\.schedule.spec.workflow), on: connection)
        var results: [Result] = launches.map { _ in .refused("") }
        var jobs: [(job: NewJob, position: Int)] = []
        for (position, launch) in launches.enumerated() {
            do throws(StoreError) {
                jobs.append((try launch.newJob(workflows), position))
            } catch {
                results[position] = .refused(error.description)
            }
        }
        let positions = jobs.map(\.position)
        let whole = try self.attempt(jobs.map(\.job), now, on: connection)
        switch whole {
        case .success(let submitted):
            for (position, one) in zip(positions, submitted) {
                results[position] = .job(one.id, isNew: !one.isDuplicate)
            }
        case .failure(let refusal):
            guard jobs.count > 1 else {
                for position in positions { results[position] = .refused(refusal.reason) }
                break
            }
            for (job, position) in jobs {
                switch try self.attempt([job], now, on: connection) {
                case .success(let submitted):
                    results[position] = .job(submitted[0].id, isNew: !submitted[0].isDuplicate)
                case .failure(let refusal): results[position] = .refused(refusal.reason)
                }
            }
        }
        return results
    }

    private struct Refusal: Error {
        let reason: String
    }

    private static func attempt(
        _ jobs: [NewJob], _ now: Date?, on connection: isolated PostgresConnection
    ) throws -> Swift.Result<[SubmittedJob], Refusal> {
        guard !jobs.isEmpty else { return .success([]) }
        do {
            let submitted = try connection.savepoint { connection in
                try JobStore.submit(jobs, by: Schedule.ownName, now: now, on: connection)
            }
            return .success(submitted)
        } catch let error as StoreError {
            guard case .contended = error else { return .failure(Refusal(reason: error.description)) }
            throw error
        } catch let error as PostgresError {
            guard case .server(let server) = error, !server.state.isTransient else { throw error }
            switch server.state {
            case .lockNotAvailable, .queryCanceled: throw error
            // The text of the database may quote data.
            case let state: return .failure(Refusal(reason: "the database refused the job, with \(state)"))
            }
        }
    }
}

/// The workflows that a batch of schedules names.
struct ScheduleWorkflows {
    private let known: [String: (id: Workflow.ID, latest: Int)]

    init(_ names: [String], on connection: isolated PostgresConnection) throws {
        let names = Array(Set(names))
        var known: [String: (id: Workflow.ID, latest: Int)] = [:]
        let rows = try connection.execute(
            ScheduleQueries.workflows,
            [
                "names": .textArray(names.map(\.storable)), "ids": .uuidArray(names.map { Workflow.ID($0)?.rawValue }),
            ])
        for row in rows {
            known[try row.string("text")] = (
                Workflow.ID(rawValue: try row.uuid("workflow_id")), try row.int("latest_version")
            )
        }
        self.known = known
    }

    /// - Parameter number: the newest when there is none.
    func version(_ number: Int?, of name: String) throws(StoreError) -> (Workflow.ID, Int) {
        guard let workflow = self.known[name.storable] else { throw .notFound(.workflow, name) }
        guard let number else { return (workflow.id, workflow.latest) }
        guard number >= 1, number <= workflow.latest else {
            throw .notFound(.workflowVersion, "\(number) of \(name); the newest is \(workflow.latest)")
        }
        return (workflow.id, number)
    }
}

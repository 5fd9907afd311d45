import CasareDomain
import CasarePostgres
import FoundationEssentials

/// One round with the events of a tenant: what waits for them, and what came of them so far.
struct ReactionWork {
    /// What lies behind a job.
    private struct Lineage {
        /// Of a job that nobody's reaction made 0.
        let depth: Int
        /// `nil` for a job that is not kept any more.
        let createdBy: String?
    }

    let zones: ZoneCatalogue
    /// The time that a test has given.
    let given: Date?
    var round = ReactionStore.Round()
    private var schedules: [(schedule: Schedule, filter: DetailFilter?)] = []
    private var triggers: [Trigger] = []
    private var lineages: [Job.ID: Lineage] = [:]

    init(zones: ZoneCatalogue, given: Date?) {
        self.zones = zones
        self.given = given
    }

    /// Reads all that reacts in the tenant. What cannot be read is told, and does not keep the others from it.
    mutating func read(on connection: isolated PostgresConnection) throws {
        let rows = try connection.execute(
            ReactionQueries.schedules, ["limit": .int(ReactionStore.schedulesMax)])
        for row in rows {
            do {
                let schedule = try Schedule(row: row)
                var filter: DetailFilter?
                if case .event(let event) = schedule.spec.timing { filter = try DetailFilter(event.filter) }
                self.schedules.append((schedule, filter))
            } catch let error as StoreError {
                self.round.failures.append((try row.string("name"), error.description))
            } catch let error as ScheduleSpec.Invalid {
                self.round.failures.append((try row.string("name"), error.description))
            }
        }
        for listed in try TriggerStore.onJobs(now: self.given, on: connection) {
            if let trigger = listed.trigger { self.triggers.append(trigger) }
            if let problem = listed.problem { self.round.failures.append((listed.name, problem)) }
        }
    }

    /// Does what is to come of one event, in the order of IDs.
    mutating func react(to event: StoredEvent, on connection: isolated PostgresConnection) throws {
        // A newer version may know of others, which nothing here can wait for.
        guard let kind = EventKind(rawValue: event.kind) else { return }
        for (schedule, filter) in self.schedules where schedule.createdAt <= event.at {
            switch schedule.spec.timing {
            case .dependency(let dependency):
                guard let job = event.job, dependency.counts(kind), dependency.after.contains(job.workflow) else {
                    continue
                }
                try self.arrived(job, at: event.at, as: kind, schedule, dependency, on: connection)
            case .event(let source):
                guard source.kinds.contains(kind), source.workflow == nil || source.workflow == event.job?.workflow,
                    filter?.matches(event.detail) ?? true
                else { continue }
                try self.happened(event, to: schedule, source, on: connection)
            case .cron, .interval, .once: continue
            }
        }
        for trigger in self.triggers where trigger.createdAt <= event.at {
            guard case .job(let source) = trigger.spec.source, let job = event.job,
                source.waits(for: kind, event, of: job)
            else { continue }
            try self.deliver(event, of: job, to: trigger, source, on: connection)
        }
    }

    // MARK: - Schedules

    private mutating func arrived(
        _ job: StoredEvent.JobPlace, at moment: Date, as kind: EventKind, _ schedule: Schedule,
        _ dependency: ScheduleSpec.Dependency, on connection: isolated PostgresConnection
    ) throws {
        let depth = try self.lineage(of: job.id, on: connection).depth + 1
        let text = "job \(job.id) of \(job.workflow) \(kind.rawValue)"
        switch dependency.waitFor {
        case .any:
            try self.fire(
                schedule, ScheduleStore.EventCause(id: job.id.rawValue, depth: depth, text: text), on: connection)
        case .all:
            try connection.execute(
                ReactionQueries.arrive,
                [
                    "schedule": .uuid(schedule.id.rawValue), "workflow": .text(job.workflow.storable),
                    "job": .uuid(job.id.rawValue), "ended_as": .text(kind.rawValue), "at": .timestamp(moment),
                    "depth": .int(depth),
                ])
            let arrivals = try connection.execute(
                ReactionQueries.arrivals, ["schedule": .uuid(schedule.id.rawValue)]
            ).map { row in
                Arrival(workflow: try row.string("workflow"), at: try row.date("at"), depth: try row.int("depth"))
            }
            guard let deepest = dependency.isComplete(arrivals) else { return }
            try connection.execute(
                ReactionQueries.forgetArrivals, ["schedule": .uuid(schedule.id.rawValue)])
            let others = dependency.after.filter { $0 != job.workflow }
            try self.fire(
                schedule,
                ScheduleStore.EventCause(
                    id: job.id.rawValue, depth: deepest,
                    text: others.isEmpty ? text : "\(text), the last of \(dependency.after.joined(separator: ", "))"),
                on: connection)
        }
    }

    private mutating func happened(
        _ event: StoredEvent, to schedule: Schedule, _ source: ScheduleSpec.Event,
        on connection: isolated PostgresConnection
    ) throws {
        // Nothing is known that lies behind what happened to no job.
        var depth = 1
        if let job = event.job { depth += try self.lineage(of: job.id, on: connection).depth }
        if let seconds = source.debounceSeconds {
            try connection.execute(
                ReactionQueries.debounce,
                [
                    "schedule": .uuid(schedule.id.rawValue), "seconds": .double(seconds), "cause": .uuid(event.id),
                    "kind": .text(event.kind), "about": .text(event.about.storable), "depth": .int(depth),
                    "now": .timestamp(self.given),
                ])
            return
        }
        var text = "\(event.kind): \(event.about)"
        if let job = event.job { text += " of \(job.workflow)" }
        try self.fire(
            schedule, ScheduleStore.EventCause(id: event.id, depth: depth, text: text), on: connection)
    }

    private mutating func fire(
        _ schedule: Schedule, _ cause: ScheduleStore.EventCause, on connection: isolated PostgresConnection
    ) throws {
        let (zones, given) = (self.zones, self.given)
        let fired = try self.alone(schedule.name, on: connection) { connection in
            try ScheduleStore.fireEvent(schedule.id, cause, zones: zones, now: given, on: connection)
        }
        if let fired { self.round.add(fired) }
    }

    // MARK: - Triggers

    private mutating func deliver(
        _ event: StoredEvent, of job: StoredEvent.JobPlace, to trigger: Trigger, _ source: JobEventSource,
        on connection: isolated PostgresConnection
    ) throws {
        let lineage = try self.lineage(of: job.id, on: connection)
        if source.excludesSelf, lineage.createdBy == TriggerDeliveries.submitter(of: trigger) { return }
        let content = event.content(of: job, for: trigger)
        var arrival = TriggerDeliveries.Arrival(
            trigger: trigger.id, variables: source.variables.variables(of: content), source: job.id.description)
        if let dedup = trigger.spec.dedup, let value = content.value(at: dedup) {
            arrival.keys = [
                TriggerDeliveries.Key(
                    "value", value.jsonText(.compact, sortKeys: true), remembered: trigger.spec.dedupSeconds)
            ]
            arrival.shownKey = value.displayText
        }
        let depth = lineage.depth + 1
        let (ready, given) = (arrival, self.given)
        let made = try self.alone(trigger.name, on: connection) {
            connection -> (result: TriggerDelivery.Result, job: Job.ID?) in
            guard depth <= ReactionStore.depthMax else {
                try TriggerDeliveries.turnAway(
                    ready, as: .filtered, reason: ReactionStore.tooDeep, now: given, on: connection)
                return (.filtered, nil)
            }
            let delivery = try TriggerDeliveries.fire(ready, now: given, on: connection).delivery
            guard delivery.result == .accepted, let new = delivery.job else { return (delivery.result, nil) }
            try connection.execute(
                ReactionQueries.noteJob,
                [
                    "job": .uuid(new.rawValue), "cause": .uuid(job.id.rawValue), "depth": .int(depth),
                    "now": .timestamp(given),
                ])
            return (delivery.result, new)
        }
        guard let made else { return }
        self.round.deliveries.append(made.result)
        self.round.receipts.append(TriggerReceipt(of: trigger, made.result, job: made.job))
        guard let job = made.job else { return }
        self.round.jobs.append(job)
        self.round.ofTriggers.append(job)
    }

    // MARK: -

    private mutating func lineage(
        of job: Job.ID, on connection: isolated PostgresConnection
    ) throws -> Lineage {
        if let known = self.lineages[job] { return known }
        let row = try connection.execute(ReactionQueries.lineage, ["job": .uuid(job.rawValue)]).only()
        let lineage = Lineage(depth: try row.int("depth"), createdBy: try row.optionalString("created_by"))
        self.lineages[job] = lineage
        return lineage
    }

    /// Does one reaction, which may fail without the others.
    ///
    /// - Returns: `nil` for one that failed, which is told.
    /// - Throws: what would keep the others from it too, or may be over soon.
    private mutating func alone<R: Sendable>(
        _ name: String, on connection: isolated PostgresConnection,
        _ body: @Sendable (isolated PostgresConnection) throws -> R
    ) throws -> R? {
        do {
            return try connection.savepoint(body)
        } catch let error as StoreError {
            if case .contended = error { throw error }
            self.round.failures.append((name, error.description))
        } catch let error as PostgresError {
            guard case .server(let server) = error, !server.state.isTransient else { throw error }
            switch server.state {
            case .lockNotAvailable, .queryCanceled: throw error
            // The text of the database may quote data.
            case let state: self.round.failures.append((name, "the database refused it, with \(state)"))
            }
        }
        return nil
    }
}

/// The last ending of a workflow that a schedule waits for.
struct Arrival: Hashable, Sendable {
    let workflow: String
    let at: Date
    let depth: Int
}

extension ScheduleSpec.Dependency {
    /// Whether an ending counts. Of a job that failed for good there are two events, and `failed` is the one.
    func counts(_ kind: EventKind) -> Bool {
        switch self.on {
        case .success: kind == .completed
        case .failure: kind == .failed
        case .always: kind == .completed || kind == .failed || kind == .cancelled
        }
    }

    /// Whether all workflows have arrived, the first and the last of them no further apart than they may be.
    ///
    /// - Parameter arrivals: the last one of each workflow.
    /// - Returns: the greatest depth among them; `nil`: some are missing.
    func isComplete(_ arrivals: [Arrival]) -> Int? {
        let wanted = arrivals.filter { self.after.contains($0.workflow) }
        guard let last = wanted.map(\.at).max() else { return nil }
        let timely = wanted.filter { last.timeIntervalSince($0.at) <= self.withinSeconds }
        guard Set(timely.map(\.workflow)).isSuperset(of: self.after) else { return nil }
        return timely.map(\.depth).max()
    }
}

extension JobEventSource {
    /// Whether an event is one that the trigger waits for, as far as the event itself says.
    func waits(for kind: EventKind, _ event: StoredEvent, of job: StoredEvent.JobPlace) -> Bool {
        guard self.kinds.contains(kind), self.workflows.isEmpty || self.workflows.contains(job.workflow) else {
            return false
        }
        // A job that fails for good has two events; who waits for both waits for one.
        if kind == .deadLettered, self.kinds.contains(.failed) { return false }
        guard let errorContains else { return true }
        guard let message = event.detail["message"]?.string else { return false }
        return message.lowercased().contains(errorContains.lowercased())
    }
}

extension StoredEvent {
    /// What it happened to, for people.
    fileprivate var about: String {
        switch self.subject {
        case .job(let job): "job \(job.id)"
        case .secret(let name): "secret \(name)"
        case .vault: "the keys of secrets"
        }
    }

    /// As a trigger takes variables from it: `/job`, `/workflow` and so on, and below `/detail` what the event says.
    func content(of job: JobPlace, for trigger: Trigger) -> DeliveryContent {
        let at = Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(self.at)
        return DeliveryContent(
            payload: .object([
                "event": .string(self.kind), "at": .string(at), "job": .string(job.id.description),
                "workflow": .string(job.workflow), "workflow_version": .int(job.workflowVersion),
                "environment": .string(job.environment), "detail": .object(self.detail),
            ]), delivery: self.cursor.description, trigger: trigger.name, receivedAt: at)
    }
}

package import CasareDomain
package import CasarePostgres
import Crypto
package import FoundationEssentials

/// What comes to triggers, and the jobs that come of it. Call within `Database.asTenant`, where nothing else is said.
package enum TriggerDeliveries {
    /// By what a delivery is known when it comes again.
    package struct Key: Hashable, Sendable {
        /// A digest, so that no value of a delivery stands in the database.
        let text: String
        /// How long it is remembered.
        let seconds: Double

        /// - Parameters:
        ///   - kind: keeps keys of different origin apart.
        ///   - value: any text.
        package init(_ kind: String, _ value: String, remembered seconds: Double) {
            self.text = "\(kind):\(SHA256.hash(data: Array(value.utf8)).hex)"
            self.seconds = seconds
        }
    }

    /// Something that came to a trigger and passed every check before.
    package struct Arrival: Hashable, Sendable {
        package var id: TriggerDelivery.ID
        package var trigger: Trigger.ID
        /// By any of these it is a duplicate.
        package var keys: [Key]
        /// What is shown of them.
        package var shownKey: String?
        /// Of the job: what is taken from the delivery; the trigger's own are put before them.
        package var variables: Object
        /// An address, or the ID of the job that ended.
        package var source: String?
        package var bytes: Int
        /// Of the job.
        package var trace: TraceCarrier

        package init(
            id: TriggerDelivery.ID = .new(at: Date()), trigger: Trigger.ID, keys: [Key] = [],
            shownKey: String? = nil, variables: Object = [:], source: String? = nil, bytes: Int = 0,
            trace: TraceCarrier = .makeRoot()
        ) {
            self.id = id
            self.trigger = trigger
            self.keys = keys
            self.shownKey = shownKey
            self.variables = variables
            self.source = source
            self.bytes = bytes
            self.trace = trace
        }
    }

    package struct Outcome: Hashable, Sendable {
        package let delivery: TriggerDelivery
        /// After how long it may come again, of one that came too soon.
        package let retryAfter: Duration?

        init(_ delivery: TriggerDelivery, retryAfter: Duration? = nil) {
            self.delivery = delivery
            self.retryAfter = retryAfter
        }
    }

    /// What the jobs of a trigger say of who submitted them.
    package static func submitter(of trigger: Trigger) -> String { "trigger/\(trigger.name)" }

    /// How soon somebody may try again while as many jobs are under way as may be.
    package static let busyRetry = Duration.seconds(30)

    /// Makes the job, or notes why not: the trigger is paused, it has come before, it is too soon, or too many of its
    /// jobs are under way. Two at once are decided one after the other. Ring the ready bell after the commit where a
    /// job was made.
    ///
    /// - Throws: `StoreError.notFound` when the trigger is gone; what the database says.
    package static func fire(
        _ arrival: Arrival, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Outcome {
        let taken = try connection.execute(
            DeliveryQueries.take, ["trigger": .uuid(arrival.trigger.rawValue), "now": .timestamp(now)])
        guard let row = taken.first else { throw StoreError.notFound(.trigger, arrival.trigger.description) }
        let trigger = try TriggerStore.get(arrival.trigger, now: now, on: connection)
        if trigger.pause != nil { return try self.note(arrival, .paused, now: now, on: connection) }
        if let job = try self.known(arrival, now: now, on: connection) {
            return try self.note(arrival, .duplicate, job: job, now: now, on: connection)
        }
        if let cooldown = trigger.spec.cooldownSeconds, let since = try row.optionalDouble("since_fired"),
            since < cooldown
        {
            let rest = cooldown - since
            return try self.note(
                arrival, .cooldown, reason: "the job before was made less than \(cooldown) seconds ago",
                retryAfter: .seconds(rest), now: now, on: connection)
        }
        if let countMax = trigger.spec.concurrencyMax {
            let count = try connection.execute(
                DeliveryQueries.underWay, ["trigger": .uuid(trigger.id.rawValue)]
            ).only().int("jobs")
            guard count < countMax else {
                return try self.note(
                    arrival, .busy, reason: "\(count) of its jobs are under way, as many as may be",
                    retryAfter: self.busyRetry, now: now, on: connection)
            }
        }
        return try self.submit(arrival, of: trigger, now: now, on: connection)
    }

    private static func submit(
        _ arrival: Arrival, of trigger: Trigger, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Outcome {
        let job: Job.ID
        do {
            job = try connection.savepoint { connection in
                try self.newJob(arrival, of: trigger, now: now, on: connection)
            }
        } catch let error as StoreError {
            return try self.note(arrival, .failed, reason: error.description, now: now, on: connection)
        }
        try connection.execute(
            DeliveryQueries.fired,
            [
                "trigger": .uuid(trigger.id.rawValue), "job": .uuid(job.rawValue),
                "keys": .textArray(arrival.keys.map(\.text)),
                "seconds": .doubleArray(arrival.keys.map(\.seconds)),
                "is_counted": .bool(trigger.spec.concurrencyMax != nil), "now": .timestamp(now),
            ])
        return try self.note(arrival, .accepted, job: job, now: now, on: connection)
    }

    private static func newJob(
        _ arrival: Arrival, of trigger: Trigger, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Job.ID {
        guard let workflow = try WorkflowStore.get(idOrName: trigger.spec.workflow, on: connection) else {
            throw StoreError.notFound(.workflow, trigger.spec.workflow)
        }
        let spec = trigger.spec
        let job = NewJob(
            workflow: workflow.id, workflowVersion: spec.workflowVersion ?? workflow.latestVersion,
            variables: spec.variables.merging(arrival.variables), priority: spec.priority,
            environment: spec.environment, queueKey: spec.queueKey, trace: arrival.trace)
        let submitted = try JobStore.submit(
            [job], by: self.submitter(of: trigger), now: now, on: connection)
        return submitted.first?.id ?? job.id
    }

    /// The job of the first time.
    private static func known(
        _ arrival: Arrival, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Job.ID? {
        guard !arrival.keys.isEmpty else { return nil }
        return try connection.execute(
            DeliveryQueries.known,
            [
                "trigger": .uuid(arrival.trigger.rawValue), "keys": .textArray(arrival.keys.map(\.text)),
                "now": .timestamp(now),
            ]
        ).first.map { Job.ID(rawValue: try $0.uuid("job_id")) }
    }

    /// Keeps what became of it.
    private static func note(
        _ arrival: Arrival, _ result: TriggerDelivery.Result, reason: String? = nil, job: Job.ID? = nil,
        retryAfter: Duration? = nil, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Outcome {
        let row = try connection.execute(
            DeliveryQueries.record,
            [
                "trigger": .uuid(arrival.trigger.rawValue), "delivery": .uuid(arrival.id.rawValue),
                "result": .text(result.rawValue), "reason": .text(reason.map(self.short)),
                "job": .uuid(job?.rawValue), "key": .text(arrival.shownKey.map(self.short)),
                "source": .text(arrival.source?.storable), "bytes": .int(arrival.bytes), "now": .timestamp(now),
            ]
        ).only()
        return Outcome(try TriggerDelivery(row: row), retryAfter: retryAfter)
    }

    private static func short(_ text: String) -> String {
        String(text.prefix(TriggerDelivery.reasonCharactersMax)).storable
    }

    // MARK: - What is turned away before

    /// More of one result within `turnedAwayWithin` are not noted: whoever guesses does not fill the database.
    package static let turnedAwayMax = 60
    package static let turnedAwayWithin = Duration.seconds(60)

    /// Notes what came and was turned away, unless much was just now.
    ///
    /// - Parameter result: `rejected` or `filtered`, of which there are keys and jobs of no delivery.
    package static func turnAway(
        _ arrival: Arrival, as result: TriggerDelivery.Result, reason: String, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            DeliveryQueries.recordSome,
            [
                "trigger": .uuid(arrival.trigger.rawValue), "delivery": .uuid(arrival.id.rawValue),
                "result": .text(result.rawValue), "reason": .text(self.short(reason)),
                "key": .text(arrival.shownKey.map(self.short)), "source": .text(arrival.source?.storable),
                "bytes": .int(arrival.bytes), "within_seconds": .double(self.turnedAwayWithin.seconds),
                "limit": .int(self.turnedAwayMax), "now": .timestamp(now),
            ])
    }

    // MARK: - Looking back

    /// The latest first, those before the given one.
    ///
    /// - Parameter result: only those; `nil` for all.
    package static func list(
        of trigger: Trigger.ID, _ result: TriggerDelivery.Result? = nil, before: TriggerDelivery.ID? = nil,
        limit: Int, on connection: isolated PostgresConnection
    ) throws -> [TriggerDelivery] {
        let last = UUID(
            uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255))
        let before = PostgresValue.uuid(before?.rawValue ?? last)
        guard let result else {
            return try connection.execute(
                DeliveryQueries.list,
                ["trigger": .uuid(trigger.rawValue), "before": before, "limit": .int(limit)]
            ).map(TriggerDelivery.init(row:))
        }
        return try connection.execute(
            DeliveryQueries.listOf,
            [
                "trigger": .uuid(trigger.rawValue), "result": .text(result.rawValue), "before": before,
                "limit": .int(limit),
            ]
        ).map(TriggerDelivery.init(row:))
    }
}

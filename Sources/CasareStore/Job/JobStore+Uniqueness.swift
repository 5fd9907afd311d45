import CasareDomain
import CasarePostgres
import FoundationEssentials

extension JobStore {
    /// A key that others take and give back all the while is looked at this often.
    private static let uniqueAttemptsMax = 20

    /// A job, due when its debounce says, and what becomes of it.
    struct Decision {
        let job: NewJob
        let submitted: SubmittedJob
    }

    private struct Verdict {
        let holder: Job.ID
        let isNew: Bool
        let replaced: Job.ID?
        let dueAt: Date?
    }

    /// Takes the unique keys of jobs that have one; in their order.
    static func takeUniqueKeys(
        of jobs: [NewJob], by person: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> [Decision] {
        var firsts: [ExactText: NewJob] = [:]
        for job in jobs {
            guard let uniqueness = job.uniqueness else { continue }
            let key = ExactText(uniqueness.key.key)
            guard firsts[key] != nil else {
                firsts[key] = job
                continue
            }
            switch uniqueness.conflict {
            case .returnExisting: break
            // The first of them holds nothing yet, and is not stored either: nobody could wait for it.
            case .reject, .replace, .debounce: throw StoreError.uniqueKeyRepeated(key: key.text)
            }
        }
        guard !firsts.isEmpty else { return jobs.map { Decision(job: $0, submitted: SubmittedJob(id: $0.id)) } }
        let verdicts = try self.verdicts(on: Array(firsts.values), by: person, now: now, on: connection)
        let decisions = try jobs.map { try self.decision(on: $0, verdicts) }
        let moved = decisions.filter { $0.submitted.id != $0.job.id && $0.job.idempotency != nil }
        if !moved.isEmpty {
            try connection.execute(
                SubmitQueries.pointKeys,
                [
                    "keys": .textArray(moved.map(\.job.idempotency?.key)),
                    "jobs": .uuidArray(moved.map(\.job.id.rawValue)),
                    "holders": .uuidArray(moved.map(\.submitted.id.rawValue)),
                ])
        }
        return decisions
    }

    private static func decision(on job: NewJob, _ verdicts: [ExactText: Verdict]) throws -> Decision {
        guard let key = job.uniqueness?.key.key, let verdict = verdicts[ExactText(key)] else {
            return Decision(job: job, submitted: SubmittedJob(id: job.id))
        }
        guard verdict.isNew, verdict.holder == job.id else {
            if job.uniqueness?.conflict == .reject { throw StoreError.uniqueKeyHeld(key: key, by: verdict.holder) }
            return Decision(job: job, submitted: SubmittedJob(id: verdict.holder, found: .uniqueKey))
        }
        var job = job
        if let dueAt = verdict.dueAt { job.due = .at(dueAt) }
        return Decision(job: job, submitted: SubmittedJob(id: job.id, replaced: verdict.replaced))
    }

    /// - Parameters:
    ///   - jobs: each with a unique key of its own.
    ///   - retried: does not count as holding the key.
    private static func verdicts(
        on jobs: [NewJob], insteadOf retried: Job.ID? = nil, by person: String, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> [ExactText: Verdict] {
        var verdicts: [ExactText: Verdict] = [:]
        var open = jobs
        for _ in 1...self.uniqueAttemptsMax {
            let asked = open.compactMap(\.uniqueness)
            let rows = try connection.execute(
                SubmitQueries.takeUniqueKeys,
                [
                    "keys": .textArray(asked.map(\.key.key.storable)), "jobs": .uuidArray(open.map(\.id.rawValue)),
                    "policies": .textArray(asked.map(\.conflictName.rawValue)),
                    "scopes": .textArray(asked.map(\.key.scopeName.rawValue)),
                    "windows": .doubleArray(asked.map(\.key.windowSeconds)),
                    "delays": .doubleArray(asked.map { $0.debounce?.seconds }),
                    "delays_max": .doubleArray(asked.map { $0.debounce?.secondsMax }),
                    "instead_of": .uuidArray(open.map { _ in retried?.rawValue }), "by": .text(person.storable),
                    "now": .timestamp(now),
                ])
            var changed: Set<Job.ID> = []
            let byKey = Dictionary(zip(asked.map { ExactText($0.key.key) }, open.map(\.id))) { first, _ in first }
            for row in rows {
                let key = ExactText(try row.string("key"))
                guard let asking = byKey[key] else { continue }
                let text = try row.string("verdict")
                if text == "changed" {
                    changed.insert(asking)
                } else {
                    verdicts[key] = Verdict(
                        holder: Job.ID(rawValue: try row.uuid("job_id")), isNew: text != "existing",
                        replaced: try row.optionalUUID("replaced").map(Job.ID.init(rawValue:)),
                        dueAt: try row.optionalDate("due_at"))
                }
            }
            open = open.filter { changed.contains($0.id) }
            if open.isEmpty { return verdicts }
        }
        throw StoreError.contended("job \(open[0].id)")
    }

    /// Lets a retry take the unique key that its job had. That job itself does not hold it against the retry.
    ///
    /// - Throws: `StoreError.uniqueKeyHeld` when another job holds it.
    static func takeUniqueKey(
        ofRetry new: Job.ID, of failed: Job.ID, by person: String, now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        guard let row = try connection.execute(RetryQueries.uniqueKey, ["job": .uuid(failed.rawValue)]).first else {
            return
        }
        let key = try row.string("unique_key")
        guard let scope = Job.UniqueKey.ScopeName(rawValue: try row.string("unique_scope")),
            let held = Job.UniqueKey(key: key, scope: scope, windowSeconds: try row.optionalDouble("unique_seconds"))
        else { throw StoreError.unreadable("the unique key of job \(failed) cannot be read") }
        try self.takeUniqueKey(held, for: new, insteadOf: failed, by: person, now: now, on: connection)
    }

    /// Lets a new job take the unique key that another one had.
    ///
    /// - Parameter former: does not hold it against the new one.
    /// - Throws: `StoreError.uniqueKeyHeld` when a job holds it.
    static func takeUniqueKey(
        _ held: Job.UniqueKey, for new: Job.ID, insteadOf former: Job.ID?, by person: String, now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        let key = held.key
        guard let uniqueness = try? Job.Uniqueness(key, scope: held.scope, conflict: .reject) else {  // Told here.
            throw StoreError.unreadable("the unique key \"\(key)\" cannot be asked for")
        }
        let job = NewJob(
            id: new, workflow: Workflow.ID(rawValue: new.rawValue), workflowVersion: 1, uniqueness: uniqueness)
        let verdicts = try self.verdicts(on: [job], insteadOf: former, by: person, now: now, on: connection)
        guard let verdict = verdicts[ExactText(key)], verdict.isNew else {
            throw StoreError.uniqueKeyHeld(key: key, by: verdicts[ExactText(key)]?.holder ?? former ?? new)
        }
    }
}

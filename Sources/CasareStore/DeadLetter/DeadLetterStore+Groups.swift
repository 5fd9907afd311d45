package import CasareDomain
package import CasarePostgres
import FoundationEssentials

extension DeadLetterStore {
    /// How many letters are grouped at most, the newest ones.
    package static let groupedMax = 2_000_000
    /// No more groups are given at once.
    package static let groupsMax = 100
    /// How many groups, the largest first, are explained; each takes a look at up to twice `explanationSampleMax` jobs.
    package static let explainedMax = 10
    /// How many jobs before the first failure, and how many after, are looked at for those that completed.
    package static let explanationSampleMax = 2_500

    /// The largest groups of the letters that a filter names. It changes how the rest of the transaction is planned, so
    /// it is the last thing in it.
    ///
    /// - Parameter limit: 1 to `groupsMax`.
    /// - Throws: `StoreError.notFound` when there is no workflow as the filter names it.
    package static func groups(
        _ filter: DeadLetterFilter, limit: Int, on connection: isolated PostgresConnection
    ) throws -> [DeadLetterGroup] {
        let search = try Search(filter, on: connection)
        try connection.execute(DeadLetterGroupQueries.planning)
        let rows = try connection.execute(
            DeadLetterGroupQueries.groups(at: search.place, isWhole: search.isWhole),
            ["filter": search.parameter, "scan_max": .int(self.groupedMax), "limit": .int(min(limit, self.groupsMax))])
        var parts: [GroupKey: GroupParts] = [:]
        for row in rows {
            let key = GroupKey(
                fingerprint: try row.string("fingerprint"),
                workflow: Workflow.ID(rawValue: try row.uuid("workflow_id")))
            try parts[key, default: GroupParts()].add(row)
        }
        let ordered = parts.sorted { left, right in
            (right.value.count, right.value.last ?? .distantPast, left.key.fingerprint)
                < (left.value.count, left.value.last ?? .distantPast, right.key.fingerprint)
        }
        var groups: [DeadLetterGroup] = []
        for (position, (key, part)) in ordered.enumerated() {
            if let group = try self.group(key, part, isExplained: position < self.explainedMax, on: connection) {
                groups.append(group)
            }
        }
        return groups
    }

    private struct GroupKey: Hashable {
        let fingerprint: String
        let workflow: Workflow.ID
    }

    /// What is known of a group before its successes are.
    private struct GroupParts {
        var count = 0
        var openCount = 0
        var first: Date?
        var last: Date?
        var failures: [DeadLetterGroup.Factor: [String: Int]] = [:]

        mutating func add(_ row: Row) throws {
            guard let factor = try DeadLetterStore.factor(row) else {
                self.count = try row.int("failures")
                self.openCount = try row.int("open_failures")
                self.first = try row.date("first_opened_at")
                self.last = try row.date("last_opened_at")
                return
            }
            // A job that no robot has begun has none.
            guard let value = try row.optionalString("value") else { return }
            self.failures[factor, default: [:]][value] = try row.int("failures")
        }
    }

    /// `nil`: a whole group.
    private static func factor(_ row: Row) throws -> DeadLetterGroup.Factor? {
        try row.optionalString("factor").map { name in
            guard let factor = DeadLetterGroup.Factor(rawValue: name) else {
                throw StoreError.unreadable("a group of dead letters has the factor \(name)")
            }
            return factor
        }
    }

    /// `nil` when its letters are gone meanwhile.
    private static func group(
        _ key: GroupKey, _ parts: GroupParts, isExplained: Bool, on connection: isolated PostgresConnection
    ) throws -> DeadLetterGroup? {
        guard let first = parts.first, let last = parts.last else { return nil }
        let samples = try connection.execute(
            DeadLetterGroupQueries.sample,
            [
                "fingerprint": .text(key.fingerprint), "workflow": .uuid(key.workflow.rawValue), "at": .timestamp(last),
            ])
        guard let sample = samples.first else { return nil }
        var successCount = 0
        var successes: [DeadLetterGroup.Factor: [String: Int]] = [:]
        if isExplained {
            let rows = try connection.execute(
                DeadLetterGroupQueries.successes,
                [
                    "workflow": .uuid(key.workflow.rawValue), "first": .timestamp(first), "last": .timestamp(last),
                    "sample_max": .int(self.explanationSampleMax),
                ])
            for row in rows {
                guard let factor = try self.factor(row) else {
                    successCount = try row.int("successes")
                    continue
                }
                guard let value = try row.optionalString("value") else { continue }
                successes[factor, default: [:]][value] = try row.int("successes")
            }
        }
        var shares: [DeadLetterGroup.Factor: [DeadLetterGroup.Share]] = [:]
        for factor in DeadLetterGroup.Factor.allCases {
            let failed = parts.failures[factor] ?? [:]
            let succeeded = successes[factor] ?? [:]
            shares[factor] = Set(failed.keys).union(succeeded.keys).map { value in
                DeadLetterGroup.Share(value: value, failures: failed[value] ?? 0, successes: succeeded[value] ?? 0)
            }
        }
        return DeadLetterGroup(
            fingerprint: key.fingerprint, workflow: key.workflow, workflowName: try sample.string("workflow_name"),
            count: parts.count, openCount: parts.openCount, firstOpenedAt: first, lastOpenedAt: last,
            failure: try Failure(row: sample), sample: Job.ID(rawValue: try sample.uuid("job_id")),
            successCount: successCount, shares: shares)
    }
}

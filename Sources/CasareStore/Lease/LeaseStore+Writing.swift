package import CasareDomain
package import CasarePostgres

/// Reports of many jobs at once. Call within `Database.asTenant`.
extension LeaseStore {
    /// What became of writes that went together.
    package struct WrittenBatch: Hashable, Sendable {
        /// Jobs whose lease is lost, and for which nothing was written.
        package internal(set) var lost: Set<Job.ID> = []
        /// Who holds the leases of writes in another robot's name, for which nothing was written.
        package internal(set) var holders: [Job.ID: Robot.ID] = [:]
        /// Others may begin now that a limit kept waiting: ring the tenant's bell after the commit.
        package internal(set) var makesRoom = false
    }

    /// Writes all of it in as few statements as there are kinds. No two may be of one job.
    package static func write(
        _ writes: [LeaseWrite], on connection: isolated PostgresConnection
    ) throws -> WrittenBatch {
        var written = WrittenBatch()
        let allowed = try self.allowed(writes, &written, on: connection)
        var (checkpoints, completions): ([Checkpoint], [Completion]) = ([], [])
        for write in allowed {
            switch write.change {
            case .checkpoint(let entries): checkpoints.append(Checkpoint(lease: write.lease, entries: entries))
            case .completion(let result, let entries):
                completions.append(Completion(lease: write.lease, result: result, entries: entries))
            }
        }
        if !checkpoints.isEmpty {
            written.lost.formUnion(try self.checkpointBatch(checkpoints, on: connection))
        }
        if !completions.isEmpty {
            let batch = try self.completeBatch(completions, on: connection)
            written.lost.formUnion(batch.lost)
            written.makesRoom = batch.makesRoom
        }
        return written
    }

    /// Whether `write` sends a single statement of these, so that it needs no transaction around it.
    package static func isOneStatement(_ writes: [LeaseWrite]) -> Bool {
        let completions = writes.filter(\.isCompletion)
        let isOfOneKind = completions.isEmpty || completions.count == writes.count
        let hasRows = completions.contains { write in
            switch write.change {
            case .checkpoint: false
            case .completion(_, let entries): !entries.isEmpty
            }
        }
        return isOfOneKind && !hasRows && writes.allSatisfy { $0.robot == nil }
    }

    /// Those that are in nobody's name or in the name of the robot that holds the lease.
    ///
    /// A lease stays with the session that it was given to, so what is found here holds for the statements that follow.
    private static func allowed(
        _ writes: [LeaseWrite], _ written: inout WrittenBatch, on connection: isolated PostgresConnection
    ) throws -> [LeaseWrite] {
        let named = writes.filter { $0.robot != nil }
        guard !named.isEmpty else { return writes }
        let holders = try self.robots(holding: named.map(\.lease), on: connection)
        var allowed: [LeaseWrite] = []
        for write in writes {
            let job = write.lease.job
            switch (write.robot, holders[job]) {
            case (nil, _): allowed.append(write)
            case (.some, nil): written.lost.insert(job)
            case (.some(let robot), .some(let holder)) where robot == holder: allowed.append(write)
            case (.some, .some(let holder)): written.holders[job] = holder
            }
        }
        return allowed
    }
}

import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials

extension StoreFixture {
    /// Submits a job, has a robot begin it, and fails it: for good, if the failure is of such a kind.
    ///
    /// - Parameter now: when it fails.
    func letter(
        _ variables: Object = [:], _ failure: Failure = .business, environment: String = "default",
        queueKey: String? = nil, requirements: Job.Requirements = .anyRobot, version: Int = 1,
        workflow: Workflow.ID? = nil, steps: [JournalRow] = [], at now: Date? = nil
    ) async throws -> Job.ID {
        let job = NewJob(
            workflow: workflow ?? self.workflow, workflowVersion: version, variables: variables,
            environment: environment, queueKey: queueKey, requirements: requirements)
        let id = try await self.submit(job)
        try await self.end(id, failure, environment: environment, steps: steps, at: now)
        return id
    }

    /// - Parameter failure: `nil`: it completes.
    func end(
        _ id: Job.ID, _ failure: Failure?, environment: String = "default", steps: [JournalRow] = [],
        at now: Date? = nil
    ) async throws {
        let session =
            environment == "default"
            ? self.session
            : try await self.run { connection in
                // The literals and names in tests are robots' IDs.
                let robot = Robot.ID(rawValue: "r-\(environment)")!
                _ = try RobotStore.register(
                    robot, environment: environment, tags: ["t"], capabilities: [], slots: 2, on: connection)
                return try LeaseStore.openSession(robot, boot: UUID(), kind: .api, slots: 2, on: connection)
            }
        let lease = try await self.lease(9, session: session).first { $0.lease.job == id }
        guard let lease = lease?.lease else { throw StoreError.notFound(.job, id.description) }
        try await self.run { connection in
            if let failure {
                _ = try LeaseStore.fail(
                    lease, failure: failure, result: nil, entries: steps, now: now, on: connection)
            } else {
                try LeaseStore.complete(lease, result: .ok(), entries: steps, now: now, on: connection)
            }
        }
    }

    func deadLetter(_ id: Job.ID) async throws -> DeadLetter? {
        try await self.run { try DeadLetterStore.get(id, on: $0) }
    }

    func letters(
        _ filter: DeadLetterFilter = DeadLetterFilter(), _ order: DeadLetterOrder = .newest
    ) async throws -> [Job.ID] {
        try await self.run { try DeadLetterStore.list(filter, order: order, limit: 99, on: $0).letters.map(\.id) }
    }

    func settle(now: Date? = nil) async throws -> Int {
        try await self.database.asSystem { try DeadLetterStore.settle(now: now, on: $0).settled }
    }

    func keep(
        _ policy: DeadLetterStore.Keeping, batch: Int = 1000, now: Date? = nil
    ) async throws -> DeadLetterStore.Kept {
        try await self.database.asSystem { try DeadLetterStore.keep(policy, batch: batch, now: now, on: $0) }
    }
}

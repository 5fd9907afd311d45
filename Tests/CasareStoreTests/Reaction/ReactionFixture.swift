import CasareDomain
import CasarePostgres
@testable import CasareStore
import FoundationEssentials

extension StoreFixture {
    /// Reads what has happened up to now and does what is to come of it, until there is nothing more.
    @discardableResult
    func react(at now: Date? = nil, limit: Int = 200) async throws -> [ReactionStore.Round] {
        var rounds: [ReactionStore.Round] = []
        while let round = try await self.reactOnce(at: now, limit: limit) {
            rounds.append(round)
            if !round.isFull { break }
        }
        return rounds
    }

    func reactOnce(at now: Date? = nil, limit: Int = 200) async throws -> ReactionStore.Round? {
        try await self.run { connection in
            var horizon = EventHorizon()
            horizon.looked(try EventFeed.look(on: connection))
            return try ReactionStore.react(
                through: horizon.final, zones: Self.zones, limit: limit, now: now, on: connection)
        }
    }

    /// A second workflow and others.
    @discardableResult
    func workflow(_ name: String) async throws -> Workflow.ID {
        try await self.run {
            try WorkflowStore.push(name: name, document: Self.document, by: "ann", on: $0).version.workflow
        }
    }

    /// Runs one job of a workflow to its end.
    ///
    /// - Parameter failure: `nil`: it completes.
    @discardableResult
    func played(
        _ workflow: Workflow.ID? = nil, _ failure: Failure? = nil, at now: Date? = nil
    ) async throws -> Job.ID {
        let id = try await self.submit(NewJob(workflow: workflow ?? self.workflow, workflowVersion: 1), now: now)
        try await self.end(id, failure, at: now)
        return id
    }

    func jobTrigger(
        _ name: String = "t", _ source: JobEventSource, workflow: String = "reaction",
        _ change: @Sendable (inout TriggerSpec) -> Void = { _ in }
    ) async throws -> Trigger {
        try await self.run { connection in
            var spec = TriggerSpec(source: .job(source), workflow: workflow)
            change(&spec)
            return try TriggerStore.create(.init(name: name, spec: spec), secret: nil, by: "ann", on: connection)
        }
    }

    /// Jobs of a workflow by its name, the oldest first.
    func jobs(of workflow: String) async throws -> [Job] {
        let ids = try await self.run { connection in
            try connection.execute(
                """
                SELECT jobs.job_id FROM jobs
                JOIN workflows ON workflows.tenant_id = jobs.tenant_id AND workflows.workflow_id = jobs.workflow_id
                WHERE jobs.tenant_id = casare_tenant() AND workflows.name = @workflow
                ORDER BY jobs.job_id
                """, ["workflow": .text(workflow)]
            ).map { Job.ID(rawValue: try $0.uuid("job_id")) }
        }
        var jobs: [Job] = []
        for id in ids {
            if let job = try await self.get(id) { jobs.append(job) }
        }
        return jobs
    }
}

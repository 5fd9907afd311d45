import CasareClient
import CasareDomain
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareOrchestrator

/// What comes of what happens to jobs, in a server that runs.
struct ReactionRouteTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `a trigger makes a job when another one is cancelled`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow("cleanup")
            let made = try await server.call(
                .POST, "/api/v1/triggers",
                [
                    "name": "after cancel",
                    "spec": [
                        "job": ["kinds": ["cancelled"], "variables": ["job": "payload.job"]], "workflow": "cleanup",
                    ],
                ])
            #expect(made.status == 201, "\(made.json)")
            let id = try await server.submit(1)[0]
            try await server.withClient(.operator) { client in
                _ = try await client.cancelJob(id)
                let job = try await eventually("a job is made") {
                    try await client.jobs(JobQuery(workflow: "cleanup")).jobs.first
                }
                #expect(job.variables["job"]?.string == id.description && job.createdBy == "trigger/after cancel")
            }
        }
    }

    @Test func `a schedule fires after a job of another workflow`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow("cleanup")
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                let spec = ScheduleSpec(
                    timing: .dependency(.init(after: ["invoices"], waitFor: .any, on: .always)), workflow: "cleanup")
                _ = try await client.createSchedule(CreateScheduleRequest(name: "chain", spec: spec))
                let id = try await server.submit(1)[0]
                _ = try await client.cancelJob(id)
                let job = try await eventually("a job is made") {
                    try await client.jobs(JobQuery(workflow: "cleanup")).jobs.first
                }
                #expect(try await client.schedule("chain").lastJob == job.id)
            }
        }
    }
}

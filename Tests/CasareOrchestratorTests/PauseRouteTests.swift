import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareOrchestrator

/// Jobs that people pause and resume, over HTTP.
struct PauseRouteTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `a job that waits is paused and resumed, and says by whom and why`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            let paused = try await server.withClient(.operator) { client in
                try await client.pauseJob(id, reason: "month end")
            }
            #expect(paused.status == .paused && paused.pause?.reason == "month end")
            #expect(paused.pause?.by == "the operator")
            let listed = try await server.call(.GET, "/api/v1/jobs?status=paused").json["jobs"]?.list
            #expect(listed?.count == 1)
            #expect(try await server.call(.GET, "/api/v1/status").json["jobs"]?["paused"] == 1)
            let explained = try await server.call(.GET, "/api/v1/jobs/\(id)/explain").json["reasons"]?.list
            #expect(explained?.first?["code"] == "paused")
            try await server.withRobot("r1") { robot in
                #expect(try await robot.client.lease(robot.session, slots: 1).isEmpty)
                let resumed = try await server.withClient(.operator) { try await $0.resumeJob(id) }
                #expect(resumed.status == .pending && resumed.pause == nil)
                let leased = try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(20))
                #expect(leased.map(\.lease.job) == [id])
            }
        }
    }

    @Test func `a robot hears that its job is to be paused, and hands it back so`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            try await server.withRobot("r1") { robot in
                let job = try #require(try await robot.client.lease(robot.session, slots: 1).first)
                let asked = try await server.call(.POST, "/api/v1/jobs/\(id)/pause", ["reason": "look first"])
                #expect(asked.json["job"]?["status"] == "running")
                #expect(asked.json["job"]?["pause"]?["reason"] == "look first")
                let answer = try await robot.client.renew(robot.session, [job.lease])
                #expect(answer.paused == [id] && answer.lost.isEmpty)
                try await robot.client.release(job.lease, reason: "asked to")
                #expect(try await server.call(.GET, "/api/v1/jobs/\(id)").json["job"]?["status"] == "paused")
            }
        }
    }

    @Test func `pausing needs a right, and resuming a job that is paused`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            for verb in ["pause", "resume"] {
                #expect(try await server.call(.POST, "/api/v1/jobs/\(id)/\(verb)", as: .viewer).status == 403)
            }
            let early = try await server.call(.POST, "/api/v1/jobs/\(id)/resume")
            #expect(early.status == 409 && early.code == "INVALID_STATE_TRANSITION")
            let long = Value.string(String(repeating: "x", count: ControlReason.charactersMax + 1))
            let refused = try await server.call(.POST, "/api/v1/jobs/\(id)/pause", ["reason": long])
            #expect([400, 422].contains(refused.status) && refused.message.contains("reason"), "\(refused.message)")
            let none = "00000000-0000-7000-8000-000000000000"
            #expect(try await server.call(.POST, "/api/v1/jobs/\(none)/pause").status == 404)
        }
    }
}

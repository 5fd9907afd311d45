import CasareClient
import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

/// Steering robots, and looking at the database, over HTTP.
struct RobotControlTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `a robot is cordoned, drained and stopped over the API, and its renewals tell it`() async throws {
        try await Fixture.with { server in
            try await server.withRobot("r1") { robot in
                let path = "/api/v1/robots/r1"
                let cordoned = try await server.call(.POST, "\(path)/cordon", as: .operator, ["reason": "new disk"])
                #expect(cordoned.status == 200 && cordoned.json["status"] == "cordoned", "\(cordoned.json)")
                #expect(cordoned.json["cordoned_by"] == "the operator" && cordoned.json["cordon_reason"] == "new disk")
                #expect(try await robot.client.renew(robot.session, []).order == nil)
                let free = try await server.call(.POST, "\(path)/uncordon", as: .operator)
                #expect(free.json["status"] == "live" && free.json["cordoned_at"] == Value.null)
                let draining = try await server.call(.POST, "\(path)/drain", as: .operator, ["reason": "old"])
                #expect(draining.json["status"] == "draining")
                #expect(
                    draining.json["ending"]?["order"] == "drain"
                        && draining.json["ending"]?["asked_by"] == "the operator")
                #expect(try await robot.client.renew(robot.session, []).order == .drain)
                #expect(try await server.call(.POST, "\(path)/stop", as: .operator).status == 200)
                #expect(try await robot.client.renew(robot.session, []).order == .stop)
                let kept = try await server.call(.DELETE, path)
                #expect(kept.status == 409 && kept.message.contains("casarectl robot stop r1"), "\(kept.json)")
                try await robot.client.closeSession(robot.session)
                let removed = try await server.call(.DELETE, "\(path)?reason=sold")
                #expect(removed.status == 200 && removed.json["status"] == "offline")
                #expect(try await server.call(.GET, path).status == 404)
                let actions = try await server.withClient(.viewer) { try await $0.actions(of: "r1") }.actions
                #expect(
                    actions.map(\.action) == [
                        "robot.remove", "robot.stop", "robot.drain", "robot.uncordon", "robot.cordon",
                    ])
                #expect(actions[0].actor == "the admin" && actions[0].reason == "sold")
            }
        }
    }

    @Test func `a robot that does not get on is shown as wedged, with the job`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                _ = try await robot.client.lease(robot.session, slots: 1)
                _ = try await robot.client.renew(
                    robot.session, [],
                    progress: Robot.Progress(secondsSilent: 300, overdueJob: ids[0], secondsOverdue: 100))
                let shown = try await server.call(.GET, "/api/v1/robots/r1", as: .viewer).json
                #expect(shown["status"] == "wedged" && shown["wedge"]?["cause"] == "job_overdue")
                #expect(shown["wedge"]?["job"]?.string == ids[0].description)
                let bad = try await server.call(
                    .POST, "/api/v1/sessions/\(robot.session)/renew", as: .robot,
                    ["leases": [], "progress": ["seconds_silent": -1]])
                #expect(bad.status == 422 && bad.json["error"]?["field"] == "progress", "\(bad.json)")
            }
        }
    }

    @Test(arguments: ["cordon", "uncordon", "drain", "stop"])
    func `viewers steer nothing`(verb: String) async throws {
        try await Fixture.with { server in
            try await server.withRobot("r1") { _ in
                let refused = try await server.call(.POST, "/api/v1/robots/r1/\(verb)", as: .viewer)
                #expect(refused.status == 403)
                #expect(try await server.call(.DELETE, "/api/v1/robots/r1", as: .operator).status == 403)
                #expect(try await server.call(.GET, "/api/v1/robots/r1").json["status"] == "live")
            }
        }
    }

    @Test func `what is not there cannot be steered`() async throws {
        try await Fixture.with { server in
            #expect(try await server.call(.POST, "/api/v1/robots/nobody/cordon").status == 404)
            #expect(try await server.call(.DELETE, "/api/v1/robots/nobody").status == 404)
            _ = try await server.call(.POST, "/api/v1/robots", ["id": "r2"])
            let idle = try await server.call(.POST, "/api/v1/robots/r2/drain")
            #expect(idle.status == 409 && idle.message.contains("has no session"))
            let misspelt = try await server.call(.POST, "/api/v1/robots/r2/cordon", ["reson": "x"])
            #expect(misspelt.status == 400 && misspelt.message.contains("did you mean reason?"))
        }
    }

    @Test func `an administrator gets a finding for every check of the database, others nothing`() async throws {
        try await Fixture.with { server in
            for role in [Role.viewer, .operator, .robot] {
                #expect(try await server.call(.GET, "/api/v1/doctor/db", as: role).status == 403)
            }
            let report = try await server.withClient(.admin) { try await $0.databaseReport() }
            #expect(report.findings.map(\.check) == DoctorFinding.Check.allCases)
            // The tests' server forgets everything at a crash.
            #expect(report.level == .critical)
            let connections = try #require(report.findings.first { $0.check == .connections })
            #expect(connections.level == .ok && connections.facts["used"]?.int ?? 0 > 0)
        }
    }
}

import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

/// Seeing and steering queues over HTTP.
struct QueueRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let path = "/api/v1/queues/default"

    @Test func `a queue is listed and shown with what waits in it and who steered it`() async throws {
        try await Fixture.with { server in
            #expect(try await server.call(.GET, "/api/v1/queues", as: .viewer).json["queues"] == [])
            #expect(try await server.call(.GET, Self.path, as: .viewer).status == 404)
            _ = try await server.submit(3)
            let page = try await server.withClient(.viewer) { try await $0.queues() }
            #expect(page.queues.map(\.name) == ["default"] && page.nextCursor == nil)
            #expect(page.queues[0].ready == 3 && page.queues[0].kind == .plain && page.queues[0].inexact == [])
            _ = try await server.call(.POST, "\(Self.path)/pause", as: .operator, ["reason": "month end"])
            let stats = try await server.withClient(.viewer) { try await $0.queue("default") }
            #expect(stats.queue.kind == .paused && stats.readyByPriority == ["5": 3])
            #expect(stats.actions.map(\.action) == ["queue.pause"] && stats.actions[0].reason == "month end")
        }
    }

    @Test func `a paused queue gives nothing until it is resumed, and says who wants it so`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let paused = try await server.call(
                    .POST, "\(Self.path)/pause", as: .operator, ["reason": "deploy", "for_seconds": 3600])
                let queue = paused.json["queue"]
                #expect(paused.status == 200 && queue?["kind"] == "paused", "\(paused.json)")
                #expect(paused.json["was_paused"] == false)
                let pause = queue?["pause"]
                #expect(
                    pause?["by"] == "the operator" && pause?["reason"] == "deploy" && pause?["until"]?.string != nil)
                #expect(try await robot.client.lease(robot.session, slots: 1).isEmpty)
                let resumed = try await server.call(.POST, "\(Self.path)/resume", as: .operator)
                #expect(resumed.json["queue"]?["pause"] == Value.null && resumed.json["was_paused"] == true)
                let jobs = try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(10))
                #expect(jobs.count == 1)
            }
        }
    }

    @Test func `limits are set, changed and lifted one by one, and hold at once`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(3)
            try await server.withRobot("r1") { robot in
                let limited = try await server.call(
                    .PATCH, "\(Self.path)/limits", as: .operator,
                    ["concurrency": 1, "key_rate": ["every_seconds": 0.5, "burst": 2], "reason": "slow database"])
                #expect(limited.status == 200, "\(limited.json)")
                let limits = limited.json["queue"]?["limits"]
                #expect(limits?["concurrency"] == 1 && limits?["rate"] == Value.null)
                #expect(limits?["key_rate"]?["every_seconds"] == 0.5 && limits?["key_rate"]?["burst"] == 2)
                #expect(try await robot.client.lease(robot.session, slots: 3).count == 1)
                #expect(try await robot.client.lease(robot.session, slots: 2).isEmpty)
                let why = try await server.withClient(.viewer) { try await $0.explain(queue: "default") }
                let reason = try #require(why.reasons.first { $0.code == .queueLimit })
                #expect(reason.clears == "casarectl queue limit default --concurrency 2")
                let lifted = try await server.call(.PATCH, "\(Self.path)/limits", as: .operator, ["concurrency": nil])
                #expect(lifted.json["queue"]?["limits"]?["concurrency"] == Value.null)
                #expect(lifted.json["queue"]?["limits"]?["key_rate"]?["burst"] == 2)
                let rest = try await robot.client.lease(robot.session, slots: 3, waiting: .seconds(10))
                #expect(rest.count == 2)
            }
            let actions = try await server.withClient(.viewer) { try await $0.actions(of: "default") }.actions
            #expect(actions.map(\.action) == ["queue.limit", "queue.limit"] && actions[1].reason == "slow database")
            #expect(actions[1].detail["concurrency"] == 1)
            #expect(actions[0].detail == ["concurrency": nil], "\(actions[0].detail)")
        }
    }

    @Test func `one key is limited and paused by itself`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            let limited = try await server.call(
                .PATCH, "\(Self.path)/limits", as: .operator,
                ["key": "acme/7", "concurrency": 2, "rate": ["every_seconds": 60, "burst": 1]])
            #expect(limited.json["key"]?["key"] == "acme/7" && limited.json["key"]?["concurrency"] == 2)
            #expect(limited.json["queue"]?["limits"]?["concurrency"] == Value.null)
            _ = try await server.call(
                .POST, "\(Self.path)/pause", as: .operator, ["key": "acme/7", "reason": "unpaid"])
            let stats = try await server.withClient(.viewer) { try await $0.queue("default") }
            #expect(stats.queue.pause == nil)
            let key = try #require(stats.keys.first)
            #expect(key.key == "acme/7" && key.pause?.reason == "unpaid" && key.rate?.everySeconds == 60)
            let wrong = try await server.call(
                .PATCH, "\(Self.path)/limits", as: .operator, ["key": "acme/7", "key_concurrency": 2])
            #expect(wrong.status == 422 && wrong.json["error"]?["field"] == "key_concurrency")
        }
    }

    @Test func `keys are listed page by page, each with its pause and limits`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            for key in ["c", "a/b", "b"] {
                _ = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices", "queue_key": .string(key)])
            }
            _ = try await server.call(.POST, "\(Self.path)/pause", as: .operator, ["key": "b", "reason": "unpaid"])
            let first = try await server.withClient(.viewer) { try await $0.queueKeys(of: "default", limit: 2) }
            #expect(first.keys.map(\.key) == ["a/b", "b"])
            #expect(first.keys.map(\.ready) == [1, 1] && first.keys.allSatisfy { $0.inexact.isEmpty })
            #expect(first.keys[0].pause == nil && first.keys[1].pause?.reason == "unpaid")
            let rest = try await server.withClient(.viewer) {
                try await $0.queueKeys(of: "default", cursor: first.nextCursor)
            }
            #expect(rest.keys.map(\.key) == ["c"] && rest.nextCursor == nil)
            #expect(try await server.call(.GET, "/api/v1/queues/nowhere/keys").status == 404)
        }
    }

    @Test func `what is not paused is not resumed, and nobody is said to have done it`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            let nothing = try await server.call(.POST, "\(Self.path)/resume", as: .operator)
            #expect(nothing.status == 200 && nothing.json["was_paused"] == false, "\(nothing.json)")
            let unknown = try await server.call(.POST, "\(Self.path)/resume", as: .operator, ["key": "acmee"])
            #expect(unknown.json["was_paused"] == false && unknown.json["key"] == Value.null)
            _ = try await server.call(.POST, "\(Self.path)/pause", as: .operator, ["key": "acme"])
            let beside = try await server.call(.POST, "\(Self.path)/resume", as: .operator)
            #expect(beside.json["was_paused"] == false && beside.json["keys_paused"] == 1)
            let resumed = try await server.call(.POST, "\(Self.path)/resume", as: .operator, ["key": "acme"])
            #expect(resumed.json["was_paused"] == true && resumed.json["keys_paused"] == 0)
            #expect(resumed.json["key"]?["pause"] == Value.null)
            let actions = try await server.withClient(.viewer) { try await $0.actions(of: "default") }.actions
            #expect(actions.map(\.action) == ["queue.resume", "queue.pause"])
        }
    }

    @Test func `what was done to a robot of the same name is not the queue's`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            _ = try await server.call(.POST, "/api/v1/robots", ["id": "default"])
            _ = try await server.call(.POST, "/api/v1/robots/default/cordon", as: .operator)
            _ = try await server.call(.POST, "\(Self.path)/pause", as: .operator)
            try await server.withClient(.viewer) { client in
                #expect(try await client.queue("default").actions.map(\.action) == ["queue.pause"])
                #expect(try await client.actions(of: "default").actions.count == 3)
                let robots = try await client.actions(of: "default", noun: "robot").actions
                #expect(robots.map(\.action) == ["robot.cordon", "robot.register"])
            }
            let wrong = try await server.call(.GET, "/api/v1/actions?noun=robots")
            #expect(wrong.status == 400 && wrong.json["error"]?["field"] == "noun")
        }
    }

    @Test func `a reason has its bounds wherever it is given`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            _ = try await server.call(.POST, "/api/v1/robots", ["id": "r1"])
            let long = String(repeating: "r", count: 1001)
            let calls: [(Fixture.HTTPMethodName, String, Value?)] = [
                (.POST, "/api/v1/jobs/\(id)/cancel", ["reason": .string(long)]),
                (.POST, "/api/v1/jobs/\(id)/priority", ["priority": 9, "reason": .string(long)]),
                (.POST, "\(Self.path)/pause", ["reason": .string(long)]),
                (.POST, "/api/v1/robots/r1/cordon", ["reason": .string(long)]),
                (.DELETE, "/api/v1/robots/r1?reason=\(long)", nil),
                (.PUT, "/api/v1/workflows/invoices/robots", ["robots": ["r1"], "reason": .string(long)]),
            ]
            for (method, path, body) in calls {
                let reply = try await server.call(method, path, body)
                #expect(reply.status == 422 && reply.json["error"]?["field"] == "reason", "\(reply.json)")
            }
            let beep = try await server.call(.POST, "/api/v1/jobs/\(id)/cancel", ["reason": "a\u{7}"])
            #expect(beep.status == 400 && beep.json["error"]?["field"] == "reason")
            #expect(try await server.call(.GET, "/api/v1/jobs/\(id)").json["job"]?["status"] == "pending")
        }
    }

    @Test func `who is to try again is told so, and when`() {
        let problem = APIProblem(StoreError.contended("queue prod"))
        #expect(problem.code == .serviceUnavailable && problem.retryAfterSeconds == 1)
        #expect(problem.message == "queue prod changed all the while; try again")
    }

    @Test func `what makes no sense is refused with the member's name`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            let bad: [(String, Value, Int, String)] = [
                ("pause", ["until": "2026-01-02T03:04:05Z"], 400, "until"),
                ("pause", ["until": "2098-01-02T03:04:05Z"], 400, "until"),
                ("pause", ["key": "a", "until": "2026-01-02T03:04:05Z"], 400, "until"),
                ("pause", ["key": .string(String(repeating: "k", count: 256))], 422, "key"),
                ("pause", ["for_seconds": 0], 422, "for_seconds"),
                ("pause", ["for_seconds": 5, "until": "2099-01-02T03:04:05Z"], 422, "for_seconds"),
                ("pause", ["reson": "x"], 400, "reson"), ("pause", ["reason": ""], 422, "reason"),
                ("resume", ["key": ""], 422, "key"),
            ]
            for (verb, body, status, field) in bad {
                let reply = try await server.call(.POST, "\(Self.path)/\(verb)", as: .operator, body)
                #expect(reply.status == status && reply.json["error"]?["field"]?.string == field, "\(reply.json)")
            }
            let limits: [(Value, String)] = [
                (["concurrency": -1], "concurrency"),
                (["rate": ["every_seconds": 0, "burst": 1]], "rate.every_seconds"),
                (["rate": ["every_seconds": 1, "burst": 0]], "rate.burst"), (["ageing_seconds": 0], "ageing_seconds"),
            ]
            for (body, field) in limits {
                let reply = try await server.call(.PATCH, "\(Self.path)/limits", as: .operator, body)
                #expect(reply.status == 422 && reply.json["error"]?["field"]?.string == field, "\(reply.json)")
            }
            #expect(try await server.call(.POST, "/api/v1/queues/nowhere/pause", as: .operator).status == 404)
            #expect(try await server.call(.GET, "\(Self.path)").json["queue"]?["kind"] == "plain")
        }
    }

    @Test func `viewers look and steer nothing`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            for path in ["\(Self.path)/pause", "\(Self.path)/resume", "/api/v1/jobs/\(id)/priority"] {
                #expect(try await server.call(.POST, path, as: .viewer, ["priority": 1]).status == 403)
            }
            #expect(try await server.call(.PATCH, "\(Self.path)/limits", as: .viewer, [:]).status == 403)
            for path in ["/api/v1/queues", Self.path, "\(Self.path)/explain", "/api/v1/jobs/\(id)/explain"] {
                #expect(try await server.call(.GET, path, as: .viewer).status == 200)
            }
        }
    }

    @Test func `a waiting job gets another priority and with it another place; one that runs is refused`() async throws
    {
        try await Fixture.with { server in
            let ids = try await server.submit(3)
            let path = "/api/v1/jobs/\(ids[2])/priority"
            let changed = try await server.call(.POST, path, as: .operator, ["priority": "HIGH", "reason": "the boss"])
            #expect(changed.status == 200 && changed.json["job"]?["priority"] == 15, "\(changed.json)")
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 1)
                #expect(jobs.map(\.lease.job) == [ids[2]] && jobs.first?.priority == .high)
                let refused = try await server.call(.POST, path, as: .operator, ["priority": 1])
                #expect(refused.status == 409 && refused.code == "INVALID_STATE_TRANSITION")
                #expect(refused.message.contains("only one that waits can"), "\(refused.message)")
                // What is handed back keeps what it was given.
                try await robot.client.release(jobs[0].lease, reason: "test")
                #expect(try await robot.client.lease(robot.session, slots: 1).first?.lease.job == ids[2])
            }
            let actions = try await server.withClient(.viewer) { try await $0.actions(of: ids[2].description) }.actions
            #expect(actions.map(\.detail) == [["from": 5, "to": 15]] && actions[0].reason == "the boss")
        }
    }

    @Test func `a job, a queue and a robot are explained, each reason with what clears it`() async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            let lonely = try await server.withClient(.viewer) { try await $0.explain(job: id) }
            #expect(lonely.kind == .job && lonely.subject == id.description)
            #expect(lonely.reasons.contains { $0.code == .noRobotRegistered })
            try await server.withRobot("r1", slots: 1) { robot in
                _ = try await server.call(.POST, "/api/v1/robots/r1/cordon", as: .operator, ["reason": "disk"])
                _ = try await server.call(.POST, "\(Self.path)/pause", as: .operator, ["reason": "deploy"])
                let reply = try await server.call(.GET, "/api/v1/jobs/\(id)/explain", as: .viewer)
                let reasons = try #require(reply.json["reasons"]?.list)
                #expect(reasons.compactMap { $0["code"]?.string }.prefix(2) == ["queue_paused", "robots_cordoned"])
                #expect(reasons.first?["clears"] == "casarectl queue resume default")
                #expect(reasons.first?["message"]?.string?.contains("by the operator: deploy") == true, "\(reasons)")
                #expect(reasons.first?["detail"]?["by"] == "the operator")
                let idle = try await server.withClient(.viewer) { try await $0.explain(robot: robot.id) }
                #expect(idle.reasons.first?.code == .cordoned)
                #expect(idle.reasons.first?.clears == "casarectl robot uncordon r1")
                // Clearing every reason in turn makes it run.
                _ = try await server.call(.POST, "/api/v1/robots/r1/uncordon", as: .operator)
                _ = try await server.call(.POST, "\(Self.path)/resume", as: .operator)
                let leased = try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(10))
                #expect(leased.map(\.lease.job) == [id])
                let running = try await server.withClient(.viewer) { try await $0.explain(job: id) }
                #expect(running.reasons.first?.code == .running)
                _ = try await server.call(.POST, "/api/v1/robots/r1/drain", as: .operator, ["reason": "old"])
                let draining = try await server.withClient(.viewer) { try await $0.explain(robot: robot.id) }
                let order = try #require(draining.reasons.first { $0.code == .draining })
                #expect(order.message.contains("to drain by the operator: old;") && order.clears == nil, "\(order)")
                _ = try await robot.client.renew(
                    robot.session, leased.map(\.lease),
                    progress: Robot.Progress(secondsSilent: 500, overdueJob: id, secondsOverdue: 90))
                let wedged = try await server.withClient(.viewer) { try await $0.explain(job: id) }
                #expect(wedged.reasons.first { $0.code == .wedged }?.clears == "casarectl robot stop r1", "\(wedged)")
                let robotToo = try await server.withClient(.viewer) { try await $0.explain(robot: robot.id) }
                #expect(robotToo.reasons.contains { $0.code == .wedged })
            }
            for path in ["/api/v1/jobs/0197f3a0-0000-7000-8000-000000000000", "/api/v1/queues/x", "/api/v1/robots/x"] {
                #expect(try await server.call(.GET, "\(path)/explain").status == 404)
            }
        }
    }

    @Test func `a robot that waits for jobs is told at once that it is to end`() async throws {
        try await Fixture.with { server in
            try await server.withRobot("r1") { robot in
                async let answer = robot.client.leaseAnswer(robot.session, slots: 1, waiting: .seconds(25))
                while server.waitingRoom.count == 0 { await Task.yield() }
                _ = try await server.call(.POST, "/api/v1/robots/r1/drain", as: .operator)
                let told = try await answer
                #expect(told.jobs.isEmpty && told.order == .drain)
            }
        }
    }
}

import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareWire
import FoundationEssentials
import Testing

struct ForecastRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static func create(_ name: String, _ spec: Object, on server: Fixture) async throws {
        let body: Value = [
            "name": .string(name), "spec": .object((["workflow": "invoices"] as Object).merging(spec)),
        ]
        let created = try await server.call(.POST, "/api/v1/schedules", body)
        #expect([200, 201].contains(created.status), "\(created.json)")
    }

    private static func ticks(_ reply: Fixture.Reply) -> [Value] { reply.json["ticks"]?.list ?? [] }

    @Test func `a preview says what the clocks of the zone do to a tick`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await Self.create(
                "nightly", ["cron": ["expression": "30 2 * * *", "zone": "Europe/Berlin", "dst": "fixed"]], on: server)
            let spring = try await server.call(
                .GET, "/api/v1/schedules/nightly/preview?from=2026-03-28T00:00:00Z&to=2026-03-30T12:00:00Z",
                as: .viewer)
            #expect(spring.status == 200, "\(spring.json)")
            #expect(spring.json["zone"] == "Europe/Berlin" && spring.json["has_more"] == false)
            #expect(
                Self.ticks(spring).map { $0["local_time"]?.string ?? "" } == [
                    "2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00",
                ])
            #expect(Self.ticks(spring).map { $0["oddity"]?.string ?? "" } == ["", "gap_moved", ""])
            let autumn = try await server.call(
                .GET, "/api/v1/schedules/nightly/preview?from=2026-10-25T00:00:00Z&count=1")
            #expect(Self.ticks(autumn).map { $0["oddity"]?.string ?? "" } == ["repeat_skipped"])
            #expect(autumn.json["has_more"] == true)
        }
    }

    @Test func `a preview says what is closed, and until when a tick waits`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let calendar: Value = ["spec": ["preset": "uk_bank"]]
            #expect(try await server.call(.PUT, "/api/v1/calendars/bank", calendar).status == 200)
            let daily: Object = [
                "cron": ["expression": "0 9 * * *", "zone": "Europe/London"], "calendar": "bank",
                "blackouts": [["from": "2026-12-29T00:00:00Z", "to": "2026-12-30T00:00:00Z"]],
            ]
            try await Self.create("skips", daily, on: server)
            try await Self.create("waits", daily.merging(["on_closed": "postpone"]), on: server)
            let query = "from=2026-12-24T00:00:00Z&to=2026-12-30T23:00:00Z"
            let skips = try await server.call(.GET, "/api/v1/schedules/skips/preview?\(query)")
            #expect(
                Self.ticks(skips).map { $0["closed_by"]?.string ?? "open" }
                    == ["open", "holiday", "weekend", "weekend", "holiday", "blackout", "open"])
            #expect(Self.ticks(skips).map { $0["due_at"]?.isNull } == [false, true, true, true, true, true, false])
            #expect(Self.ticks(skips)[1]["closed_reason"] == "holiday Christmas Day")
            let waits = try await server.call(.GET, "/api/v1/schedules/waits/preview?\(query)")
            #expect(Self.ticks(waits)[1]["postponed_to"] == "2026-12-30T00:00:00.000Z", "\(waits.json)")
            #expect(Self.ticks(waits)[1]["due_at"] == "2026-12-30T00:00:00.000Z")
            #expect(Self.ticks(waits)[2]["postponed_to"] == Value.null)
        }
    }

    @Test func `what has no times, is not there or is asked wrongly has no preview`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow("first")
            try await server.pushWorkflow()
            try await Self.create("after", ["dependency": ["after": ["first"]]], on: server)
            try await Self.create("nightly", ["cron": ["expression": "@daily"]], on: server)
            #expect(try await server.call(.GET, "/api/v1/schedules/none/preview").status == 404)
            let after = try await server.call(.GET, "/api/v1/schedules/after/preview")
            #expect(after.status == 422 && after.message.contains("nobody can know when"), "\(after.json)")
            for (query, field) in [
                ("count=0", "count"), ("count=1001", "count"), ("count=x", "count"), ("from=monday", "from"),
                ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to"),
            ] {
                let reply = try await server.call(.GET, "/api/v1/schedules/nightly/preview?\(query)")
                #expect(reply.json["error"]?["field"]?.string == field, "\(query) \(reply.json)")
            }
        }
    }

    @Test func `schedules that begin together are told, and what would spread them`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow("first")
            try await server.pushWorkflow()
            for number in 1...6 {
                try await Self.create("s\(number)", ["cron": ["expression": "0 2 * * *"]], on: server)
            }
            try await Self.create("alone", ["cron": ["expression": "0 5 * * *"]], on: server)
            try await Self.create("waiting", ["dependency": ["after": ["first"]]], on: server)
            let body: Value = [
                "from": "2026-11-20T00:00:00Z", "for_seconds": 86_400, "slots": 4, "assumed_seconds": 5,
            ]
            let reply = try await server.call(.POST, "/api/v1/schedules/simulate", as: .viewer, body)
            #expect(reply.status == 200, "\(reply.json)")
            #expect(reply.json["schedules"] == 7 && reply.json["starts"] == 7 && reply.json["is_partial"] == false)
            #expect(reply.json["assumed_schedules"] == 7 && reply.json["slots"] == 4)
            #expect(reply.json["colliding_minutes"] == 1)
            #expect(reply.json["collisions"]?.list?.first?["minute"] == "2026-11-20T02:00:00.000Z")
            #expect(reply.json["collisions"]?.list?.first?["starts"] == 6)
            #expect(reply.json["load"]?["peak"] == 6 && reply.json["load"]?["minutes_over"] == 1)
            let names = Set(reply.json["suggestions"]?.list?.map { $0["schedule"]?.string ?? "" } ?? [])
            #expect(names == ["s1", "s2", "s3", "s4", "s5", "s6"])
            #expect(reply.json["suggested_load"]?["peak"]?.int.map { $0 <= 4 } == true)
            // Nothing is changed by it.
            let schedule = try await server.call(.GET, "/api/v1/schedules/s1")
            #expect(schedule.json["revision"] == 1)
        }
    }

    @Test func `without robots the slots are not known`() async throws {
        try await Fixture.with { server in
            let reply = try await server.call(.POST, "/api/v1/schedules/simulate")
            #expect(reply.status == 200 && reply.json["slots"] == Value.null && reply.json["starts"] == 0)
            for (body, field) in [
                (["for_seconds": 59], "for_seconds"), (["for_seconds": 2_678_401], "for_seconds"),
                (["slots": -1], "slots"), (["assumed_seconds": 0], "assumed_seconds"), (["workflow": ""], "workflow"),
            ] as [(Value, String)] {
                let refused = try await server.call(.POST, "/api/v1/schedules/simulate", body)
                #expect(refused.status == 422 && refused.json["error"]?["field"]?.string == field, "\(refused.json)")
            }
        }
    }

    @Test func `the client asks for both`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await Self.create("nightly", ["cron": ["expression": "0 2 * * *"], "runs": 2], on: server)
            let client = try server.client(.viewer)
            let preview = try await client.previewSchedule(
                "nightly", count: 5, from: Date(timeIntervalSince1970: 1_893_456_000))
            #expect(preview.ticks.count == 2 && !preview.hasMore && preview.status == .active)
            let simulation = try await client.simulateSchedules(
                SimulateSchedulesRequest(from: Date(timeIntervalSince1970: 1_893_456_000), slots: 1))
            #expect(simulation.starts == 1 && simulation.load.peak == 1)
            await client.shutdown()
        }
    }
}

import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

struct CalendarRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static let office: Value = [
        "zone": "Europe/Berlin", "working_hours": ["friday": [["from": "09:00", "to": "17:00"]]],
        "holidays": [["name": "Christmas", "month": 12, "day": 25]],
        "blackouts": [["cron": "0 12 * * *", "seconds": 3600, "workflows": ["invoices"]]],
    ]

    @Test func `a calendar is kept, shown, listed, checked and deleted`() async throws {
        try await Fixture.with { server in
            let saved = try await server.call(.PUT, "/api/v1/calendars/office", as: .operator, ["spec": Self.office])
            #expect(saved.status == 200, "\(saved.json)")
            #expect(saved.json["name"] == "office" && saved.json["created_by"] == "the operator")
            #expect(saved.json["spec"]?["zone"] == "Europe/Berlin" && saved.json["spec"]?["weekends"] == false)
            #expect(saved.json["spec"]?["blackouts"] == Self.office["blackouts"])
            #expect(try await server.call(.GET, "/api/v1/calendars/office", as: .viewer).json == saved.json)
            let list = try await server.call(.GET, "/api/v1/calendars", as: .viewer)
            #expect(list.json["calendars"]?.list == [saved.json] && list.json["next_cursor"] == Value.null)
            // Friday, 20 November 2026.
            let open = try await server.call(
                .GET, "/api/v1/calendars/office/check?at=2026-11-20T08:00:00Z", as: .viewer)
            #expect(open.json["is_open"] == true && open.json["local_time"] == "2026-11-20T09:00:00+01:00")
            #expect(open.json["opens_at"] == Value.null && open.json["closed_by"] == Value.null)
            let closed = try await server.call(.GET, "/api/v1/calendars/office/check?at=2026-12-25T10:00:00Z")
            #expect(closed.json["is_open"] == false && closed.json["closed_by"] == "holiday")
            #expect(closed.json["reason"] == "holiday Christmas")
            #expect(closed.json["opens_at"] == "2027-01-01T08:00:00.000Z")
            let noon = "/api/v1/calendars/office/check?at=2026-11-20T11:30:00Z"
            #expect(try await server.call(.GET, noon).json["is_open"] == true)
            let blackedOut = try await server.call(.GET, noon + "&workflow=invoices")
            #expect(blackedOut.json["closed_by"] == "blackout", "\(blackedOut.json)")
            #expect(blackedOut.json["opens_at"] == "2026-11-20T12:00:00.000Z")
            let deleted = try await server.call(.DELETE, "/api/v1/calendars/office?reason=gone", as: .operator)
            #expect(deleted.status == 200 && deleted.json == saved.json)
            #expect(try await server.call(.GET, "/api/v1/calendars/office").status == 404)
            let actions = try await server.call(.GET, "/api/v1/actions?noun=calendar")
            #expect(
                actions.json["actions"]?.list?.map { $0["action"]?.string ?? "" }
                    == ["calendar.delete", "calendar.save"])
        }
    }

    @Test func `calendars are listed page by page`() async throws {
        try await Fixture.with { server in
            for name in ["c", "a", "b"] {
                #expect(try await server.call(.PUT, "/api/v1/calendars/\(name)", ["spec": [:]]).status == 200)
            }
            let first = try await server.call(.GET, "/api/v1/calendars?limit=2")
            #expect(first.json["calendars"]?.list?.map { $0["name"] } == ["a", "b"])
            #expect(first.json["next_cursor"] == "b")
            let second = try await server.call(.GET, "/api/v1/calendars?limit=2&cursor=b")
            #expect(second.json["calendars"]?.list?.map { $0["name"] } == ["c"])
        }
    }

    @Test func `what is no calendar is refused, and the member at fault is named`() async throws {
        try await Fixture.with { server in
            for (body, status, field) in [
                (["zone": "Europe/Atlantis"], 422, "zone"), (["holiday": []], 400, "holiday"),
                (["holidays": [["name": "x", "date": "2026-02-30"]]], 422, "holidays[0].date"),
                (["holidays": [["name": "x", "dat": "2026-02-03"]]], 400, "holidays[0].dat"),
                (["blackouts": [["cron": "0 25 * * *", "seconds": 60]]], 422, "blackouts[0].cron"),
                (["name": "another"], 422, "name"),
            ] as [(Value, Int, String)] {
                let reply = try await server.call(.PUT, "/api/v1/calendars/office", ["spec": body])
                #expect(reply.status == status, "\(body) \(reply.json)")
                #expect(reply.json["error"]?["field"]?.string == "spec.\(field)", "\(body) \(reply.json)")
            }
            #expect(try await server.call(.GET, "/api/v1/calendars/office").status == 404)
        }
    }

    @Test func `a calendar that a schedule names is not deleted`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            #expect(try await server.call(.PUT, "/api/v1/calendars/office", ["spec": [:]]).status == 200)
            let spec: Value = [
                "cron": ["expression": "0 2 * * *"], "workflow": "invoices", "calendar": "office",
            ]
            let created = try await server.call(.POST, "/api/v1/schedules", ["name": "nightly", "spec": spec])
            #expect([200, 201].contains(created.status), "\(created.json)")
            let refused = try await server.call(.DELETE, "/api/v1/calendars/office")
            #expect(refused.status == 409 && refused.message.contains("nightly"), "\(refused.json)")
        }
    }

    @Test func `one that cannot be read is named, keeps nobody from the others, and is mended by another one`()
        async throws
    {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            for name in ["good", "newer"] {
                #expect(try await server.call(.PUT, "/api/v1/calendars/\(name)", ["spec": [:]]).status == 200)
            }
            let spec: Value = [
                "cron": ["expression": "0 2 * * *"], "workflow": "invoices", "calendar": "newer",
            ]
            for name in ["hourly", "nightly"] as [Value] {
                let created = try await server.call(.POST, "/api/v1/schedules", ["name": name, "spec": spec])
                #expect(created.status == 201, "\(created.json)")
            }
            #expect(try await server.call(.POST, "/api/v1/schedules/nightly/pause", [:]).status == 200)
            try await server.database.asSystem { connection in
                _ = try connection.execute("UPDATE calendars SET spec = '{\"shifts\": []}' WHERE name = 'newer'")
            }
            let list = try await server.call(.GET, "/api/v1/calendars")
            #expect(list.status == 200 && list.json["calendars"]?.list?.map { $0["name"] } == ["good"])
            #expect(list.json["unreadable"] == ["newer"])
            for (method, path, body) in [
                (.GET, "calendars/newer", nil), (.GET, "calendars/newer/check", nil),
                (.GET, "schedules/nightly/preview", nil), (.POST, "schedules/nightly/resume", [:]),
            ] as [(Fixture.HTTPMethodName, String, Value?)] {
                let refused = try await server.call(method, "/api/v1/\(path)", body)
                #expect(refused.status == 409, "\(path) \(refused.json)")
                #expect(refused.message.contains("the calendar newer cannot be read"), "\(path) \(refused.json)")
                #expect(refused.message.contains("casarectl calendar set"), "\(path) \(refused.json)")
            }
            // It fires nothing, so it is no part of what will be.
            #expect(try await server.call(.POST, "/api/v1/schedules/simulate", [:]).status == 200)
            #expect(try await server.call(.PUT, "/api/v1/calendars/newer", ["spec": [:]]).status == 200)
            #expect(try await server.call(.POST, "/api/v1/schedules/nightly/resume", [:]).status == 200)
            #expect(try await server.call(.GET, "/api/v1/schedules/nightly/preview").status == 200)
            #expect(try await server.call(.GET, "/api/v1/calendars").json["unreadable"] == Value.null)
        }
    }

    @Test(arguments: [Role.viewer, .robot])
    func `who may not define workflows changes no calendar`(role: Role) async throws {
        try await Fixture.with { server in
            let saved = try await server.call(.PUT, "/api/v1/calendars/office", as: role, ["spec": [:]])
            let deleted = try await server.call(.DELETE, "/api/v1/calendars/office", as: role)
            #expect(saved.status == 403 && deleted.status == 403, "\(saved.json) \(deleted.json)")
        }
    }

    @Test func `the client keeps, reads, checks and deletes one`() async throws {
        try await Fixture.with { server in
            let client = try server.client(.admin)
            let calendar = try BusinessCalendar(json: Self.office, name: "office hours/Berlin")
            let saved = try await client.saveCalendar(calendar)
            #expect(saved.spec == calendar && saved.name == calendar.name)
            #expect(try await client.calendar(calendar.name) == saved)
            #expect(try await client.calendars().calendars == [saved])
            let check = try await client.checkCalendar(
                calendar.name, at: Date(timeIntervalSince1970: 1_795_161_600), workflow: "invoices")
            #expect(check.calendar == calendar.name)
            #expect(try await client.deleteCalendar(calendar.name, reason: "test") == saved)
            await client.shutdown()
        }
    }

    @Test func `its description has every member of a calendar, in requests and in answers`() throws {
        let schemas = OpenAPIDocument(Orchestrator.routes).json["components"]?["schemas"]
        let request = schemas?["SaveCalendarRequest"]
        #expect(request?["additionalProperties"] == false && request?["required"] == ["spec"])
        let members = [
            "name", "zone", "preset", "working_hours", "weekends", "holidays", "days", "blackouts",
        ]
        #expect(request?["properties"]?["spec"]?["properties"]?.object?.keys == members)
        let answer = schemas?["CalendarInfo"]?["properties"]?["spec"]
        #expect(answer?["properties"]?.object?.keys == members && answer?["required"] == ["name"])
        let blackout = answer?["properties"]?["blackouts"]?["items"]?["properties"]?.object?.keys
        #expect(blackout == ["name", "from", "to", "recurring", "cron", "seconds", "workflows", "zone"])
    }
}

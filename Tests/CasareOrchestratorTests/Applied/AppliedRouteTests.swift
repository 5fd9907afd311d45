import CasareClient
import CasareDomain
import CasareWire
import Testing

/// What files describe, over HTTP.
struct AppliedRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let path = "/api/v1/applied"

    private static func names(_ page: AppliedPage) -> [String] { page.resources.map(\.name) }

    @Test func `what is noted is listed page by page and by owner, and forgotten by its owner alone`() async throws {
        try await Fixture.with { server in
            try await server.withClient(.admin) { client in
                // A slash in a name is none of the cursor.
                let names = ["a", "b/c", "d"]
                for name in names { _ = try await client.saveCalendar(BusinessCalendar(name: name)) }
                let all = names.map { AppliedName(AppliedResource.Key(.calendar, $0)) }
                let noted = try await client.recordApplied(
                    owner: "team", RecordAppliedRequest(applied: Array(all.prefix(2))))
                #expect(noted == RecordAppliedResponse(recorded: 2, forgotten: 0))
                _ = try await client.recordApplied(owner: "others", RecordAppliedRequest(applied: [all[2]]))

                let first = try await client.applied(limit: 2)
                #expect(Self.names(first) == ["a", "b/c"] && first.nextCursor == "calendar/b/c")
                let rest = try await client.applied(limit: 2, cursor: first.nextCursor)
                #expect(Self.names(rest) == ["d"] && rest.nextCursor == nil)
                #expect(rest.resources.first?.appliedBy == "the admin" && rest.resources.first?.state == .asApplied)
                let others = try await client.applied(owner: "others")
                #expect(Self.names(others) == ["d"])

                let theirs = try await client.recordApplied(
                    owner: "team", RecordAppliedRequest(forgotten: [all[0], all[2]]))
                #expect(theirs == RecordAppliedResponse(recorded: 0, forgotten: 1))
                let left = try await client.applied()
                #expect(Self.names(left) == ["b/c", "d"])
            }
        }
    }

    @Test func `looking needs a viewer, noting an operator, and what cannot be is refused by its member`()
        async throws
    {
        try await Fixture.with { server in
            let none: Value = ["applied": []]
            #expect(try await server.call(.GET, Self.path, as: .viewer).status == 200)
            #expect(try await server.call(.GET, Self.path, as: nil).status == 401)
            for role in [Role.viewer, .robot] {
                #expect(try await server.call(.POST, "\(Self.path)/team", as: role, none).status == 403)
            }
            #expect(try await server.call(.POST, "\(Self.path)/team", as: .operator, none).status == 200)
            for cursor in ["nothing", "letter/a"] {
                #expect(try await server.call(.GET, "\(Self.path)?cursor=\(cursor)").status == 400)
            }
            let owner = String(repeating: "x", count: AppliedResource.ownerCharactersMax + 1)
            let long = try await server.call(.POST, "\(Self.path)/\(owner)", none)
            #expect([400, 422].contains(long.status) && long.json["error"]?["field"] == "owner", "\(long.json)")
        }
    }
}

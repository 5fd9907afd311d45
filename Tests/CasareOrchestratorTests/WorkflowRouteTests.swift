import CasareClient
import CasareDomain
import CasareWire
import Testing

struct WorkflowRouteTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `pushing the same document twice makes one version`() async throws {
        try await Fixture.with { server in
            let first = try await server.call(.POST, "/api/v1/workflows", ["document": Fixture.document("bills")])
            #expect(first.status == 201)
            #expect(first.json["version"] == 1 && first.json["is_new"] == true && first.json["name"] == "bills")
            let again = try await server.call(.POST, "/api/v1/workflows", ["document": Fixture.document("bills")])
            #expect(again.status == 200)
            #expect(again.json["version"] == 1 && again.json["is_new"] == false)
            let second = try await server.call(
                .POST, "/api/v1/workflows", ["name": "bills", "document": Fixture.document("other", extraKey: "x")])
            #expect(second.status == 201 && second.json["version"] == 2)

            let id = try #require(first.json["workflow_id"]?.string)
            let byName = try await server.call(.GET, "/api/v1/workflows/bills", as: .viewer)
            let byID = try await server.call(.GET, "/api/v1/workflows/\(id)", as: .viewer)
            #expect(byName.json == byID.json && byName.json["latest_version"] == 2)

            let versions = try await server.call(.GET, "/api/v1/workflows/bills/versions?limit=1")
            #expect(versions.json["versions"]?.list?.map { $0["version"] } == [2])
            let cursor = try #require(versions.json["next_cursor"]?.string)
            let rest = try await server.call(.GET, "/api/v1/workflows/bills/versions?limit=1&cursor=\(cursor)")
            #expect(rest.json["versions"]?.list?.map { $0["version"] } == [1])
            #expect(rest.json["next_cursor"] == .null)
        }
    }

    @Test func `a workflow that is assigned to robots is run by none but them, until it is anybody's again`()
        async throws
    {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            _ = try await server.call(.POST, "/api/v1/robots", ["id": "r2"])
            let path = "/api/v1/workflows/invoices/robots"
            let before = try await server.call(.GET, path, as: .viewer)
            #expect(before.json["robots"] == [] && before.json["assigned_by"] == Value.null, "\(before.json)")
            #expect(try await server.call(.PUT, path, as: .viewer, ["robots": ["r2"]]).status == 403)
            let unknown = try await server.call(.PUT, path, as: .operator, ["robots": ["r2", "nobody"]])
            #expect(unknown.status == 404 && unknown.message.contains("robot nobody"), "\(unknown.json)")
            #expect(try await server.call(.GET, path).json["robots"] == [])
            #expect(try await server.call(.PUT, path, as: .operator).code == "INVALID_JSON")

            let assigned = try await server.call(
                .PUT, path, as: .operator, ["robots": ["r2"], "reason": "the licence is there"])
            #expect(assigned.status == 200 && assigned.json["robots"] == ["r2"], "\(assigned.json)")
            #expect(assigned.json["assigned_by"] == "the operator" && assigned.json["name"] == "invoices")
            try await server.withRobot("r1") { robot in
                _ = try await server.submit(1)
                #expect(try await robot.client.lease(robot.session, slots: 1).isEmpty)
                let needed = try await server.call(.DELETE, "/api/v1/robots/r2")
                #expect(needed.status == 409 && needed.message.contains("casarectl workflow assign"), "\(needed.json)")
                let freed = try await server.withClient(.operator) { try await $0.assign("invoices", to: []) }
                #expect(freed.robots == [] && freed.assignedBy == nil)
                #expect(try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(10)).count == 1)
            }
            let actions = try await server.withClient(.viewer) {
                try await $0.actions(of: "invoices", noun: "workflow")
            }.actions
            #expect(actions.map(\.action) == ["workflow.assign", "workflow.assign"])
            #expect(actions.map(\.detail) == [["robots": []], ["robots": ["r2"]]])
            #expect(actions[1].actor == "the operator" && actions[1].reason == "the licence is there")
            #expect(try await server.call(.GET, "/api/v1/workflows/nowhere/robots").status == 404)
            #expect(try await server.call(.PUT, "/api/v1/workflows/nowhere/robots", ["robots": []]).status == 404)
        }
    }

    @Test func `a version comes back with its document as it was`() async throws {
        try await Fixture.with { server in
            var document = try #require(Fixture.document("exact").object)
            document["settings"] = ["zeta": 1.0, "alpha": 1, "camelCase": [.null, "ü"]]
            #expect(try await server.call(.POST, "/api/v1/workflows", ["document": .object(document)]).status == 201)
            let version = try await server.call(.GET, "/api/v1/workflows/exact/versions/1")
            #expect(version.json["document"]?.jsonText(.compact) == Value.object(document).jsonText(.compact))
            for number in ["2", "0", "x", "99999999999"] {
                let reply = try await server.call(.GET, "/api/v1/workflows/exact/versions/\(number)")
                #expect([400, 404].contains(reply.status), "\(number)")
            }
            let missing = try await server.call(.GET, "/api/v1/workflows/exact/versions/2")
            #expect(missing.message == "there is no workflow version 2 of exact; the newest is 1")
        }
    }

    @Test func `a document with errors is refused with all of them`() async throws {
        let cases: [Value] = [
            Value.object(["nodes": [:]]), "text", 7, [], .null,
            ["metadata": ["name": "x"], "nodes": ["a": ["node_id": "a", "node_type": "NoSuchNode", "config": [:]]]],
        ]
        try await Fixture.with { server in
            for document in cases {
                let reply = try await server.call(.POST, "/api/v1/workflows", ["document": document])
                #expect(reply.status == 422 && reply.code == "VALIDATION_ERROR", "\(reply.json.jsonText(.compact))")
                let issues = try #require(reply.json["error"]?["details"]?["issues"]?.list)
                #expect(issues.contains { $0["severity"] == "error" && $0["code"]?.string?.isEmpty == false })
                let check = try await server.call(
                    .POST, "/api/v1/workflows/validate", as: .viewer, ["document": document])
                #expect(check.status == 200 && check.json["is_valid"] == false)
                #expect(check.json["issues"]?.list?.count == issues.count)
                #expect(try await server.call(.GET, "/api/v1/workflows").json["workflows"] == [])
            }
        }
    }

    @Test func `a name as children have is nobody's to push`() async throws {
        try await Fixture.with { server in
            let reply = try await server.call(
                .POST, "/api/v1/workflows", ["name": "orders › adding", "document": Fixture.document("x")])
            #expect(reply.status == 422 && reply.json["error"]?["field"] == "name", "\(reply.json)")
            let inside = try await server.call(
                .POST, "/api/v1/workflows", ["document": Fixture.document("orders › adding")])
            #expect(inside.status == 422 && inside.json["error"]?["field"] == "document.metadata.name")
            #expect(try await server.call(.GET, "/api/v1/workflows").json["workflows"] == [])
            #expect(
                try await server.call(
                    .POST, "/api/v1/workflows", ["name": "orders›adding", "document": Fixture.document("x")]
                ).status == 201)
        }
    }

    @Test func `names of any letters are listed page by page and found`() async throws {
        try await Fixture.with { server in
            let names = ["a b", "ab/cd", "übung", "z?#%&+", "名前"]
            for name in names {
                try await server.pushWorkflow(name)
            }
            try await server.withClient(.viewer) { client in
                var found: [String] = []
                var cursor: String?
                repeat {
                    let page = try await client.workflows(limit: 2, cursor: cursor)
                    found += page.workflows.map(\.name)
                    cursor = page.nextCursor
                } while cursor != nil
                #expect(Set(found) == Set(names) && found.count == names.count)
                for name in names {
                    #expect(try await client.workflow(name).name == name)
                }
            }
            let missing = try await server.call(.GET, "/api/v1/workflows/nothing/versions")
            #expect(missing.status == 404 && missing.message.contains("nothing"))
        }
    }
}

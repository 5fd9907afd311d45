import CasareDomain
@testable import CasareOrchestrator
import CasareWire
import HTTPTypes
import Testing

/// What a request holds that the server does not know.
struct UnknownMemberTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `a misspelt expiry makes no token`() async throws {
        try await Fixture.with { server in
            let before = try await server.call(.GET, "/api/v1/tokens").json["tokens"]?.list?.count
            let reply = try await server.call(
                .POST, "/api/v1/tokens", ["name": "t", "role": "viewer", "expire_at": "2030-01-01T00:00:00Z"])
            #expect(reply.status == 400 && reply.code == "INVALID_INPUT", "\(reply.json)")
            #expect(reply.json["error"]?["field"] == "expire_at")
            #expect(reply.message.contains("did you mean expires_at?"))
            #expect(try await server.call(.GET, "/api/v1/tokens").json["tokens"]?.list?.count == before)
        }
    }

    @Test func `every request with a body refuses what it does not know`() async throws {
        try await Fixture.with { server in
            for route in Orchestrator.routes where route.bodyType != nil {
                let path = route.path.replacing("{id}", with: "0197f3a0-0000-7000-8000-000000000001")
                    .replacing("{session}", with: "1")
                guard case .anyOf(let permissions) = route.access else { continue }
                let role = try #require(
                    Role.allCases.first { role in !role.permissions(in: .default).isDisjoint(with: permissions) })
                let method = try #require(Fixture.HTTPMethodName(rawValue: route.method.rawValue))
                let reply = try await server.call(method, path, as: role, ["no_such_member": 1])
                #expect(reply.status == 400 && reply.json["error"]?["field"] == "no_such_member", "\(path)")
            }
        }
    }

    @Test func `a document keeps the members that nobody knows`() async throws {
        try await Fixture.with { server in
            var document = try #require(Fixture.document("odd").object)
            document["x_editor"] = ["zoom": 2]
            #expect(try await server.call(.POST, "/api/v1/workflows", ["document": .object(document)]).status == 201)
            let stored = try await server.call(.GET, "/api/v1/workflows/odd/versions/1")
            #expect(stored.json["document"]?["x_editor"] == ["zoom": 2])
        }
    }

    @Test func `every route refuses parameters that it does not have, and lists those it has`() async throws {
        try await Fixture.with { server in
            // A hook takes what its sender has.
            for route in Orchestrator.routes where !route.isRaw {
                let path = route.path.replacing("{id}", with: "0197f3a0-0000-7000-8000-000000000001")
                    .replacing("{session}", with: "1").replacing("{version}", with: "1").replacing("{child}", with: "1")
                let method = try #require(Fixture.HTTPMethodName(rawValue: route.method.rawValue))
                var role: Role?
                if case .anyOf(let permissions) = route.access {
                    role = Role.allCases.first { role in !role.permissions(in: .default).isDisjoint(with: permissions) }
                }
                let reply = try await server.call(method, path + "?no_such=1", as: role)
                #expect(reply.status == 400 && reply.json["error"]?["field"] == "no_such", "\(method) \(path)")
                #expect(route.query.allSatisfy { reply.message.contains($0.name) }, "\(reply.message)")
            }
            let near = try await server.call(.GET, "/api/v1/jobs?limt=3")
            #expect(near.message.contains("did you mean limit?"), "\(near.message)")
            let twice = try await server.call(.GET, "/api/v1/jobs?status=failed&status=completed")
            #expect(twice.status == 400 && twice.json["error"]?["field"] == "status", "\(twice.message)")
        }
    }

    @Test func `a member that is there twice is refused, and nothing is changed`() async throws {
        try await Fixture.with { server in
            for (method, path, body, field) in [
                (.PATCH, "/api/v1/tenant/policy", #"{"scripts":false,"scripts":true}"#, "scripts"),
                (.POST, "/api/v1/jobs", #"{"workflow":"invoices","workflow":"other"}"#, "workflow"),
                (.POST, "/api/v1/tokens", #"{"name":"a","role":"viewer","role":"admin"}"#, "role"),
            ] as [(Fixture.HTTPMethodName, String, String, String)] {
                let reply = try await server.send(
                    method, path, token: server.tokens[.admin], body: body,
                    headers: ["Content-Type": "application/json"])
                #expect(reply.status == 400 && reply.code == "INVALID_INPUT", "\(path) \(reply.json)")
                #expect(reply.json["error"]?["field"]?.string == field)
                #expect(reply.message.contains("is there twice, again in line 1"), "\(reply.message)")
            }
            #expect(try await server.call(.GET, "/api/v1/tenant/policy").json["scripts"] == Value.null)
        }
    }

    @Test func `an empty body stands for an empty object where nothing in it is required`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let submitted = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"])
            let id = try #require(submitted.json["job"]?["id"]?.string)
            #expect(try await server.call(.POST, "/api/v1/jobs/\(id)/cancel").status == 200)
            for (path, field) in [
                ("/api/v1/jobs", "workflow"), ("/api/v1/jobs/batch", "jobs"), ("/api/v1/tokens", "name"),
                ("/api/v1/workflows", "document"), ("/api/v1/robots", "id"),
            ] {
                let reply = try await server.call(.POST, path)
                #expect(reply.status == 400 && reply.code == "INVALID_JSON", "\(path) \(reply.json)")
                #expect(reply.message.hasPrefix("the body is empty"), "\(reply.message)")
                #expect(reply.json["error"]?["field"]?.string == field && reply.message.contains(field))
            }
        }
    }
}

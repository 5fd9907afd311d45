import AsyncHTTPClient
import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareWire
import HTTPTypes
import NIOCore
import Testing

/// What every route has in common: limits and errors.
struct EdgeTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `errors come in the envelope with the request's id`() async throws {
        try await Fixture.with { server in
            let reply = try await server.call(.GET, "/nowhere", headers: ["X-Request-ID": "abc-1"])
            #expect(reply.status == 404)
            #expect(reply.headers["x-request-id"] == "abc-1")
            #expect(reply.headers["server"] == "casare/\(CasareVersion.current)")
            #expect(reply.json["success"] == false)
            #expect(reply.json["data"] == .null)
            #expect(reply.json["meta"]?["request_id"] == "abc-1")
            #expect(reply.json["meta"]?["timestamp"]?.string.flatMap(Timestamp.date) != nil)
            let other = try await server.call(.GET, "/health/live", headers: ["X-Request-ID": "a b"])
            #expect(other.headers["x-request-id"]?.hasPrefix("req_") == true)
        }
    }

    @Test func `a known path with another method says which methods it has`() async throws {
        try await Fixture.with { server in
            let reply = try await server.call(.PUT, "/api/v1/jobs", [:])
            #expect(reply.status == 405 && reply.code == "METHOD_NOT_ALLOWED")
            #expect(reply.headers["allow"] == "GET, POST")
        }
    }

    @Test func `a body that cannot be read is the caller's fault`() async throws {
        let cases: [(String, String, Int, String)] = [
            ("{", "application/json", 400, "INVALID_JSON"),
            ("[1,]", "application/json", 400, "INVALID_JSON"),
            ("[]", "application/json", 422, "VALIDATION_ERROR"),
            ("{}", "application/json", 422, "VALIDATION_ERROR"),
            (#"{"workflow":"nothing"}"#, "application/json; charset=utf-8", 404, "RESOURCE_NOT_FOUND"),
            (#"{"workflow":"nothing"}"#, "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
            (#"{"workflow":"nothing"}"#, "", 415, "UNSUPPORTED_MEDIA_TYPE"),
            (#"{"workflow":"nothing"}"#, "application/json; charset=latin1", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ]
        try await Fixture.with { server in
            for (body, type, status, code) in cases {
                let reply = try await server.send(
                    .POST, "/api/v1/jobs", token: server.tokens[.operator], body: body,
                    headers: type.isEmpty ? [:] : ["Content-Type": type])
                #expect(reply.status == status && reply.code == code, "\(reply.json.jsonText(.compact))")
            }
        }
    }

    @Test func `text that is not UTF-8 is the caller's fault`() async throws {
        try await Fixture.with { server in
            let bytes: [UInt8] = Array(#"{"workflow":""#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8)
            let reply = try await server.send(
                .POST, "/api/v1/jobs", token: server.tokens[.operator], content: .bytes(bytes),
                headers: ["Content-Type": "application/json"])
            #expect(reply.status == 400 && reply.code == "INVALID_JSON")
        }
        let table = RouteTable(Orchestrator.routes)
        for path in ["/api/v1/workflows/%FF%FE", "/api/v1/workflows/%zz", "/api/v1/workflows/%4"] {
            let problem = #expect(throws: APIProblem.self) { _ = try table.route(for: .get, path) }
            #expect(problem?.code == .invalidInput)
        }
        for query in ["a=%FF", "%z=1", "a=%", "a=1&b=2&a=1"] {
            let problem = #expect(throws: APIProblem.self) { _ = try queryParameters(query) }
            #expect(problem?.code == .invalidInput)
        }
        #expect(try queryParameters("a=1+2%2B3&b&&c==") == ["a": "1 2+3", "b": "", "c": "="])
    }

    @Test func `names with control characters are refused by name`() async throws {
        let nul = Fixture.document("a\u{0}b")
        let requests: [(path: String, body: Value, field: String)] = [
            ("/api/v1/workflows", ["name": "a\u{0}b", "document": Fixture.document("x")], "name"),
            ("/api/v1/workflows", ["document": nul], "document.metadata.name"),
            ("/api/v1/jobs", ["document": nul], "document.metadata.name"),
            ("/api/v1/jobs/batch", ["jobs": [["document": nul]]], "jobs[0].document.metadata.name"),
            ("/api/v1/jobs", ["workflow": "invoices", "environment": "a\n"], "environment"),
            ("/api/v1/jobs", ["workflow": "invoices", "idempotency_key": "a\u{0}"], "idempotency_key"),
            ("/api/v1/jobs", ["workflow": "invoices", "run_at": "0000-01-01T00:00:00Z"], "run_at"),
            ("/api/v1/jobs", ["workflow": "invoices", "run_at": "tomorrow"], "run_at"),
            ("/api/v1/jobs", ["workflow": "invoices", "delay_seconds": -1], "delay_seconds"),
            ("/api/v1/jobs", ["workflow": "invoices", "delay_seconds": 1e12], "delay_seconds"),
            ("/api/v1/robots", ["id": "r", "environment": "\u{7F}"], "environment"),
            ("/api/v1/robots", ["id": "r", "tags": ["a", "b\u{1B}"]], "tags[1]"),
            ("/api/v1/tokens", ["name": "a\tb", "role": "viewer"], "name"),
            ("/api/v1/tokens", ["name": "t", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"], "expires_at"),
        ]
        try await Fixture.with { server in
            try await server.pushWorkflow()
            for (path, body, field) in requests {
                let reply = try await server.call(.POST, path, body)
                #expect(reply.status == 400 && reply.code == "INVALID_INPUT", "\(reply.json.jsonText(.compact))")
                #expect(reply.json["error"]?["field"]?.string == field, "\(reply.json.jsonText(.compact))")
                #expect(reply.message.contains(field))
            }
            for path in ["/api/v1/workflows/a%00b", "/api/v1/jobs?workflow=a%00b", "/api/v1/workflows?cursor=%0A"] {
                let reply = try await server.call(.GET, path)
                #expect(reply.status == 400 && reply.message.contains("U+00"), "\(reply.json.jsonText(.compact))")
            }
            #expect(try await server.call(.GET, "/api/v1/jobs").json["jobs"] == [])
            #expect(try await server.call(.GET, "/api/v1/workflows").json["workflows"]?.list?.count == 1)
        }
    }

    @Test func `texts that a database cannot hold, or not index, do no harm`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let odd: Object = ["nul": "a\u{0}b", "k\u{0}": 1]
            let submit = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "invoices", "variables": .object(odd)])
            #expect(submit.status == 201 && submit.json["job"]?["variables"]?.object == odd)
            let id = try #require(submit.json["job"]?["id"]?.string)
            let cancel = try await server.call(.POST, "/api/v1/jobs/\(id)/cancel", ["reason": "a\u{0}b\n"])
            #expect(cancel.status == 400 && cancel.message.contains("reason"), "\(cancel.message)")
            let name = String(repeating: "x", count: 300)
            let push = try await server.call(
                .POST, "/api/v1/workflows", ["name": .string(name), "document": Fixture.document("x")])
            #expect(push.status == 422)
            let long = "a" + String(repeating: "\u{301}", count: 4000)
            let combining = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "invoices", "idempotency_key": .string(long)])
            #expect(combining.status == 422)
        }
    }

    @Test func `a body over the limit is refused, announced or not`() async throws {
        try await Fixture.with { server in
            let fifty = ByteBuffer(repeating: UInt8(ascii: " "), count: 50 * 1024 * 1024)
            let token = server.tokens[.operator]
            let announced = try await server.send(
                .POST, "/api/v1/jobs", token: token, content: .bytes(fifty),
                headers: ["Content-Type": "application/json"])
            #expect(announced.status == 413 && announced.code == "BODY_TOO_LARGE")
            let part = ByteBuffer(repeating: UInt8(ascii: " "), count: 1024 * 1024)
            let streamed = try await server.send(
                .POST, "/api/v1/jobs", token: token,
                content: .stream(Array(repeating: part, count: 17).async, length: .unknown),
                headers: ["Content-Type": "application/json"])
            #expect(streamed.status == 413 && streamed.code == "BODY_TOO_LARGE")
            #expect(try await server.call(.GET, "/health/live", as: nil).status == 200)
        }
    }

    @Test func `no body makes a server error`() async throws {
        let bodies: [Value] = [
            .null, true, 7, -1.5e300, "text", [], [[]], [:], ["workflow": .null], ["workflow": ""], ["document": 1],
            ["document": ["nodes": [], "metadata": [:]]], ["jobs": [1]], ["jobs": [["workflow": "", "version": -1]]],
            ["workflow": "x", "version": .int(.max)], ["workflow": "x", "delay_seconds": 1e308],
            ["id": "", "slots": 1],
            ["id": "r", "slots": .int(.max), "tags": ["\u{0}"]], ["slots": .int(.min), "wait_seconds": -1],
            ["leases": [["job_id": "", "token": 1]]],
            ["token": .int(.max), "reason": "\u{0}", "result": ["success": 1]],
            ["name": "", "role": "admin"], ["name": "\u{0}", "role": "viewer", "expires_at": "9999-12-31T23:59:59Z"],
            ["session_id": .int(.max)], ["boot_id": "0197f3a0-0000-7000-8000-000000000001", "slots": 1],
            ["workflow": "invoices", "run_at": "0000-01-01T00:00:00Z"], ["variables": [:], "reason": .null],
        ]
        try await Fixture.with { server in
            try await server.pushWorkflow()
            for route in Orchestrator.routes where route.bodyType != nil {
                let path = route.path.replacing("{id}", with: "0197f3a0-0000-7000-8000-000000000001")
                    .replacing("{session}", with: "9223372036854775807")
                for role in [Role.admin, .robot] {
                    for body in bodies {
                        let reply = try await server.call(.POST, path, as: role, body)
                        #expect(
                            reply.status < 500, "\(path) \(body.jsonText(.compact)) \(reply.json.jsonText(.compact))")
                    }
                }
            }
        }
    }

    @Test func `a tenant sees nothing of another`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let submitted = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"])
            let id = try #require(submitted.json["job"]?["id"]?.string)
            let other = Tenant.ID(rawValue: 77)
            try await server.database.asSystem { connection in
                _ = try connection.execute(Query("INSERT INTO tenants (tenant_id, name) VALUES (77, 'other')"))
            }
            let token = try await server.database.asTenant(other) { connection in
                try TokenStore.create(name: "x", role: .admin, on: connection).text.reveal()
            }
            for path in ["/api/v1/jobs", "/api/v1/workflows", "/api/v1/robots", "/api/v1/dlq"] {
                let reply = try await server.send(.GET, path, token: token)
                #expect(reply.status == 200 && reply.json.object?.values.first == [], "\(path)")
            }
            for path in ["/api/v1/jobs/\(id)", "/api/v1/workflows/invoices"] {
                #expect(try await server.send(.GET, path, token: token).status == 404)
            }
            let cancel = try await server.send(.POST, "/api/v1/jobs/\(id)/cancel", token: token)
            #expect(cancel.status == 404)
        }
    }

    @Test func `JSON nested without end is refused`() async throws {
        try await Fixture.with { server in
            let reply = try await server.send(
                .POST, "/api/v1/jobs", token: server.tokens[.operator],
                body: String(repeating: "[", count: 100_000), headers: ["Content-Type": "application/json"])
            #expect(reply.status == 400 && reply.code == "INVALID_JSON")
        }
    }

    @Test func `a wrong parameter is named`() async throws {
        let cases: [String] = [
            "/api/v1/jobs?limit=0", "/api/v1/jobs?limit=501", "/api/v1/jobs?limit=x", "/api/v1/jobs?status=sleeping",
            "/api/v1/jobs?since=yesterday", "/api/v1/jobs?cursor=7", "/api/v1/dlq?kind=bad", "/api/v1/dlq?cursor=x",
            "/api/v1/tokens?cursor=-1", "/api/v1/robots?cursor=%20", "/api/v1/jobs/7", "/api/v1/dlq/7",
            "/api/v1/jobs/0197f3a0-0000-7000-8000-000000000001?wait_seconds=31", "/api/v1/robots/no%20name",
            "/api/v1/jobs/7/steps",
        ]
        try await Fixture.with { server in
            for path in cases {
                let reply = try await server.call(.GET, path)
                #expect(reply.status == 400 && reply.code == "INVALID_INPUT", "\(reply.json.jsonText(.compact))")
                #expect(reply.json["error"]?["field"]?.string != nil)
            }
        }
    }
}

extension Array where Element: Sendable {
    /// The elements as they might come in over time.
    fileprivate var async: AsyncStream<Element> {
        AsyncStream { continuation in
            for element in self {
                continuation.yield(element)
            }
            continuation.finish()
        }
    }
}

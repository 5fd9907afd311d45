import CasareDomain
@testable import CasareOrchestrator
import CasareWire
import HTTPTypes
import Testing

struct OpenAPITests {
    @Test func `every route is described and nothing else is`() async throws {
        let served = try await OrchestratorFixture.with { server in
            try await server.call(.GET, "/openapi.json", as: nil).json
        }
        #expect(served["openapi"] == "3.1.0")
        var described: Set<String> = []
        var identifiers: [String] = []
        for (path, methods) in try #require(served["paths"]?.object) {
            for (method, operation) in try #require(methods.object) {
                described.insert("\(method.uppercased()) \(path)")
                identifiers.append(try #require(operation["operationId"]?.string))
                #expect(operation["summary"]?.string?.isEmpty == false)
                #expect(operation["responses"]?["default"] != nil)
            }
        }
        #expect(described == Set(Orchestrator.routes.map { "\($0.method.rawValue) \($0.path)" }))
        #expect(described.count == Orchestrator.routes.count)
        #expect(Set(identifiers).count == identifiers.count)
    }

    @Test func `every reference has its definition`() throws {
        let document = OpenAPIDocument(Orchestrator.routes).json
        let schemas = try #require(document["components"]?["schemas"]?.object)
        var references: Set<String> = []
        func collect(_ value: Value) {
            switch value {
            case .object(let object):
                if let reference = object["$ref"]?.string { references.insert(reference) }
                object.values.forEach(collect)
            case .list(let list):
                list.forEach(collect)
            case .null, .bool, .int, .double, .string:
                break
            }
        }
        collect(document)
        #expect(references == Set(schemas.keys.map { "#/components/schemas/\($0)" }))
    }

    @Test func `bodies of requests are closed, and required where something in them is`() throws {
        let document = OpenAPIDocument(Orchestrator.routes).json
        func body(_ path: String, _ method: String = "post") -> Value? {
            document["paths"]?[path]?[method]?["requestBody"]
        }
        #expect(body("/api/v1/jobs")?["required"] == true)
        #expect(body("/api/v1/jobs/{id}/cancel")?["required"] == false)
        #expect(body("/api/v1/tenant/policy", "patch")?["required"] == true)
        for route in Orchestrator.routes where route.bodyType != nil {
            let schema = body(route.path, route.method.rawValue.lowercased())?["content"]?["application/json"]?[
                "schema"]?["$ref"]?.string
            let name = try #require(schema?.split(separator: "/").last.map(String.init))
            let definition = document["components"]?["schemas"]?[name]
            #expect(definition?["additionalProperties"] == false, "\(name)")
        }
        #expect(document["components"]?["schemas"]?["JobInfo"]?["additionalProperties"] == nil)
    }

    @Test func `parameters say whether they are required, headers are described, and who is to try again is told`()
        throws
    {
        let document = OpenAPIDocument(
            Orchestrator.routes + [
                Route.get("/api/v1/sample/{id}", .needs(.executionRead), "", query: [.leaseToken, .limit]) { _ in
                    EmptyResponse()
                }
            ]
        ).json
        func parameter(_ name: String, _ path: String, _ method: String) -> Value? {
            document["paths"]?[path]?[method]?["parameters"]?.list?.first { $0["name"]?.string == name }
        }
        let token = parameter("token", "/api/v1/sample/{id}", "get")
        #expect(token?["required"] == true && token?["in"] == "query" && token?["schema"]?["type"] == "integer")
        #expect(parameter("limit", "/api/v1/sample/{id}", "get")?["required"] == false)
        for path in ["/api/v1/jobs", "/api/v1/jobs/batch"] {
            let key = parameter("Idempotency-Key", path, "post")
            #expect(key?["in"] == "header" && key?["schema"]?["maxLength"] == 249, "\(path)")
        }
        let answers = document["paths"]?["/api/v1/queues"]?["get"]?["responses"]
        #expect(answers?["501"] != nil && answers?["503"]?["headers"]?["Retry-After"] != nil)
        #expect(answers?["429"]?["headers"]?["Retry-After"] != nil)
        #expect(document["paths"]?["/health/live"]?["get"]?["responses"]?["501"] == nil)
    }

    /// What is asked before anybody has a token: how to get one, and what to trust.
    private static let ofNewcomers: Set<String> = ["/api/v1/auth/methods", "/api/v1/enrol", "/api/v1/ca"]

    @Test func `what is open to everyone is health, the description, and hooks with a check of their own`() {
        let open = Orchestrator.routes.filter { $0.access == .everyone }.map(\.path)
        #expect(Set(open) == Self.ofNewcomers.union(["/health/live", "/health/ready", "/openapi.json", "/hooks/{id}"]))
    }

    @Test func `answers have the members that the description requires`() async throws {
        try await OrchestratorFixture.with { server in
            try await server.pushWorkflow()
            let reply = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"])
            let document = try await server.call(.GET, "/openapi.json", as: nil).json
            let schema = try #require(document["components"]?["schemas"]?["JobInfo"])
            let required = (schema["required"]?.list ?? []).compactMap(\.string)
            #expect(required.contains("workflow_id"))
            let members = try #require(reply.json["job"]?.object)
            #expect(required.allSatisfy { members[$0] != nil })
            let properties = try #require(schema["properties"]?.object)
            #expect(Set(members.keys) == Set(properties.keys))
        }
    }
}

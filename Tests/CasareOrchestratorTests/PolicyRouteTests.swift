import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareWire
import Testing

struct PolicyRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let path = "/api/v1/tenant/policy"

    @Test func `a policy is changed member by member, and null leaves one open again`() async throws {
        try await Fixture.with { server in
            let empty = try await server.call(.GET, Self.path, as: .viewer)
            #expect(empty.status == 200)
            #expect(
                empty.json == [
                    "path_rules": nil, "command_rules": nil, "url_rules": nil, "node_overrides": nil, "scripts": nil,
                    "changed_at": nil, "changed_by": nil,
                ])
            let first = try await server.call(.PATCH, Self.path, ["url_rules": false, "scripts": false])
            #expect(first.status == 200, "\(first.json)")
            #expect(first.json["url_rules"] == false && first.json["scripts"] == false)
            #expect(first.json["changed_by"] == "the admin" && first.json["changed_at"]?.string != nil)
            let second = try await server.call(.PATCH, Self.path, ["url_rules": nil, "path_rules": true])
            #expect(second.json["url_rules"] == Value.null && second.json["path_rules"] == true)
            #expect(second.json["scripts"] == false)
            let nothing = try await server.call(.PATCH, Self.path)
            #expect(nothing.status == 400 && nothing.code == "INVALID_JSON", "\(nothing.json)")
            #expect(nothing.message.hasPrefix("the body is empty"), "\(nothing.message)")
            let unchanged = try await server.call(.PATCH, Self.path, [:])
            #expect(unchanged.json == second.json)
            #expect(try await server.call(.GET, Self.path, as: .operator).json == second.json)
        }
    }

    @Test(arguments: [Role.viewer, .operator, .robot])
    func `only an administrator changes it`(role: Role) async throws {
        try await Fixture.with { server in
            let reply = try await server.call(.PATCH, Self.path, as: role, ["url_rules": false])
            #expect(reply.status == 403 && reply.code == "AUTH_INSUFFICIENT_PERMISSIONS")
            #expect(try await server.call(.GET, Self.path).json["url_rules"] == Value.null)
        }
    }

    @Test func `what is no switch, and what is neither on nor off, changes nothing`() async throws {
        try await Fixture.with { server in
            let misspelt = try await server.call(.PATCH, Self.path, ["scripts": false, "url_rule": false])
            #expect(misspelt.status == 400 && misspelt.json["error"]?["field"] == "url_rule")
            #expect(misspelt.message.contains("did you mean url_rules?"), "\(misspelt.message)")
            for value: Value in ["off", 0, [:]] {
                let reply = try await server.call(.PATCH, Self.path, ["scripts": false, "url_rules": value])
                #expect(reply.status == 422 && reply.json["error"]?["field"] == "url_rules", "\(reply.json)")
            }
            // Who changed it last is the server's to say.
            let forged = try await server.call(.PATCH, Self.path, ["changed_by": "nobody"])
            #expect(forged.status == 400 && forged.json["error"]?["field"] == "changed_by")
            #expect(try await server.call(.GET, Self.path).json["scripts"] == Value.null)
        }
    }

    @Test func `the client changes and reads it`() async throws {
        try await Fixture.with { server in
            let client = try server.client(.admin)
            let changed = try await client.changePolicy(
                ChangePolicyRequest([.commandRules: .set(false), .nodeOverrides: .set(true)]))
            #expect(changed.policy == SafetyPolicy([.commandRules: false, .nodeOverrides: true]))
            let reset = try await client.changePolicy(ChangePolicyRequest([.commandRules: .reset]))
            #expect(reset.policy == SafetyPolicy([.nodeOverrides: true]))
            #expect(try await client.policy() == reset)
            await client.shutdown()
        }
    }

    @Test func `its description has every switch, closed in the request`() throws {
        let document = OpenAPIDocument(Orchestrator.routes).json
        let schemas = document["components"]?["schemas"]
        let names = SafetyPolicy.Switch.allCases.map(\.rawValue)
        #expect(schemas?["ChangePolicyRequest"]?["properties"]?.object?.keys == names + ["reason"])
        #expect(schemas?["ChangePolicyRequest"]?["additionalProperties"] == false)
        #expect(schemas?["ChangePolicyRequest"]?["required"] == nil)
        #expect(
            Set(schemas?["PolicyInfo"]?["properties"]?.object?.keys ?? [])
                == Set(names + ["changed_at", "changed_by"]))
        #expect(schemas?["SafetyPolicy"]?["properties"]?.object?.keys == names)
    }
}

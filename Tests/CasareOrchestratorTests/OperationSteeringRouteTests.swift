import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

/// What cannot be asked of an operation, over HTTP.
struct OperationSteeringRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let path = "/api/v1/operations"

    @Test func `what cannot be asked of an operation that is over is a conflict`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(2)
            let made = try await server.call(
                .POST, Self.path, as: .operator,
                [
                    "verb": "pause", "selection": ["jobs": ["workflow": "invoices"]], "rate_per_second": 0.001,
                    "undo_within_seconds": 600,
                ])
            let operation = "\(Self.path)/\(made.json["id"]?.string ?? "")"
            _ = try await server.call(.POST, "\(operation)/pause", as: .operator, [:])
            #expect(try await server.call(.POST, "\(operation)/cancel", as: .operator, [:]).status == 200)
            for verb in ["pause", "resume"] {
                let refused = try await server.call(.POST, "\(operation)/\(verb)", as: .operator, [:])
                #expect(refused.status == 409 && refused.code == "INVALID_STATE_TRANSITION", "\(verb)")
                #expect(refused.message.contains("cancelled"), "\(refused.message)")
            }
            #expect(try await server.call(.POST, "\(operation)/cancel", as: .operator, [:]).status == 200)
        }
    }

    @Test func `to undo what has no time to undo is a conflict`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            let made = try await server.call(
                .POST, Self.path, as: .operator,
                ["verb": "pause", "selection": ["jobs": ["workflow": "invoices"]], "rate_per_second": 0.001])
            let operation = "\(Self.path)/\(made.json["id"]?.string ?? "")"
            _ = try await server.call(.POST, "\(operation)/cancel", as: .operator, [:])
            let refused = try await server.call(.POST, "\(operation)/undo", as: .operator, [:])
            #expect(refused.status == 409 && refused.code == "INVALID_STATE_TRANSITION")
        }
    }

    @Test func `to resolve is for the verb acknowledge only`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            let letters: Value = ["dead_letters": ["workflow": "invoices"]]
            for path in [Self.path, "\(Self.path)/preview"] {
                let refused = try await server.call(
                    .POST, path, as: .operator, ["verb": "purge", "selection": letters, "resolve": true])
                #expect(refused.status == 422 && refused.json["error"]?["field"] == "resolve", "\(refused.json)")
            }
            let preview = try await server.call(
                .POST, "\(Self.path)/preview", as: .operator,
                ["verb": "acknowledge", "selection": letters, "resolve": true])
            #expect(preview.status == 200 && preview.json["count"] == 0)
        }
    }

    @Test func `a rate that no clock can count is refused`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            let refused = try await server.call(
                .POST, Self.path, as: .operator,
                ["verb": "cancel", "selection": ["jobs": ["workflow": "invoices"]], "rate_per_second": 1e-300])
            #expect(refused.status == 422 && refused.json["error"]?["field"] == "rate_per_second")
        }
    }
}

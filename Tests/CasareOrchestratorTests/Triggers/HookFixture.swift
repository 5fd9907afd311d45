import CasareClient
import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareOrchestrator

/// Hooks, and senders that deliver to them over HTTP.
extension OrchestratorFixture {
    static let hookSecret = "a-secret-of-sixteen-bytes"

    /// A trigger of the workflow `invoices`, which is pushed.
    func trigger(
        _ webhook: Object, _ more: Object = [:], named name: String = "orders", secret: String? = Self.hookSecret
    ) async throws -> TriggerInfo {
        try await self.pushWorkflow()
        var spec: Object = ["webhook": .object(webhook), "workflow": "invoices"]
        spec = spec.merging(more)
        var body: Object = ["name": .string(name), "spec": .object(spec)]
        if let secret { body["secret"] = .string(secret) }
        let made = try await self.call(.POST, "/api/v1/triggers", .object(body))
        try #require(made.status == 201, "\(made.message)")
        return try await self.withClient(.admin) { try await $0.trigger(name) }
    }

    /// What stands in a stored spec becomes something that nobody could write, or no more.
    func change(_ trigger: String, _ text: String, to other: String) async throws {
        try await self.database.asSystem { connection in
            _ = try connection.execute(
                "UPDATE triggers SET spec = replace(spec::text, @text, @other)::json WHERE name = @trigger",
                ["text": .text(text), "other": .text(other), "trigger": .text(trigger)])
        }
    }

    /// - Parameter path: behind the hook's own.
    func deliver(
        _ body: String, to trigger: TriggerInfo, _ headers: [String: String] = [:],
        method: HTTPMethodName = .POST, path: String = ""
    ) async throws -> Reply {
        try await self.send(
            method, HookPath.of(trigger.id) + path, token: nil, body: body.isEmpty ? nil : body, headers: headers)
    }

    /// The headers of a body that is signed as GitHub signs.
    static func gitHub(_ body: String, secret: String = Self.hookSecret) -> [String: String] {
        let code = MessageCode.sha256(of: Array(body.utf8), key: Array(secret.utf8))
        return ["X-Hub-Signature-256": "sha256=\(MessageCode.hexText(code))"]
    }

    /// The same as Stripe signs, at a time.
    static func stripe(_ body: String, at time: Date) -> [String: String] {
        let seconds = Int(time.timeIntervalSince1970)
        let code = MessageCode.sha256(of: Array("\(seconds).\(body)".utf8), key: Array(Self.hookSecret.utf8))
        return ["Stripe-Signature": "t=\(seconds),v1=\(MessageCode.hexText(code))"]
    }

    func deliveries(of trigger: TriggerInfo) async throws -> [TriggerDeliveryInfo] {
        try await self.withClient(.viewer) { try await $0.triggerHistory(of: trigger.name).deliveries }
    }

    func variables(ofJobIn reply: Reply) async throws -> Object {
        let id = try #require(reply.json["job"]?.string)
        let job = try await self.call(.GET, "/api/v1/jobs/\(id)")
        return try #require(job.json["job"]?["variables"]?.object)
    }
}

import CasareClient
import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareOrchestrator

/// Triggers that robots watch for, over HTTP.
struct WatchRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static func feed(secret: Value? = nil) -> Value {
        var body: Object = [
            "name": "mails",
            "spec": [
                "feed": ["imap": ["server": "mail.example.org", "username": "ann"]], "workflow": "invoices",
            ],
        ]
        if let secret { body["secret"] = secret }
        return .object(body)
    }

    @Test func `the password of a feed is given, may be short, and is shown to nobody`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let without = try await server.call(.POST, "/api/v1/triggers", Self.feed())
            #expect(without.status == 422 && without.json["error"]?["field"] == "secret")
            let made = try await server.call(.POST, "/api/v1/triggers", Self.feed(secret: "pw"))
            #expect(made.status == 201, "\(made.message)")
            #expect(made.json["secret"]?.string == nil)
            let shown = try await server.call(.GET, "/api/v1/triggers/mails")
            #expect(shown.json["kind"] == "feed" && shown.json["hook"]?.string == nil)
            let rotated = try await server.call(
                .POST, "/api/v1/triggers/mails/secret", ["secret": "p2", "overlap_seconds": 0])
            #expect(rotated.status == 200, "\(rotated.message)")
            let random = try await server.call(.POST, "/api/v1/triggers/mails/secret", [:])
            #expect(random.status == 422)
        }
    }

    @Test func `the secret of a hook stays long`() async throws {
        try await Fixture.with { server in
            _ = try await server.trigger(["auth": ["kind": "github"]])
            let short = try await server.call(.POST, "/api/v1/triggers/orders/secret", ["secret": "short"])
            #expect(short.status == 422 && short.json["error"]?["field"] == "secret")
        }
    }

    @Test func `a trigger of files is tried with what would be found`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let body: Value = [
                "name": "files",
                "spec": [
                    "file": ["path": "/srv/in", "variables": ["file": "payload.file_path"]],
                    "workflow": "invoices",
                ],
            ]
            let made = try await server.call(.POST, "/api/v1/triggers", body)
            #expect(made.status == 201, "\(made.message)")
            let tried = try await server.call(
                .POST, "/api/v1/triggers/files/test", ["payload": ["file_path": "/srv/in/a.csv"]])
            #expect(tried.json["result"] == "accepted" && tried.json["proof"] == "none")
            #expect(tried.json["job"]?["variables"]?["file"] == "/srv/in/a.csv")
            let wrong = try await server.call(
                .PATCH, "/api/v1/triggers/files", ["spec": ["file": ["path": "in"]]])
            #expect(wrong.status == 422 && wrong.json["error"]?["field"] == "spec.file.path")
            let unknown = try await server.call(
                .PATCH, "/api/v1/triggers/files", ["spec": ["file": ["paht": "/in"]]])
            #expect(unknown.json["error"]?["field"] == "spec.file.paht")
        }
    }

    @Test func `who watches is shown, and since when nothing can be`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let spec = TriggerSpec(source: .file(FileSource(path: "/in")), workflow: "invoices")
            let made = try await server.withClient(.admin) {
                try await $0.createTrigger(CreateTriggerRequest(name: "files", spec: spec))
            }
            #expect(made.trigger.watch == nil)
            try await server.withClient(.robot) { client in
                let robot = try #require(Robot.ID(rawValue: "r1"))
                _ = try await client.registerRobot(
                    RegisterRobotRequest(
                        id: robot, environment: "default", tags: [], capabilities: [], slots: 1))
                let session = try await client.openSession(
                    robot, OpenSessionRequest(bootID: UUID(), slots: 1)
                ).sessionID
                let watch = try #require(
                    try await client.watches(of: session, holding: [], limit: 10).new.first)
                let version = try await client.report(
                    WatchReport(error: "no such folder"), of: watch.trigger, revision: 1, version: 0,
                    session: session)
                #expect(version == 1)
            }
            let shown = try await server.withClient(.viewer) { try await $0.trigger("files") }
            #expect(shown.watch?.robot?.rawValue == "r1" && shown.watch?.error == "no such folder")
            #expect(shown.watch?.errorSince != nil && shown.watch?.since != nil)
        }
    }
}

import CasareCertificates
import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

/// How robots are let in, over the API.
struct EnrolmentRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static func create(_ server: OrchestratorFixture, _ body: Value = [:]) async throws -> Value {
        let created = try await server.call(.POST, "/api/v1/robots/enrolments", body)
        #expect(created.status == 201, "\(created.message)")
        return created.json
    }

    private static func token(_ server: OrchestratorFixture, _ body: Value = [:]) async throws -> String {
        try #require(try await Self.create(server, body)["token"]?.string)
    }

    private static func enrol(
        _ server: OrchestratorFixture, _ token: String, name: String? = "mill-1", csr: String? = nil
    ) async throws -> OrchestratorFixture.Reply {
        let csr = try csr ?? RobotKey().request(for: "r")
        var body: Object = ["token": .string(token), "csr": .string(csr)]
        if let name { body["name"] = .string(name) }
        return try await server.call(.POST, "/api/v1/enrol", as: nil, .object(body))
    }

    @Test func `a robot is let in, gets a certificate for its key, and is known from then on`() async throws {
        try await Fixture.with { server in
            let token = try await Self.token(
                server, ["name": "mill-*", "environment": "plant", "tags": ["fast"], "capabilities": ["pdf"]])
            let key = RobotKey()
            let reply = try await Self.enrol(server, token, csr: try key.request(for: "root"))
            #expect(reply.status == 201 && reply.json["robot"] == "mill-1", "\(reply.message)")
            #expect(reply.json["environment"] == "plant" && reply.json["tags"] == ["fast"])
            let facts = try CertificateFacts(pem: try #require(reply.json["certificate"]?["certificate"]?.string))
            // What the request calls itself does not matter.
            #expect(facts.subject == "mill-1" && facts.uri == "casare://1/robots/mill-1" && key.belongs(to: facts))
            let robot = try await server.call(.GET, "/api/v1/robots/mill-1", as: .viewer)
            #expect(robot.status == 200 && robot.json["environment"] == "plant")
            let list = try await server.call(.GET, "/api/v1/robots/mill-1/certificates", as: .viewer)
            #expect(list.json["certificates"]?.list?.first?["serial"] == .string(facts.serial))
            let all = try await server.call(.GET, "/api/v1/robots/certificates", as: .viewer)
            #expect(all.json["certificates"] == list.json["certificates"])
            let told = try await server.call(.GET, "/api/v1/ca", as: nil)
            let authority = try #require(told.json["authorities"]?.list?.first)
            #expect(authority["certificate"] == reply.json["certificate"]?["authority"])
            #expect(authority["state"] == "active" && told.json["served"] == [])
        }
    }

    @Test func `used up, revoked, ended, unknown: all get the same answer`() async throws {
        try await Fixture.with { server in
            let used = try await Self.token(server)
            #expect(try await Self.enrol(server, used).status == 201)
            let created = try await Self.create(server)
            let revoked = try #require(created["token"]?.string)
            let id = try #require(created["info"]?["id"]?.string)
            #expect(try await server.call(.DELETE, "/api/v1/robots/enrolments/\(id)").status == 200)
            let ended = try await server.database.asTenant(.default) { connection in
                try EnrolmentStore.create(
                    NewRobotEnrolment(life: .seconds(60)), by: "ann", now: Date(timeIntervalSinceNow: -61),
                    on: connection
                ).text.reveal()
            }
            let expected = try await Self.enrol(server, "cren_unknown", name: "a")
            #expect(expected.status == 401 && expected.code == "AUTH_TOKEN_INVALID")
            for token in [used, revoked, ended, "crpa_unknown", "nothing", server.tokens[.admin] ?? ""] {
                let reply = try await Self.enrol(server, token, name: "a")
                #expect(reply.status == 401 && reply.json["error"] == expected.json["error"])
            }
            #expect(try await server.call(.GET, "/api/v1/robots/a", as: .viewer).status == 404)
        }
    }

    @Test func `who shows too many wrong tokens is not listened to, whatever comes next`() async throws {
        let rule = LockoutRule(failuresMax: 5, within: .seconds(300), lockedFor: .seconds(300))
        try await Fixture.with(authentication: AuthenticationSettings(lockout: rule)) { server in
            var statuses: [Int] = []
            for _ in 0..<8 { statuses.append(try await Self.enrol(server, "cren_wrong").status) }
            #expect(statuses.first == 401 && statuses.last == 429, "\(statuses)")
        }
    }

    @Test func `wrong ones of all beginnings lock a network, and one that counts lets in all the same`() async throws {
        let rule = LockoutRule(
            failuresMax: 5, networkFailuresMax: 9, within: .seconds(300), lockedFor: .seconds(300))
        try await Fixture.with(authentication: AuthenticationSettings(lockout: rule)) { server in
            let right = try await Self.token(server, ["uses": 2])
            var statuses: [Int] = []
            for number in 0..<15 { statuses.append(try await Self.enrol(server, "cren_\(1000 + number)").status) }
            #expect(statuses == Array(repeating: 401, count: 9) + Array(repeating: 429, count: 6))
            #expect(try await Self.enrol(server, right).status == 201)
        }
    }

    @Test func `a name that is taken, or not the enrolment's, is refused and costs nothing`() async throws {
        try await Fixture.with { server in
            let first = try await Self.token(server, ["uses": 2])
            #expect(try await Self.enrol(server, first).status == 201)
            let taken = try await Self.enrol(server, first)
            #expect(taken.status == 409 && taken.message.contains("enrollment create --name mill-1"))
            let nameless = try await Self.enrol(server, first, name: nil)
            #expect(nameless.status == 422 && nameless.json["error"]?["field"] == "name")
            let reserved = try await Self.enrol(server, first, name: "certificates")
            #expect(reserved.status == 422)
            #expect(try await Self.enrol(server, first, name: "mill-2").status == 201)
            // For that robot alone, which is there already: it gets another certificate.
            let second = try await Self.token(server, ["name": "mill-1"])
            let other = try await Self.enrol(server, second, name: "mill-2")
            #expect(other.status == 422 && other.message.contains("mill-1"))
            #expect(try await Self.enrol(server, second, name: nil).json["robot"] == "mill-1")
        }
    }

    @Test(arguments: ["", "nothing", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"])
    func `a request that is none is refused before the token is looked at`(csr: String) async throws {
        try await Fixture.with { server in
            let token = try await Self.token(server)
            let reply = try await Self.enrol(server, token, csr: csr)
            #expect(reply.status == 422 && reply.json["error"]?["field"] == "csr", "\(reply.message)")
            #expect(try await Self.enrol(server, token).status == 201)
        }
    }

    @Test(
        arguments: [
            (["name": "-mill"], "name"), (["name": "*"], "name"), (["name": "a*b"], "name"),
            (["name": "enrolments"], "name"), (["uses": 0], "uses"), (["uses": 1001], "uses"),
            (["expires_in_seconds": 59], "expires_in_seconds"),
            (["expires_in_seconds": 2_592_001], "expires_in_seconds"), (["environment": ""], "environment"),
            (["tags": [""]], "tags[0]"),
        ] as [(Object, String)])
    func `an enrolment that cannot be is refused, with the place`(body: Object, field: String) async throws {
        try await Fixture.with { server in
            let reply = try await server.call(.POST, "/api/v1/robots/enrolments", .object(body))
            #expect([400, 422].contains(reply.status), "\(reply.json)")
            #expect(reply.json["error"]?["field"]?.string == field, "\(reply.message)")
        }
    }

    @Test func `who makes an enrolment is who may make robots, and nobody else`() async throws {
        try await Fixture.with { server in
            for role in Role.allCases where role != .admin {
                #expect(try await server.call(.POST, "/api/v1/robots/enrolments", as: role, [:]).status == 403)
                #expect(try await server.call(.POST, "/api/v1/ca/rotate", as: role, [:]).status == 403)
            }
            // Nobody lets robots in who cannot do what robots do.
            let token = try await server.call(
                .POST, "/api/v1/tokens", ["name": "ci", "role": "admin", "scopes": ["robot.create"]])
            let text = try #require(token.json["token"]?.string)
            let refused = try await server.send(
                .POST, "/api/v1/robots/enrolments", token: text, body: "{}",
                headers: ["Content-Type": "application/json"])
            #expect(refused.status == 403 && refused.message.contains("robot.protocol"), "\(refused.message)")
        }
    }

    @Test func `enrolments are listed without their tokens`() async throws {
        try await Fixture.with { server in
            let created = try await Self.create(server, ["name": "mill-*", "uses": 3])
            let list = try await server.call(.GET, "/api/v1/robots/enrolments", as: .viewer)
            #expect(list.json["enrolments"]?.list == [created["info"] ?? .null])
            #expect(created["info"]?["name"] == "mill-*" && created["info"]?["uses_left"] == 3)
            let token = try #require(created["token"]?.string)
            #expect(!list.json.jsonText(.compact).contains(token))
            #expect(try await server.call(.DELETE, "/api/v1/robots/enrolments/x").status == 400)
            let unknown = UUID().uuidString
            #expect(try await server.call(.DELETE, "/api/v1/robots/enrolments/\(unknown)").status == 404)
        }
    }

    @Test func `a certificate is renewed by itself alone`() async throws {
        try await Fixture.with { server in
            #expect(try await Self.enrol(server, try await Self.token(server)).status == 201)
            for role in [Role.admin, .robot] {
                let reply = try await server.call(
                    .POST, "/api/v1/robots/mill-1/certificate", as: role,
                    ["csr": .string(try RobotKey().request(for: "r"))])
                #expect(reply.status == 403 && reply.message.contains("robot enroll"), "\(reply.message)")
            }
        }
    }

    @Test func `what is done stands in the audit log, refusals too`() async throws {
        try await Fixture.with { server in
            let token = try await Self.token(server)
            #expect(try await Self.enrol(server, token).status == 201)
            #expect(try await Self.enrol(server, token, name: "other").status == 401)
            let entries = try await server.call(.GET, "/api/v1/audit?limit=50")
            let known = (entries.json["entries"]?.list ?? []).map { entry in
                [entry["action"]?.string ?? "", entry["outcome"]?.string ?? "", entry["subject"]?.string ?? ""]
            }
            #expect(known.contains { $0[..<2] == ["robot.create_enrolment", "granted"] }, "\(known)")
            #expect(known.contains(["robot.enrol", "granted", "mill-1"]), "\(known)")
            #expect(known.contains { $0[..<2] == ["robot.enrol", "denied"] }, "\(known)")
            #expect(!entries.json.jsonText(.compact).contains(token))
        }
    }
}

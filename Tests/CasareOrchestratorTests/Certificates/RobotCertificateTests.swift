import CasareCertificates
import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

/// Robots that show certificates, over real TLS: nothing else says who they are.
struct RobotCertificateTests {
    private static let robot = Robot.ID(rawValue: "mill-1")!  // The literal is a robot's ID.

    /// A robot's files, and what its client is told.
    private struct Enrolled: Sendable {
        let key: RobotKey
        let answer: EnrolResponse
        let tls: TLSSettings

        func facts() throws -> CertificateFacts { try CertificateFacts(pem: self.answer.certificate.certificate) }
    }

    private static func client<R: Sendable>(
        _ fixture: TLSFixture, _ tls: TLSSettings, token: String? = nil, _ body: (CasareClient) async throws -> R
    ) async throws -> R {
        var configuration = CasareClient.Configuration(url: fixture.server.url, token: token)
        configuration.retriesMax = 0
        configuration.tls = tls
        return try await withCasareClient(configuration, body)
    }

    private static func write(_ text: String, to path: String) throws { try TestIdentity.replace(path, with: text) }

    /// Lets a robot in, and waits until the server takes its certificate at the door.
    private static func enrol(
        _ fixture: TLSFixture, _ name: Robot.ID = Self.robot, as file: String = "robot"
    ) async throws -> Enrolled {
        let created = try await fixture.withClient(.admin) {
            try await $0.createEnrolment(CreateEnrolmentRequest(name: name.rawValue))
        }
        let key = RobotKey()
        let request = EnrolRequest(token: created.token, csr: try key.request(for: name.rawValue))
        let answer = try await Self.client(fixture, fixture.trusting) { try await $0.enrol(request) }
        var tls = fixture.trusting
        tls.certificateFile = "\(fixture.folder)/\(file).pem"
        tls.keyFile = "\(fixture.folder)/\(file).key"
        try Self.write(answer.certificate.certificate, to: "\(fixture.folder)/\(file).pem")
        try Self.write(try key.reveal(), to: "\(fixture.folder)/\(file).key")
        let settings = tls
        try await eventually("the server takes certificates of its own authority") {
            let isTaken = try? await Self.client(fixture, settings) { try await $0.identity().kind == "certificate" }
            return isTaken == true ? true : nil
        }
        return Enrolled(key: key, answer: answer, tls: settings)
    }

    /// The status that a robot is answered with; 0: TLS was not set up.
    private static func status(_ fixture: TLSFixture, _ tls: TLSSettings) async throws -> Int {
        try await Self.client(fixture, tls) { client in
            do throws(ClientError) {
                _ = try await client.registerRobot(RegisterRobotRequest(id: Self.robot))
                return 200
            } catch {
                if case .api(let problem) = error { return problem.status }
                return 0
            }
        }
    }

    @Test func `a robot works by its certificate, without a token, until that is revoked`() async throws {
        try await TLSFixture.with(interval: .milliseconds(200)) { fixture in
            let enrolled = try await Self.enrol(fixture)
            let facts = try enrolled.facts()
            try await fixture.withClient(.admin) { client in
                _ = try await client.pushWorkflow(
                    PushWorkflowRequest(document: OrchestratorFixture.document("invoices")))
                _ = try await client.submit([SubmitJobRequest(workflow: "invoices")])
            }
            try await Self.client(fixture, enrolled.tls) { client in
                let me = try await client.identity()
                #expect(me.name == "robot:mill-1" && me.robot == Self.robot && me.role == .robot)
                _ = try await client.registerRobot(RegisterRobotRequest(id: Self.robot))
                let session = try await client.openSession(Self.robot, OpenSessionRequest(bootID: UUID(), slots: 1))
                let leased = try await client.leaseAnswer(session.sessionID, slots: 1, waiting: .zero)
                let job = try #require(leased.jobs.first)
                // It speaks for no other robot.
                let other = try #require(Robot.ID(rawValue: "mill-2"))
                let problem = await #expect(throws: ClientError.self) {
                    try await client.registerRobot(RegisterRobotRequest(id: other))
                }
                #expect("\(String(describing: problem))".contains("mill-1"))
                try await fixture.withClient(.operator) {
                    _ = try await $0.revokeCertificate(facts.serial, of: Self.robot, reason: "stolen")
                }
                // On the same connection: its lease is of no use to it any more.
                let lease = job.leasedJob.lease
                let refused = await #expect(throws: ClientError.self) {
                    try await client.renew(session.sessionID, [lease])
                }
                guard case .api(let answer) = refused else {
                    Issue.record("\(String(describing: refused))")
                    return
                }
                #expect(answer.status == 401 && answer.code == .tokenInvalid)
            }
            #expect(try await Self.status(fixture, enrolled.tls) == 401)
        }
    }

    @Test func `a token that is sent counts, whatever certificate is shown beside it`() async throws {
        try await TLSFixture.with(interval: .milliseconds(200)) { fixture in
            let enrolled = try await Self.enrol(fixture)
            let token = fixture.server.tokens[.viewer]
            let name = try await Self.client(fixture, enrolled.tls, token: token) { try await $0.identity().name }
            #expect(name == "the viewer")
            let wrong = await #expect(throws: ClientError.self) {
                try await Self.client(fixture, enrolled.tls, token: "crpa_wrong") { try await $0.identity() }
            }
            guard case .api(let answer) = wrong else {
                Issue.record("\(String(describing: wrong))")
                return
            }
            #expect(answer.status == 401)
        }
    }

    @Test func `a certificate that another authority has signed says nobody's name`() async throws {
        try await TLSFixture.with(interval: .milliseconds(200)) { fixture in
            // TLS takes it, for CASARE_TLS_CLIENT_CA names its authority; it even calls itself the robot.
            let identity = try fixture.certificates.authority.client(
                "mill-1", uri: "casare://1/robots/mill-1")
            _ = try await Self.enrol(fixture)
            let tls = try fixture.showing(identity, as: "impostor")
            #expect(try await Self.status(fixture, tls) == 401)
            let token = fixture.server.tokens[.viewer]
            #expect(try await Self.client(fixture, tls, token: token) { try await $0.identity().name } == "the viewer")
        }
    }

    @Test func `a robot renews its certificate, and both count`() async throws {
        try await TLSFixture.with(interval: .milliseconds(200)) { fixture in
            let enrolled = try await Self.enrol(fixture)
            let first = try enrolled.facts()
            let renewed = try await Self.client(fixture, enrolled.tls) {
                try await $0.renewCertificate(
                    of: Self.robot, RenewCertificateRequest(csr: try enrolled.key.request(for: "r")))
            }
            let second = try CertificateFacts(pem: renewed.certificate)
            #expect(
                second.serial == renewed.serial && second.serial != first.serial && enrolled.key.belongs(to: second))
            #expect(try await Self.status(fixture, enrolled.tls) == 200)
            try Self.write(renewed.certificate, to: "\(fixture.folder)/robot.pem")
            #expect(try await Self.status(fixture, enrolled.tls) == 200)
            let list = try await fixture.withClient(.viewer) { try await $0.certificates(of: Self.robot) }
            #expect(list.certificates.map(\.serial) == [renewed.serial, first.serial])
            #expect(list.certificates.first?.renews == first.serial)
            // What was made of a stolen key goes with it.
            _ = try await fixture.withClient(.operator) { try await $0.revokeCertificate(first.serial, of: Self.robot) }
            #expect(try await Self.status(fixture, enrolled.tls) == 401)
            let refused = await #expect(throws: ClientError.self) {
                try await Self.client(fixture, enrolled.tls) {
                    try await $0.renewCertificate(
                        of: Self.robot, RenewCertificateRequest(csr: try enrolled.key.request(for: "r")))
                }
            }
            guard case .api(let answer) = refused else {
                Issue.record("\(String(describing: refused))")
                return
            }
            #expect(answer.status == 401)
        }
    }

    @Test func `a certificate that has ended in the database does not count on a connection that lives on`()
        async throws
    {
        try await TLSFixture.with(interval: .milliseconds(200)) { fixture in
            let enrolled = try await Self.enrol(fixture)
            try await fixture.server.database.asTenant(.default) { connection in
                _ = try connection.execute("UPDATE robot_certificates SET expires_at = now() WHERE tenant_id = 1")
            }
            // What was known of it is known for a moment.
            try await eventually("it does not count any more") {
                try await Self.status(fixture, enrolled.tls) == 401 ? true : nil
            }
        }
    }

    @Test func `while an authority retires, what it has signed counts beside what the new one signs`() async throws {
        try await TLSFixture.with(interval: .milliseconds(200)) { fixture in
            let old = try await Self.enrol(fixture)
            _ = try await fixture.withClient(.admin) { try await $0.rotateAuthority(reason: "it is time") }
            let other = try #require(Robot.ID(rawValue: "mill-2"))
            let new = try await Self.enrol(fixture, other, as: "new")
            #expect(new.answer.certificate.authority != old.answer.certificate.authority)
            #expect(try await Self.status(fixture, old.tls) == 200)
            #expect(try await Self.client(fixture, new.tls) { try await $0.identity().name } == "robot:mill-2")
        }
    }

    @Test func `the server tells by what it is known`() async throws {
        try await TLSFixture.with { fixture in
            let told = try await Self.client(fixture, TLSSettings(isVerificationOff: true)) {
                try await $0.authorities()
            }
            #expect(told.served.first?.fingerprint == fixture.certificates.server.fingerprint)
            let created = try await fixture.withClient(.admin) {
                try await $0.createEnrolment(CreateEnrolmentRequest())
            }
            #expect(created.serverFingerprint == told.served.last?.fingerprint)
        }
    }
}

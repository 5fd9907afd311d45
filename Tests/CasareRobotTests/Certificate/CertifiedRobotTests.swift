import CasareCertificates
import CasareClient
import CasareDomain
import CasareNodes
import CasareOrchestrator
@testable import CasareRobot
import CasareSettings
import CasareStore
import CasareTestSupport
import CasareWire
import Configuration
import FoundationEssentials
import Logging
import ServiceLifecycle
import Testing

/// Robots without a token: their certificate says who they are.
struct CertifiedRobotTests {
    private static let document = #"""
        {"nodes": {"a": {"node_type": "SetVariableNode", "config": {"variable_name": "x", "value": 1}}},
         "connections": []}
        """#

    private static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// Runs `body` with an orchestrator and the settings of a robot that was let in.
    private static func with(
        _ body: @escaping @Sendable (BrokerFixture, RobotSettings, TLSSettings) async throws -> Void
    ) async throws {
        let certificates = try TestCertificates()
        try await withTemporaryDirectory { folder in
            let server = try certificates.server.write(to: folder, as: "server")
            let authority = "\(folder)/ca.pem"
            try TestIdentity.replace(authority, with: certificates.authority.pem)
            let tls = ServerTLS(certificateFile: server.certificate, keyFile: server.key)
            try await BrokerFixture.with(.api, tls: tls) { fixture in
                var settings = TLSSettings(authorityFile: authority)
                try await Self.enrol(fixture, settings, folder)
                settings.certificateFile = "\(folder)/certificate.pem"
                settings.keyFile = "\(folder)/key.pem"
                try await Self.untilTaken(fixture, settings)
                try await body(fixture, try Self.settings(fixture.url, folder), settings)
            }
        }
    }

    private static func settings(_ url: String, _ folder: String, id: String = "mill-1") throws -> RobotSettings {
        try RobotSettings(
            config: ConfigReader(
                provider: EnvironmentVariablesProvider(environmentVariables: [
                    "CASARE_URL": url, "CASARE_ROBOT_ID": id, "CASARE_CA_FILE": "\(folder)/ca.pem",
                    "CASARE_CLIENT_CERTIFICATE": "\(folder)/certificate.pem",
                    "CASARE_CLIENT_KEY": "\(folder)/key.pem", "HOME": folder,
                ])))
    }

    private static func client<R: Sendable>(
        _ url: String, _ tls: TLSSettings, token: String? = nil, _ body: (CasareClient) async throws -> R
    ) async throws -> R {
        var configuration = CasareClient.Configuration(url: url, token: token)
        configuration.tls = tls
        return try await withCasareClient(configuration, body)
    }

    private static func enrol(_ fixture: BrokerFixture, _ tls: TLSSettings, _ folder: String) async throws {
        let admin = try await fixture.database.asTenant(.default) { connection in
            try TokenStore.create(name: "ann", role: .admin, on: connection).text.reveal()
        }
        let token = try await Self.client(fixture.url, tls, token: admin) {
            try await $0.createEnrolment(CreateEnrolmentRequest(name: "mill-1")).token
        }
        let key = RobotKey()
        let request = EnrolRequest(token: token, csr: try key.request(for: "mill-1"))
        let answer = try await Self.client(fixture.url, tls) { try await $0.enrol(request) }
        try TestIdentity.replace("\(folder)/key.pem", with: try key.reveal())
        try TestIdentity.replace("\(folder)/certificate.pem", with: answer.certificate.certificate)
    }

    /// The server asks for certificates of its own authority from the moment on that it has one, or a little later.
    private static func untilTaken(_ fixture: BrokerFixture, _ tls: TLSSettings) async throws {
        try await eventually("the server takes the certificate") {
            let name = try? await Self.client(fixture.url, tls) { try await $0.identity().name }
            return name == "robot:mill-1" ? true : nil
        }
    }

    @Test func `a robot runs a job by its certificate alone`() async throws {
        try await Self.with { fixture, settings, _ in
            let job = try await fixture.database.asTenant(.default) { connection in
                let pushed = try WorkflowStore.push(name: "w", document: Self.document, by: "test", on: connection)
                let jobs = [NewJob(workflow: pushed.version.workflow, workflowVersion: 1)]
                return try #require(try JobStore.submit(jobs, by: "test", on: connection).first?.id)
            }
            let agent = try RobotAgent(settings, catalogue: StandardNodes.catalogue, logger: Self.logger)
            let group = ServiceGroup(configuration: .init(services: [agent], logger: Self.logger))
            async let running: Void = group.run()
            do {
                try await eventually("the job is done") {
                    let row = try await fixture.database.asTenant(.default) { try JobStore.get(job, on: $0) }
                    return row?.status == .completed ? true : nil
                }
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await running
        }
    }

    @Test func `a robot renews its certificate in its place when it is time, and not before`() async throws {
        try await Self.with { fixture, settings, tls in
            guard let file = tls.certificateFile else { return }
            func serial() throws -> String {
                try CertificateFacts(pem: try String(contentsOfFile: file, encoding: .utf8)).serial
            }
            let first = try serial()
            // Of a life of 30 days.
            let later = { @Sendable in Date(timeIntervalSinceNow: 25 * 86_400) }
            let renewal = try #require(
                try CertificateRenewal(settings, logger: Self.logger, jitter: 0, now: later))
            let group = ServiceGroup(configuration: .init(services: [renewal], logger: Self.logger))
            async let running: Void = group.run()
            do {
                try await eventually("the certificate is another one") { try serial() == first ? nil : true }
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await running
            // The robot goes on with it.
            #expect(try await Self.client(fixture.url, tls) { try await $0.identity().name } == "robot:mill-1")
            let known = try await fixture.database.asTenant(.default) { connection in
                try CertificateStore.list(limit: 9, on: connection).map(\.serial)
            }
            let second = try serial()
            #expect(known == [second, first])
        }
    }

    @Test func `a certificate of another robot is not taken for one's own`() async throws {
        try await Self.with { fixture, settings, tls in
            guard case .api(let url, let token, _) = settings.connection, let file = tls.certificateFile else { return }
            #expect(token == nil)
            let folder = String(file.dropLast("/certificate.pem".count))
            let other = try Self.settings(url, folder, id: "mill-2")
            let error = #expect(throws: SettingError.self) {
                _ = try CertificateRenewal(other, logger: Self.logger)
            }
            #expect(error?.variable == "CASARE_ROBOT_ID" && error?.problem.contains("mill-1") == true)
        }
    }
}

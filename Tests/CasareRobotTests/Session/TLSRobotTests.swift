import CasareClient
import CasareDomain
import CasareNodes
import CasareOrchestrator
import CasareRobot
import CasareStore
import CasareTestSupport
import Logging
import ServiceLifecycle
import Testing

/// Robots of an orchestrator that speaks TLS.
struct TLSRobotTests {
    private static let document = #"""
        {"nodes": {"a": {"node_type": "SetVariableNode", "config": {"variable_name": "x", "value": 1}}},
         "connections": []}
        """#

    private static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// Runs `body` with an orchestrator that lets only clients with a certificate in, and what a robot knows of it.
    private static func with(
        _ body: @escaping @Sendable (BrokerFixture, TestCertificates, TLSSettings) async throws -> Void
    ) async throws {
        let certificates = try TestCertificates()
        try await withTemporaryDirectory { folder in
            let server = try certificates.server.write(to: folder, as: "server")
            let client = try certificates.client.write(to: folder, as: "robot")
            let authority = "\(folder)/ca.pem"
            try TestIdentity.replace(authority, with: certificates.authority.pem)
            let tls = ServerTLS(
                certificateFile: server.certificate, keyFile: server.key, clientAuthorityFile: authority,
                clients: .required)
            let settings = TLSSettings(
                authorityFile: authority, certificateFile: client.certificate, keyFile: client.key)
            try await BrokerFixture.with(.api, tls: tls) { try await body($0, certificates, settings) }
        }
    }

    @Test func `a robot runs a job over TLS, and shows its certificate`() async throws {
        try await Self.with { fixture, _, settings in
            let job = try await fixture.database.asTenant(.default) { connection in
                let pushed = try WorkflowStore.push(name: "w", document: Self.document, by: "test", on: connection)
                let jobs = [NewJob(workflow: pushed.version.workflow, workflowVersion: 1)]
                return try #require(try JobStore.submit(jobs, by: "test", on: connection).first?.id)
            }
            let broker = try APIBroker(url: fixture.url, token: try await fixture.token("robot"), tls: settings)
            let agent = RobotAgent(
                broker: broker, catalogue: StandardNodes.catalogue,
                configuration: RobotConfiguration(
                    description: try BrokerFixture.description("robot", slots: 1), workingDirectory: "/tmp"),
                logger: Self.logger)
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

    @Test func `a robot that is not let in goes on trying, and says why`() async throws {
        try await Self.with { fixture, certificates, settings in
            var without = settings
            (without.certificateFile, without.keyFile) = (nil, nil)
            let broker = try APIBroker(url: fixture.url, token: try await fixture.token("robot"), tls: without)
            let description = try BrokerFixture.description("robot", slots: 1)
            let error = await #expect(throws: BrokerError.self) { try await broker.open(description) }
            await broker.close()
            guard case .unavailable(let text) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(text.contains("CASARE_CLIENT_CERTIFICATE"), "\(text)")
        }
    }
}

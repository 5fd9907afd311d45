import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareTelemetry
import CasareTestSupport
import CasareWire
import Logging
import ServiceLifecycle
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Certificates that are exchanged while the server runs.
struct CertificateReloadTests {
    @Test func `connections go on over an exchange, and new ones get the new certificate`() async throws {
        try await TLSFixture.with(interval: .milliseconds(20)) { fixture in
            try await fixture.withClient { client in
                var events = client.openEvents(EventQuery(kinds: [.submitted])).makeAsyncIterator()
                guard case .caughtUp = try await events.next() else {
                    Issue.record("The stream did not begin")
                    return
                }
                try fixture.certificates.otherServer.write(to: fixture.folder, as: "server")
                let fresh = fixture.certificates.otherServer.fingerprint
                try await eventually("new connections get the new certificate") {
                    try await ServedCertificate.fingerprint(of: fixture.server.url) == fresh ? true : nil
                }
                try await fixture.withClient(.admin) { admin in
                    let document = OrchestratorFixture.document("invoices")
                    _ = try await admin.pushWorkflow(PushWorkflowRequest(document: document))
                    _ = try await admin.submit([SubmitJobRequest(workflow: "invoices")])
                }
                // A stream that broke would say so first.
                guard case .event(let event) = try await events.next() else {
                    Issue.record("The stream did not go on")
                    return
                }
                #expect(event.kind == "submitted")
            }
        }
    }

    /// Runs a watch that would look once an hour, and gives `body` its alarm and how often it has looked.
    private static func watching(_ body: (Alarm, @Sendable () -> Int) async throws -> Void) async throws {
        let certificates = try TestCertificates()
        try await withTemporaryDirectory { folder in
            let files = try certificates.server.write(to: folder, as: "server")
            let looks = Looks()
            let tls = ServerTLSContext(
                ServerTLS(certificateFile: files.certificate, keyFile: files.key), roots: looks.counting,
                metrics: OrchestratorMetrics(MetricRegistry(logger: OrchestratorFixture.logger)),
                logger: OrchestratorFixture.logger)
            try tls.start()
            let alarm = Alarm()
            let watch = CertificateWatch(tls: tls, alarm: alarm, interval: .seconds(3600))
            let group = ServiceGroup(configuration: .init(services: [watch], logger: OrchestratorFixture.logger))
            async let running: Void = group.run()
            do {
                try await eventually("the first look") { looks.count >= 1 ? true : nil }
                try await body(alarm) { looks.count }
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await running
        }
    }

    private final class Looks: Sendable {
        private let number = Mutex(0)

        var count: Int { self.number.withLock { $0 } }

        /// Each look asks for the authorities, of which there are none.
        var counting: ClientRoots {
            ClientRoots {
                self.number.withLock { $0 += 1 }
                return []
            }
        }
    }

    @Test func `SIGHUP has the files looked at at once`() async throws {
        try await Self.watching { _, looks in
            // The watch waits for the signal before its first look.
            #expect(looks() == 1)
            kill(getpid(), SIGHUP)
            try await eventually("the look that the signal asks for") { looks() >= 2 ? true : nil }
        }
    }

    @Test func `whoever rings has the files looked at at once`() async throws {
        try await Self.watching { alarm, looks in
            alarm.ring(in: .zero)
            try await eventually("the look that was rung for") { looks() >= 2 ? true : nil }
        }
    }
}

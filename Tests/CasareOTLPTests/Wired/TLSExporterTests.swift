@testable import CasareOTLP
import CasareTelemetry
import CasareTestSupport
import Testing

/// Exporters over TLS, and what they and the collector refuse of each other.
struct TLSExporterTests {
    /// Who shows what to whom.
    struct Meeting: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var server: @Sendable (TestCertificates) -> TestIdentity = { $0.server }
        /// Whom the exporter trusts.
        var authority: @Sendable (TestCertificates) -> TestAuthority = { $0.authority }
        var asksForClient = false
        var client: @Sendable (TestCertificates) -> TestIdentity? = { _ in nil }
    }

    static let good: [Meeting] = [
        Meeting(testDescription: "a server with a certificate"),
        Meeting(testDescription: "both with certificates", asksForClient: true, client: { $0.client }),
        Meeting(testDescription: "a client that nobody asked", client: { $0.client }),
    ]

    static let bad: [Meeting] = [
        Meeting(testDescription: "a server of another authority", authority: { $0.otherAuthority }),
        Meeting(testDescription: "a server of another name", server: { $0.wrongHostServer }),
        Meeting(testDescription: "a server that has run out", server: { $0.expiredServer }),
        Meeting(testDescription: "a client without a certificate", asksForClient: true),
        Meeting(testDescription: "a client of another authority", asksForClient: true, client: { $0.foreignClient }),
        Meeting(testDescription: "a client that has run out", asksForClient: true, client: { $0.expiredClient }),
    ]

    private static func with(
        _ meeting: Meeting, timeout: Duration, _ body: (OTLPReceiver, WiredExporters) async throws -> Void
    ) async throws {
        let certificates = try TestCertificates()
        try await withTemporaryDirectory { folder in
            let authority = "\(folder)/authority.pem"
            try TestIdentity.replace(authority, with: meeting.authority(certificates).pem)
            let client = try meeting.client(certificates)?.write(to: folder, as: "client")
            let tls = OTLPReceiver.TLS(
                meeting.server(certificates), clientAuthority: meeting.asksForClient ? certificates.authority : nil)
            try await withOTLPReceiver(tls: tls) { receiver in
                let settings = OTLPSettings(
                    host: "127.0.0.1", port: receiver.port, usesTLS: true, timeout: timeout,
                    certificateFile: authority, clientCertificateFile: client?.certificate,
                    clientKeyFile: client?.key)
                try await WiredExporters.with(settings) { exporters in try await body(receiver, exporters) }
            }
        }
    }

    @Test(arguments: Self.good) func `who trust each other talk`(_ meeting: Meeting) async throws {
        try await Self.with(meeting, timeout: .seconds(60)) { receiver, exporters in
            #expect(await exporters.spans.export(Fresh.spans(2)) == ExportOutcome(exported: 2))
            #expect(await exporters.logs.export(Fresh.records(1)) == ExportOutcome(exported: 1))
            #expect(receiver.spans.count == 2 && receiver.logRecords.count == 1 && receiver.violations == [])
            #expect(receiver.wire.connections == 1)
        }
    }

    @Test(arguments: Self.bad) func `who do not trust each other do not, and what was to be sent is counted`(
        _ meeting: Meeting
    ) async throws {
        try await Self.with(meeting, timeout: .milliseconds(700)) { receiver, exporters in
            let outcome = await exporters.spans.export(Fresh.spans(2))
            #expect(outcome.exported == 0 && outcome.failed.values.reduce(0, +) == 2)
            #expect(receiver.attempts(.traces).isEmpty)
            #expect(await exporters.counts(.exportedSpans).values.reduce(0, +) == 2)
        }
    }

    @Test func `without TLS nothing goes to a server that wants it`() async throws {
        let certificates = try TestCertificates()
        try await withOTLPReceiver(tls: OTLPReceiver.TLS(certificates.server)) { receiver in
            try await WiredExporters.with(receiver.settings(timeout: .milliseconds(700))) { exporters in
                let outcome = await exporters.spans.export(Fresh.spans(2))
                #expect(outcome.exported == 0 && outcome.failed.values.reduce(0, +) == 2)
                #expect(receiver.attempts(.traces).isEmpty)
            }
        }
    }

    @Test func `a file of TLS that is not there is said, and is no end of the program`() async throws {
        try await withOTLPReceiver { receiver in
            let settings = OTLPSettings(
                host: "127.0.0.1", port: receiver.port, usesTLS: true, certificateFile: "/nonexistent/authority.pem")
            try await WiredExporters.with(settings) { exporters in
                let outcome = await exporters.spans.export(Fresh.spans(2))
                #expect(outcome == ExportOutcome(exported: 0, failed: ["FAILED_PRECONDITION": 2]))
                #expect(exporters.lines.all.count == 1)
            }
        }
    }
}

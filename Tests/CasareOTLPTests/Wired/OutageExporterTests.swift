@testable import CasareOTLP
import CasareTelemetry
import CasareTestSupport
import Testing

/// Exporters where there is no collector, or something else in its place.
struct OutageExporterTests {
    private static let limit = Duration.milliseconds(700)

    /// Their time may be up before they learn why.
    private static func isLoss(_ outcome: ExportOutcome, of count: Int) -> Bool {
        outcome.exported == 0 && outcome.failed.values.reduce(0, +) == count
    }

    @Test func `where nobody listens everything is counted as lost, and said once`() async throws {
        try await WiredExporters.with(.loopback(ClosedPort.number, timeout: Self.limit)) { exporters in
            for _ in 0..<2 {
                #expect(Self.isLoss(await exporters.spans.export(Fresh.spans(3)), of: 3))
            }
            #expect(await exporters.counts(.exportedSpans).values.reduce(0, +) == 6)
            #expect(exporters.lines.all.count == 1)
        }
    }

    @Test(arguments: OTLPBrokenServer.Behaviour.allCases)
    func `what is no collector takes nothing, and is not asked without end`(
        _ behaviour: OTLPBrokenServer.Behaviour
    ) async throws {
        try await OTLPBrokenServer.with(behaviour) { server in
            try await WiredExporters.with(.loopback(server.port, timeout: Self.limit)) { exporters in
                #expect(Self.isLoss(await exporters.spans.export(Fresh.spans(3)), of: 3))
            }
            #expect(server.connections < 50)
        }
    }

    @Test(arguments: OTLPBrokenServer.Behaviour.allCases)
    func `what could not be sent arrives when a collector comes in the place of something else`(
        _ behaviour: OTLPBrokenServer.Behaviour
    ) async throws {
        try await withReservedPort { port in
            try await WiredExporters.with(.loopback(port)) { exporters in
                let spans = Fresh.spans(3)
                let export = try await OTLPBrokenServer.with(behaviour, port: port) { server in
                    // It goes on when the server is gone, and is awaited below.
                    let export = Task { await exporters.spans.export(spans) }
                    try await eventually("a connection was made") { server.connections > 0 ? true : nil }
                    return export
                }
                try await withOTLPReceiver(port: port) { receiver in
                    #expect(await export.value == ExportOutcome(exported: 3))
                    #expect(receiver.spans.count == 3 && receiver.violations == [])
                }
            }
        }
    }

    @Test func `a collector that comes back at the same port is found, and gets everything once`() async throws {
        try await withReservedPort { port in
            try await WiredExporters.with(.loopback(port)) { exporters in
                try await withOTLPReceiver(port: port) { receiver in
                    #expect(await exporters.spans.export(Fresh.spans(1)) == ExportOutcome(exported: 1))
                    #expect(receiver.spans.count == 1)
                }
                let spans = Fresh.spans(5)
                // It fails while nobody listens, and is awaited below.
                let export = Task { await exporters.spans.export(spans) }
                try await eventually("it has failed once") { exporters.pauses.all.isEmpty ? nil : true }
                try await withOTLPReceiver(port: port) { receiver in
                    #expect(await export.value == ExportOutcome(exported: 5))
                    #expect(receiver.spans.count == 5 && receiver.violations == [])
                    #expect(receiver.attempts(.traces).count == 1)
                }
                #expect(await exporters.counts(.exportedSpans) == ["": 6])
            }
        }
    }

    @Test func `an export that is cancelled ends, and what it had is lost`() async throws {
        try await withOTLPReceiver { receiver in
            receiver.plan(.hang)
            try await WiredExporters.with(receiver.settings()) { exporters in
                let spans = Fresh.spans(4)
                let export = Task { await exporters.spans.export(spans) }
                try await receiver.attempts(1, of: .traces)
                export.cancel()
                #expect(await export.value == ExportOutcome(exported: 0, failed: ["cancelled": 4]))
            }
            #expect(receiver.spans.isEmpty && receiver.attempts(.traces).count == 1)
        }
    }
}

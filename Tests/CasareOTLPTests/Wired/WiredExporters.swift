import CasareDomain
@testable import CasareOTLP
import CasareTelemetry
import CasareTestSupport
import FoundationEssentials
import Logging
import Synchronization

/// Exporters of all signals that speak to somebody over a real connection, which they share.
struct WiredExporters: Sendable {
    let spans: OTLPExporter<SpanPayload>
    let metrics: OTLPExporter<MetricPayload>
    let logs: OTLPExporter<LogPayload>
    /// Counts what became of everything.
    let registry: MetricRegistry
    /// What was logged.
    let lines: Lines
    /// What they waited between two attempts.
    let pauses: Pauses

    static let version = "1.2.3"

    static let origin = OTLPOrigin(
        Resource(attributes: [
            "service.name": "casare-robot", "service.version": .string(version),
            "service.instance.id": "9c4ff8f8-1a55-4e63-b51b-1f1f6bd1e7d7", "telemetry.sdk.name": "casare",
            "telemetry.sdk.language": "swift", "telemetry.sdk.version": .string(version),
        ]), version: version)

    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { self.lines.withLock { $0 } }

        fileprivate func add(_ line: String) { self.lines.withLock { $0.append(line) } }
    }

    final class Pauses: Sendable {
        private let pauses = Mutex<[Duration]>([])

        var all: [Duration] { self.pauses.withLock { $0 } }

        fileprivate func add(_ pause: Duration) { self.pauses.withLock { $0.append(pause) } }
    }

    private struct LineHandler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) { self.lines.add("\(event.message) \(event.metadata ?? [:])") }
    }

    /// - Parameter skippingPauses: between two attempts no time passes; the pauses are only noted.
    static func with<Result: Sendable>(
        _ settings: OTLPSettings, skippingPauses: Bool = false,
        _ body: (WiredExporters) async throws -> Result
    ) async throws -> Result {
        let client = OTLPClient(settings, version: self.version)
        let exporters = WiredExporters(client, settings, skippingPauses: skippingPauses)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await client.run() }
            defer { client.close() }
            return try await body(exporters)
        }
    }

    private init(_ client: OTLPClient, _ settings: OTLPSettings, skippingPauses: Bool) {
        let lines = Lines()
        let pauses = Pauses()
        let logger = Logger(label: "test") { _ in LineHandler(lines: lines) }
        let registry = MetricRegistry(logger: logger)

        func exporter<Payload: OTLPPayload>(_ payload: Payload) -> OTLPExporter<Payload> {
            OTLPExporter(
                payload, timeout: settings.timeout,
                meter: ExporterMeter(Payload.instrument, of: Payload.componentType, in: registry),
                troubles: ExporterTroubles(Payload.signal, to: client.place, logger: logger),
                sleep: { pause in
                    pauses.add(pause)
                    if !skippingPauses { try await Task.sleep(for: pause) }
                },
                send: { request, timeout in
                    await client.call(Payload.method, request, for: Payload.Response.self, timeout: timeout)
                        .map { Payload.partialSuccess(in: $0) }
                })
        }
        self.spans = exporter(SpanPayload(origin: Self.origin))
        self.metrics = exporter(MetricPayload(origin: Self.origin))
        self.logs = exporter(LogPayload(origin: Self.origin))
        self.registry = registry
        self.lines = lines
        self.pauses = pauses
    }

    /// What a counter says, by `error.type`; "" for what went well.
    func counts(_ instrument: Instrument) async -> [String: Int] {
        guard case .numbers(let points) = await self.registry.snapshot()[instrument.name]?.points else { return [:] }
        var counts: [String: Int] = [:]
        for point in points {
            guard case .int(let count) = point.value, count > 0 else { continue }
            counts[point.attributes[.errorType]?.description ?? "", default: 0] += count
        }
        return counts
    }
}

extension OTLPReceiver {
    /// For a program that is to send here.
    func settings(
        headers: [OTLPSettings.Header] = [], compression: OTLPSettings.Compression = .none,
        timeout: Duration? = .seconds(60)
    ) -> OTLPSettings {
        .loopback(self.port, headers: headers, compression: compression, timeout: timeout)
    }
}

extension OTLPSettings {
    /// Without TLS.
    static func loopback(
        _ port: Int, headers: [Header] = [], compression: Compression = .none, timeout: Duration? = .seconds(60)
    ) -> OTLPSettings {
        OTLPSettings(
            host: "127.0.0.1", port: port, usesTLS: false, headers: headers, compression: compression, timeout: timeout)
    }
}

/// Telemetry of now.
enum Fresh {
    static var nanoseconds: UInt64 { UInt64(Date().timeIntervalSince1970 * 1e9) }

    /// Each the first of a trace of its own.
    static func spans(_ count: Int) -> [FinishedSpan] {
        (0..<count).map { _ in self.span(.makeRoot(), parent: nil) }
    }

    static func span(
        _ context: TraceContext, parent: SpanID?, kind: FinishedSpan.Kind = .internal,
        status: FinishedSpan.Status = .unset, attributes: [AttributeKey: AttributeValue] = [:],
        events: [FinishedSpan.Event] = [], links: [FinishedSpan.Link] = []
    ) -> FinishedSpan {
        let now = self.nanoseconds
        return FinishedSpan(
            name: "run invoices", kind: kind, context: context, parent: parent, isParentRemote: false, startedAt: now,
            endedAt: now + 1_500_000, attributes: attributes, events: events, links: links, status: status)
    }

    static func records(_ count: Int, context: TraceContext? = nil) -> [TelemetryLogRecord] {
        (0..<count).map { number in
            TelemetryLogRecord(
                severity: 9, severityText: "info", at: self.nanoseconds, body: "Leased job \(number)", context: context,
                scope: "casare.robot")
        }
    }
}

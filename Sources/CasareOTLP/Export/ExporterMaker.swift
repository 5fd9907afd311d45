import CasareTelemetry
import CasareWire
import Logging

/// Makes the exporters of a process, as its settings want them. Signals that go to the same place in the same way share
/// one client.
struct ExporterMaker {
    private let origin: OTLPOrigin
    private let registry: MetricRegistry
    private let logger: Logger
    private var known: [OTLPSettings: OTLPClient] = [:]

    /// - Parameter logger: one whose lines are not exported.
    init(resource: Resource, registry: MetricRegistry, logger: Logger) {
        self.origin = OTLPOrigin(resource, version: CasareVersion.current)
        self.registry = registry
        self.logger = logger
    }

    /// Those that were made up to now.
    var clients: [OTLPClient] { Array(self.known.values) }

    /// - Returns: `nil` where spans are not sent.
    mutating func spans(_ destination: TelemetrySettings.Destination) -> (any TelemetryExporter<FinishedSpan>)? {
        switch destination {
        case .nowhere: nil
        case .otlp(let settings): self.exporter(SpanPayload(origin: self.origin), settings)
        case .console:
            ConsoleExporter<FinishedSpan>(meter: self.consoleMeter(SpanPayload.self)) { [ConsoleLine($0)] }
        }
    }

    /// - Returns: `nil` where log records are not sent.
    mutating func logs(_ destination: TelemetrySettings.Destination) -> (any TelemetryExporter<TelemetryLogRecord>)? {
        switch destination {
        case .nowhere: nil
        case .otlp(let settings): self.exporter(LogPayload(origin: self.origin), settings)
        case .console:
            ConsoleExporter<TelemetryLogRecord>(meter: self.consoleMeter(LogPayload.self)) { [ConsoleLine($0)] }
        }
    }

    /// - Returns: `nil` where metrics are not sent.
    mutating func metrics(_ destination: TelemetrySettings.Destination) -> (any TelemetryExporter<MetricSnapshot>)? {
        switch destination {
        case .nowhere: nil
        case .otlp(let settings): self.exporter(MetricPayload(origin: self.origin), settings)
        case .console:
            ConsoleExporter<MetricSnapshot>(meter: self.consoleMeter(MetricPayload.self)) { ConsoleLine.lines($0) }
        }
    }

    private mutating func exporter<Payload: OTLPPayload>(
        _ payload: Payload, _ settings: OTLPSettings
    ) -> OTLPExporter<Payload> {
        let client = self.known[settings] ?? OTLPClient(settings, version: CasareVersion.current)
        self.known[settings] = client
        return OTLPExporter(
            payload, through: client, timeout: settings.timeout,
            meter: ExporterMeter(Payload.instrument, of: Payload.componentType, in: self.registry),
            troubles: ExporterTroubles(Payload.signal, to: client.place, logger: self.logger))
    }

    private func consoleMeter<Payload: OTLPPayload>(_: Payload.Type) -> ExporterMeter {
        ExporterMeter(Payload.instrument, of: "console_\(Payload.signal.rawValue)_exporter", in: self.registry)
    }
}

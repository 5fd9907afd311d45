import CasareTelemetry

/// Counts what becomes of what one exporter is to send, by OpenTelemetry's conventions.
struct ExporterMeter: Sendable {
    private let pieces: Counter<Int>
    private let duration: Histogram
    private let type: AttributeValue
    private let name: AttributeValue

    init(_ instrument: Instrument, of type: String, in registry: MetricRegistry) {
        self.pieces = registry.counter(instrument)
        self.duration = registry.histogram(.exportDuration)
        self.type = .string(type)
        // There is one of each in a process.
        self.name = .string("\(type)/0")
    }

    func count(_ outcome: ExportOutcome, took time: Duration) {
        if outcome.exported > 0 { self.pieces.add(outcome.exported, self.attributes(nil)) }
        for (errorType, count) in outcome.failed { self.pieces.add(count, self.attributes(errorType)) }
        self.duration.record(time, self.attributes(outcome.mainErrorType))
    }

    private func attributes(_ errorType: String?) -> Attributes {
        [
            .componentName: self.name, .componentType: self.type,
            .errorType: errorType.map { AttributeValue.string($0) },
        ]
    }
}

extension ExportOutcome {
    /// Why most of what was lost was lost; `nil` where nothing was.
    var mainErrorType: String? {
        self.failed.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }
}

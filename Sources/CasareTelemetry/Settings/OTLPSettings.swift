package import Logging

/// Where telemetry of one kind is sent to over OTLP, and how.
package struct OTLPSettings: Hashable, Sendable {
    package enum Compression: String, Hashable, Sendable, CaseIterable { case none, gzip }

    /// Without a path: gRPC has none.
    package let host: String
    package let port: Int
    package let usesTLS: Bool
    /// Sent with each request. Names in small letters; values may be secrets.
    package let headers: [Header]
    package let compression: Compression
    /// Of one export, repeats included; `nil`: no limit.
    package let timeout: Duration?
    /// Path of a PEM file of authorities; `nil`: those of the system.
    package let certificateFile: String?
    /// Paths of PEM files, by which the program shows who it is: both or neither.
    package let clientCertificateFile: String?
    package let clientKeyFile: String?

    package struct Header: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        package var description: String { "\(self.name): <redacted>" }
        package var customMirror: Mirror { Mirror(self, children: ["name": self.name]) }
    }

    package init(
        host: String, port: Int, usesTLS: Bool, headers: [Header] = [], compression: Compression = .none,
        timeout: Duration? = .seconds(10), certificateFile: String? = nil, clientCertificateFile: String? = nil,
        clientKeyFile: String? = nil
    ) {
        self.host = host
        self.port = port
        self.usesTLS = usesTLS
        self.headers = headers
        self.compression = compression
        self.timeout = timeout
        self.certificateFile = certificateFile
        self.clientCertificateFile = clientCertificateFile
        self.clientKeyFile = clientKeyFile
    }
}

/// How a batching processor keeps and sends.
package struct BatchSettings: Hashable, Sendable {
    /// Between two exports, when no batch is full before.
    package let delay: Duration
    /// Of one export; `nil`: no limit.
    package let exportTimeout: Duration?
    /// Items that wait; what comes while they are so many is dropped and counted.
    package let queueMax: Int
    /// Items of one export, at most `queueMax`.
    package let batchMax: Int

    /// OpenTelemetry's standards for spans.
    package static let spans = BatchSettings(
        delay: .milliseconds(5000), exportTimeout: .seconds(30), queueMax: 2048, batchMax: 512)
    /// And for log records.
    package static let logs = BatchSettings(
        delay: .milliseconds(1000), exportTimeout: .seconds(30), queueMax: 2048, batchMax: 512)

    package init(delay: Duration, exportTimeout: Duration?, queueMax: Int, batchMax: Int) {
        self.delay = delay
        self.exportTimeout = exportTimeout
        self.queueMax = queueMax
        self.batchMax = batchMax
    }
}

/// What and how much is kept of spans, events, links and log records (`OTEL_*_LIMIT`).
package struct AttributeLimits: Hashable, Sendable {
    package let count: Int
    /// Characters of a text; `nil`: `valueBytesMax` of a value.
    package let valueLength: Int?

    package static let standard = AttributeLimits(count: 128, valueLength: nil)

    /// Bytes of a value where nobody says how many characters there may be, of a list's members together: so many items
    /// that wait take no more memory than that. OpenTelemetry has no limit there.
    package static let valueBytesMax = 4 << 10

    package init(count: Int, valueLength: Int?) {
        self.count = count
        self.valueLength = valueLength
    }
}

package struct SpanLimits: Hashable, Sendable {
    package let attributes: AttributeLimits
    package let events: Int
    package let links: Int
    /// Of one event, and of one link.
    package let attributesOfEvent: Int
    package let attributesOfLink: Int

    package static let standard = SpanLimits()

    package init(
        attributes: AttributeLimits = .standard, events: Int = 128, links: Int = 128, attributesOfEvent: Int = 128,
        attributesOfLink: Int = 128
    ) {
        self.attributes = attributes
        self.events = events
        self.links = links
        self.attributesOfEvent = attributesOfEvent
        self.attributesOfLink = attributesOfLink
    }
}

/// Which traces are recorded, by `OTEL_TRACES_SAMPLER`.
package indirect enum SamplerKind: Hashable, Sendable {
    case alwaysOn, alwaysOff
    /// - Parameter ratio: 0 to 1, of the traces' IDs.
    case ratio(Double)
    /// As the caller does; where there is none by the other.
    case parentBased(root: SamplerKind)

    package static let standard = SamplerKind.parentBased(root: .alwaysOn)
}

/// What a program says of itself with everything that it sends.
package struct Resource: Hashable, Sendable {
    package let attributes: [AttributeKey: AttributeValue]

    package init(attributes: [AttributeKey: AttributeValue]) { self.attributes = attributes }

    package var serviceName: String { self.attributes["service.name"]?.description ?? "unknown_service" }
}

/// What the tracer, the registry and the log are to do: `OTEL_*`, parsed and checked.
package struct TelemetrySettings: Hashable, Sendable {
    package enum Propagator: String, Hashable, Sendable, CaseIterable { case tracecontext, baggage, b3, b3multi }

    /// Where a signal goes. A program may also serve its metrics to Prometheus, whatever stands here.
    package enum Destination: Hashable, Sendable {
        case nowhere
        case otlp(OTLPSettings)
        /// A line of JSON for each item, on standard error.
        case console
    }

    package enum Temporality: String, Hashable, Sendable, CaseIterable { case cumulative, delta, lowmemory }
    package enum HistogramKind: Hashable, Sendable { case explicit, exponential }
    package enum ExemplarFilter: String, Hashable, Sendable, CaseIterable {
        case alwaysOn = "always_on", alwaysOff = "always_off", traceBased = "trace_based"
    }

    package var isDisabled = false
    package var traces = Destination.nowhere
    package var metrics = Destination.nowhere
    package var logs = Destination.nowhere
    package var propagators: [Propagator] = [.tracecontext, .baggage]
    package var sampler = SamplerKind.standard
    package var spanLimits = SpanLimits.standard
    package var logLimits = AttributeLimits.standard
    package var spanBatches = BatchSettings.spans
    package var logBatches = BatchSettings.logs
    package var metricInterval = Duration.seconds(60)
    package var metricTimeout: Duration? = .seconds(30)
    package var temporality = Temporality.cumulative
    package var histograms = HistogramKind.explicit
    package var exemplars = ExemplarFilter.traceBased
    /// `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`, those of the first winning.
    package var givenAttributes: [AttributeKey: AttributeValue] = [:]
    /// How much the telemetry itself logs: this, and what is more urgent.
    package var logLevel = Logger.Level.info
    /// What is to be told once at the start: what was not understood, and what is not done as it was asked for. No
    /// secret is in it.
    package internal(set) var warnings: [String] = []

    package init() {}

    /// Whether anything is sent.
    package var sendsAnything: Bool {
        !self.isDisabled && [self.traces, self.metrics, self.logs].contains { $0 != .nowhere }
    }
}

import CasareDomain
import CasareTelemetry
import CasareTestSupport
import Logging
import Tracing

@testable import CasareRobot

/// Takes what a robot tells of itself.
struct RobotCollector: Sendable {
    private let collector = SpanCollector()
    let registry = MetricRegistry(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))

    /// In the order in which they ended.
    var spans: [FinishedSpan] { self.collector.spans }
    /// What spans and nodes tell of errors.
    var exceptions: [TelemetryLogRecord] { self.collector.exceptions }
    var tracer: TelemetryTracer { self.collector.tracer() }

    func span(_ name: String) throws -> FinishedSpan { try self.collector.span(name) }

    /// - Parameter tracer: in place of the one that hands its spans on to this.
    func telemetry(_ name: String = "robot", tracer: (any Tracer)? = nil) throws -> RobotTelemetry {
        let (collector, sink) = (self.collector, LogSink())
        sink.connect { collector.take($0) }
        return RobotTelemetry(
            of: try BrokerFixture.description(name, slots: 2), tracer: tracer ?? self.tracer, registry: self.registry,
            sink: sink)
    }

    /// The numbers of a counter, by attributes.
    func numbers(_ name: String) async -> [Attributes: MetricValue] {
        guard case .numbers(let points)? = await self.registry.snapshot()[name]?.points else { return [:] }
        return Dictionary(points.map { ($0.attributes, $0.value) }) { $1 }
    }

    /// How many values a histogram has, by attributes.
    func counts(_ name: String) async -> [Attributes: Int] {
        guard case .histograms(let points)? = await self.registry.snapshot()[name]?.points else { return [:] }
        return Dictionary(points.map { ($0.attributes, $0.counts.reduce(0, +)) }) { $1 }
    }

    /// The traces that the numbers of a histogram lead to.
    func traces(_ name: String) async -> Set<TraceID> {
        guard case .histograms(let points)? = await self.registry.snapshot()[name]?.points else { return [] }
        return Set(points.flatMap(\.exemplars).compactMap { $0.context?.traceID })
    }

    func sum(_ name: String) async -> Double {
        guard case .histograms(let points)? = await self.registry.snapshot()[name]?.points else { return 0 }
        return points.reduce(0) { $0 + $1.sum }
    }
}

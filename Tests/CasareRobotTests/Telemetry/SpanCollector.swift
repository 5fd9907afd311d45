import CasareDomain
import CasareTelemetry
import Logging
import Synchronization
import Testing

@testable import CasareRobot

/// Takes what a robot tells of itself.
final class SpanCollector: Sendable {
    private let ended = Mutex<[FinishedSpan]>([])
    let registry = MetricRegistry(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))

    /// In the order in which they ended.
    var spans: [FinishedSpan] { self.ended.withLock { $0 } }

    func span(_ name: String) throws -> FinishedSpan {
        try #require(self.spans.first { $0.name == name }, "\(name) is none of \(self.spans.map(\.name))")
    }

    var tracer: TelemetryTracer {
        TelemetryTracer { span in self.ended.withLock { $0.append(span) } }
    }

    func telemetry(_ name: String = "robot") throws -> RobotTelemetry {
        RobotTelemetry(
            of: try BrokerFixture.description(name, slots: 2), tracer: self.tracer, registry: self.registry)
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

    func sum(_ name: String) async -> Double {
        guard case .histograms(let points)? = await self.registry.snapshot()[name]?.points else { return 0 }
        return points.reduce(0) { $0 + $1.sum }
    }
}

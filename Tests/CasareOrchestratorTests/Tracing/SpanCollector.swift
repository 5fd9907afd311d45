import CasareDomain
import CasareTelemetry
import Synchronization
import Testing

/// Takes what a tracer hands on.
final class SpanCollector: Sendable {
    private let ended = Mutex<[FinishedSpan]>([])

    /// In the order in which they ended.
    var spans: [FinishedSpan] { self.ended.withLock { $0 } }

    func tracer(_ sampler: SamplerKind = .standard) -> TelemetryTracer {
        TelemetryTracer(sampler: sampler) { span in self.ended.withLock { $0.append(span) } }
    }

    func span(_ name: String) throws -> FinishedSpan {
        try #require(self.spans.first { $0.name == name }, "\(name) is none of \(self.spans.map(\.name))")
    }
}

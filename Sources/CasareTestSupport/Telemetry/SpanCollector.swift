package import CasareTelemetry
import Synchronization

/// Takes what tracers hand on.
package final class SpanCollector: Sendable {
    /// No span of that name has ended.
    package struct NoSuchSpan: Error, CustomStringConvertible {
        let name: String
        let known: [String]

        package var description: String { "\(self.name) is none of \(self.known)" }
    }

    private let ended = Mutex<[FinishedSpan]>([])
    private let told = Mutex<[TelemetryLogRecord]>([])

    package init() {}

    /// In the order in which they ended.
    package var spans: [FinishedSpan] { self.ended.withLock { $0 } }
    /// What was told as records of a log: what spans say of errors, and what was taken by `take`.
    package var exceptions: [TelemetryLogRecord] { self.told.withLock { $0 } }

    /// The first of this name.
    ///
    /// - Throws: `NoSuchSpan`.
    package func span(_ name: String) throws -> FinishedSpan {
        let spans = self.spans
        guard let span = spans.first(where: { $0.name == name }) else {
            throw NoSuchSpan(name: name, known: spans.map(\.name))
        }
        return span
    }

    package func tracer(
        sampler: SamplerKind = .standard, limits: SpanLimits = .standard,
        propagators: [TelemetrySettings.Propagator] = [.tracecontext, .baggage], now clock: TraceClock = .system,
        intake: SpanIntake = .open
    ) -> TelemetryTracer {
        TelemetryTracer(
            sampler: sampler, limits: limits, propagators: propagators, now: clock, intake: intake,
            onException: { self.take($0) },
            onEnd: { span in self.ended.withLock { $0.append(span) } })
    }

    /// Takes what others tell of errors, such as a `LogSink`.
    package func take(_ record: TelemetryLogRecord) { self.told.withLock { $0.append(record) } }
}

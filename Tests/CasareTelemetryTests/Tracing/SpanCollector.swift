import CasareDomain
@testable import CasareTelemetry
import Instrumentation
import Synchronization
import Testing
import Tracing

/// Takes what tracers hand on.
final class SpanCollector: Sendable {
    private let ended = Mutex<[FinishedSpan]>([])
    private let told = Mutex<[TelemetryLogRecord]>([])

    /// In the order in which they ended.
    var spans: [FinishedSpan] { self.ended.withLock { $0 } }
    var exceptions: [TelemetryLogRecord] { self.told.withLock { $0 } }

    func span(_ name: String) throws -> FinishedSpan { try #require(self.spans.first { $0.name == name }) }

    func tracer(
        sampler: SamplerKind = .standard, limits: SpanLimits = .standard,
        propagators: [TelemetrySettings.Propagator] = [.tracecontext, .baggage], now clock: TraceClock = .system
    ) -> TelemetryTracer {
        TelemetryTracer(
            sampler: sampler, limits: limits, propagators: propagators, now: clock,
            onException: { record in self.told.withLock { $0.append(record) } },
            onEnd: { span in self.ended.withLock { $0.append(span) } })
    }
}

/// Two clocks that stand still until they are moved.
final class SpanClock: Sendable {
    private let wall: Atomic<UInt64>
    private let steady = Atomic<UInt64>(7)

    init(wall: UInt64 = 1_700_000_000_000_000_000) { self.wall = Atomic(wall) }

    var clock: TraceClock {
        TraceClock(
            wall: { self.wall.load(ordering: .relaxed) }, steady: { self.steady.load(ordering: .relaxed) })
    }

    /// As `DefaultTracerClock` would say it.
    var now: DefaultTracerClock.Timestamp {
        DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: self.wall.load(ordering: .relaxed))
    }

    func pass(_ nanoseconds: UInt64) {
        self.wall.wrappingAdd(nanoseconds, ordering: .relaxed)
        self.steady.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    /// Somebody sets the wall's clock.
    func set(wall: UInt64) { self.wall.store(wall, ordering: .relaxed) }
}

/// Headers as a dictionary.
struct Headers: Injector, Extractor {
    typealias Carrier = [String: String]

    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }

    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}

/// Places in traces, for whoever needs some.
enum Places {
    static let trace = "0af7651916cd43dd8448eb211c80319c"
    static let span = "b7ad6b7169203331"

    static func carrier(flags: String = "01", state: String? = nil, baggage: String? = nil) throws -> TraceCarrier {
        try #require(
            TraceCarrier(traceparent: "00-\(Self.trace)-\(Self.span)-\(flags)", tracestate: state, baggage: baggage))
    }
}

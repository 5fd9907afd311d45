import CasareDomain
@testable import CasareOTLP
import CasareTelemetry
import FoundationEssentials
import Logging
import OTLPProtos
import Synchronization

/// What the tests write.
enum Sample {
    static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    static let origin = OTLPOrigin(
        Resource(attributes: ["service.name": "casare-robot", "process.pid": .int(7)]), version: "1.2.3")
    static let trace = "0af7651916cd43dd8448eb211c80319c"
    static let span = "b7ad6b7169203331"
    static let other = "00f067aa0ba902b7"

    /// - Parameter flags: two digits.
    static func context(span: String = Self.span, flags: String = "01", state: String? = nil) -> TraceContext {
        guard let context = TraceContext(traceparent: "00-\(Self.trace)-\(span)-\(flags)", tracestate: state) else {
            preconditionFailure("\(span) is no span")
        }
        return context
    }

    static func span(
        _ name: String = "work", kind: FinishedSpan.Kind = .internal, status: FinishedSpan.Status = .unset,
        attributes: [AttributeKey: AttributeValue] = [:]
    ) -> FinishedSpan {
        FinishedSpan(
            name: name, kind: kind, context: Self.context(), parent: nil, isParentRemote: false,
            startedAt: 1_000_000_000, endedAt: 3_500_000_000, attributes: attributes, status: status)
    }

    static func record(_ body: String, scope: String = "casare", context: TraceContext? = nil) -> TelemetryLogRecord {
        TelemetryLogRecord(severity: 9, severityText: "info", at: 5, body: body, context: context, scope: scope)
    }

    /// As OTLP writes IDs.
    static func data(_ hex: String) -> Data {
        var digits = Substring(hex)
        var bytes: [UInt8] = []
        while let byte = UInt8(digits.prefix(2), radix: 16) {
            bytes.append(byte)
            digits = digits.dropFirst(2)
        }
        return Data(bytes)
    }

    static func meter(_ instrument: Instrument, _ type: String) -> (meter: ExporterMeter, registry: MetricRegistry) {
        let registry = MetricRegistry(logger: Self.quiet)
        return (ExporterMeter(instrument, of: type, in: registry), registry)
    }
}

/// A collector that answers as it is told, and a clock that goes on only where somebody waits.
final class ScriptedCollector: Sendable {
    private struct State {
        var answers: [Result<PartialSuccess?, OTLPFailure>]
        var requests: [[UInt8]] = []
        var timeouts: [Duration] = []
        var waits: [Duration] = []
        var now = ContinuousClock.now
    }

    private let state: Mutex<State>
    /// How long each call takes.
    private let callTime: Duration

    /// - Parameter answers: one after the other; after them everything is taken.
    init(_ answers: [Result<PartialSuccess?, OTLPFailure>] = [], callTime: Duration = .zero) {
        self.state = Mutex(State(answers: answers))
        self.callTime = callTime
    }

    var requests: [[UInt8]] { self.state.withLock { $0.requests } }
    var timeouts: [Duration] { self.state.withLock { $0.timeouts } }
    var waits: [Duration] { self.state.withLock { $0.waits } }

    func exporter<Payload: OTLPPayload>(
        _ payload: Payload, timeout: Duration? = .seconds(10), bytesMax: Int = 1 << 20, meter: ExporterMeter
    ) -> OTLPExporter<Payload> {
        OTLPExporter(
            payload, timeout: timeout, meter: meter,
            troubles: ExporterTroubles(Payload.signal, to: "test", logger: Sample.quiet), bytesMax: bytesMax,
            now: { self.state.withLock { $0.now } },
            sleep: { time in
                self.state.withLock { state in
                    state.waits.append(time)
                    state.now += time
                }
            },
            send: { request, timeout in
                self.state.withLock { state in
                    state.requests.append(request)
                    state.timeouts.append(timeout)
                    state.now += self.callTime
                    return state.answers.isEmpty ? .success(nil) : state.answers.removeFirst()
                }
            })
    }
}

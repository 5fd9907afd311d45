import CasareTelemetry
import CasareWire
import FoundationEssentials

/// How the background loops are doing.
struct LoopMetrics: Sendable {
    private let duration: Histogram
    private let itemErrors: Counter<Int>
    private let lastSuccess: Gauge<Double>

    init(_ registry: MetricRegistry) {
        self.duration = registry.histogram(.loopDuration)
        self.itemErrors = registry.counter(.loopItemErrors)
        self.lastSuccess = registry.gauge(.loopLastSuccess, of: Double.self)
    }

    func succeeded(_ loop: String, after duration: Duration, at now: Date = Date()) {
        self.duration.record(duration, [.loop: .string(loop)])
        self.itemErrors.series([.loop: .string(loop)])
        self.lastSuccess.set(now.timeIntervalSince1970, [.loop: .string(loop)])
    }

    /// A round that left some of its work for later has failed, and so has each piece of that.
    func failed(_ loop: String, after duration: Duration, _ error: any Error) {
        self.duration.record(duration, [.loop: .string(loop), .errorType: .errorType(of: error)])
        guard let partial = error as? PartialFailure else { return }
        for item in partial.errors {
            self.itemErrors.add(1, [.loop: .string(loop), .errorType: .errorType(of: item)])
        }
    }
}

extension AttributeValue {
    /// The code that the API has for an error, in small letters: there are few of them.
    static func errorType(of error: any Error) -> AttributeValue {
        let cause = (error as? PartialFailure)?.errors.first ?? error
        return .string(APIProblem(cause).code.rawValue.lowercased())
    }
}

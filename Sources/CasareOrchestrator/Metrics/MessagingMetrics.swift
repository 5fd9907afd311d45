import CasareDomain
import CasareTelemetry
import CasareWire

/// Jobs that are submitted, as messages that are sent, by the conventions of OpenTelemetry.
struct MessagingMetrics: Sendable {
    private let sent: Counter<Int>
    private let operations: Histogram

    init(_ registry: MetricRegistry) {
        self.sent = registry.counter(.messagesSent)
        self.operations = registry.histogram(.messagingOperationDuration)
    }

    /// The jobs of one request are there, found ones included: each was sent.
    func submitted(_ requests: [SubmitJobRequest], took duration: Duration) {
        let queues = Self.byQueue(requests)
        for (queue, count) in queues { self.sent.add(count, Self.sent(.string(queue), nil)) }
        self.operations.record(duration, Self.operation(queues.count == 1 ? queues.first?.key : nil, nil))
    }

    /// None of them are there.
    ///
    /// A queue that a refused request names stands only in it, and anybody may write any name: it is not counted by.
    func failed(_ requests: [SubmitJobRequest], _ error: any Error, took duration: Duration) {
        let problem = APIProblem(error)
        let type = AttributeValue.string(problem.code.rawValue.lowercased())
        guard problem.code.status >= 500 else {
            self.sent.add(requests.count, Self.sent(nil, type))
            self.operations.record(duration, Self.operation(nil, type))
            return
        }
        let queues = Self.byQueue(requests)
        for (queue, count) in queues { self.sent.add(count, Self.sent(.string(queue), type)) }
        self.operations.record(duration, Self.operation(queues.count == 1 ? queues.first?.key : nil, type))
    }

    private static func byQueue(_ requests: [SubmitJobRequest]) -> [String: Int] {
        requests.reduce(into: [:]) { $0[$1.environment, default: 0] += 1 }
    }

    private static func sent(_ queue: AttributeValue?, _ error: AttributeValue?) -> Attributes {
        [.messagingSystem: "casare", .messagingOperation: "submit", .queue: queue, .errorType: error]
    }

    /// - Parameter queue: `nil` for a batch that is for several.
    private static func operation(_ queue: String?, _ error: AttributeValue?) -> Attributes {
        [
            .messagingSystem: "casare", .messagingOperation: "submit", .messagingOperationType: "send",
            .queue: queue.map(AttributeValue.string), .errorType: error,
        ]
    }
}

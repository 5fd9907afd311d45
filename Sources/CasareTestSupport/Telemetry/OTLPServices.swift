import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import OTLPProtos
import SwiftProtobuf

/// The three services of OTLP. There is no generated code for servers, so the methods are registered by hand.
struct OTLPServices: Sendable {
    private typealias Traces = Opentelemetry_Proto_Collector_Trace_V1_TraceService.Method.Export
    private typealias Metrics = Opentelemetry_Proto_Collector_Metrics_V1_MetricsService.Method.Export
    private typealias Logs = Opentelemetry_Proto_Collector_Logs_V1_LogsService.Method.Export

    let record: OTLPRecord
    /// What requests must bring.
    let metadata: [String: String]

    /// What is said beside that a request was taken.
    private struct Remark {
        var rejected = 0
        var message = ""
    }

    func router() -> RPCRouter<HTTP2ServerTransport.Posix> {
        var router = RPCRouter<HTTP2ServerTransport.Posix>()
        self.register(Traces.descriptor, with: &router) {
            (request: Traces.Input, call: Call) async throws -> Traces.Output in
            let count = request.resourceSpans.flatMap(\.scopeSpans).map(\.spans.count).reduce(0, +)
            let remark = try await self.answer(.traces, request, count, call) { $0.spans += $0.validator.take(request) }
            return Traces.Output.with { output in
                guard let remark else { return }
                output.partialSuccess.rejectedSpans = Int64(remark.rejected)
                output.partialSuccess.errorMessage = remark.message
            }
        }
        self.register(Metrics.descriptor, with: &router) {
            (request: Metrics.Input, call: Call) async throws -> Metrics.Output in
            let count = request.resourceMetrics.flatMap(\.scopeMetrics).flatMap(\.metrics).map(Self.points).reduce(0, +)
            let remark = try await self.answer(.metrics, request, count, call) {
                $0.points += $0.validator.take(request)
            }
            return Metrics.Output.with { output in
                guard let remark else { return }
                output.partialSuccess.rejectedDataPoints = Int64(remark.rejected)
                output.partialSuccess.errorMessage = remark.message
            }
        }
        self.register(Logs.descriptor, with: &router) {
            (request: Logs.Input, call: Call) async throws -> Logs.Output in
            let count = request.resourceLogs.flatMap(\.scopeLogs).map(\.logRecords.count).reduce(0, +)
            let remark = try await self.answer(.logs, request, count, call) {
                $0.logRecords += $0.validator.take(request)
            }
            return Logs.Output.with { output in
                guard let remark else { return }
                output.partialSuccess.rejectedLogRecords = Int64(remark.rejected)
                output.partialSuccess.errorMessage = remark.message
            }
        }
        return router
    }

    private static func points(_ metric: Opentelemetry_Proto_Metrics_V1_Metric) -> Int {
        switch metric.data {
        case .gauge(let data): data.dataPoints.count
        case .sum(let data): data.dataPoints.count
        case .histogram(let data): data.dataPoints.count
        case .exponentialHistogram(let data): data.dataPoints.count
        case .summary(let data): data.dataPoints.count
        case nil: 0
        }
    }

    /// What is known of a request beside its message.
    private struct Call: Sendable {
        let metadata: [String: String]
        let context: ServerContext
    }

    private func register<Input: SwiftProtobuf.Message, Output: SwiftProtobuf.Message>(
        _ method: MethodDescriptor, with router: inout RPCRouter<HTTP2ServerTransport.Posix>,
        _ answer: @escaping @Sendable (Input, Call) async throws -> Output
    ) {
        router.registerHandler(
            forMethod: method, deserializer: ProtobufDeserializer<Input>(), serializer: ProtobufSerializer<Output>()
        ) { request, context in
            let request = try await ServerRequest(stream: request)
            let output = try await answer(
                request.message, Call(metadata: Self.texts(request.metadata), context: context))
            return StreamingServerResponse(single: ServerResponse(message: output))
        }
    }

    /// Without those that are HTTP's own, which begin with a colon.
    private static func texts(_ metadata: Metadata) -> [String: String] {
        Dictionary(
            metadata.filter { !$0.key.hasPrefix(":") }.map { ($0.key.lowercased(), $0.value.encoded()) },
            uniquingKeysWith: { "\($0), \($1)" })
    }

    // MARK: - One request

    /// - Returns: `nil`: it was taken, and there is nothing to be said.
    private func answer(
        _ signal: OTLPReceiver.Signal, _ message: some SwiftProtobuf.Message, _ items: Int, _ call: Call,
        take: (inout OTLPRecord.State) -> Void
    ) async throws -> Remark? {
        let bytes: [UInt8] = try message.serializedBytes()
        let isKnown = self.metadata.allSatisfy { call.metadata[$0.key] == $0.value }
        let fault = self.record.change { state -> OTLPReceiver.Fault? in
            let fault = isKnown ? state.takeFault(signal) : OTLPReceiver.Fault.status(.unauthenticated)
            state.attempts.append(
                OTLPReceiver.Attempt(
                    signal: signal, at: ContinuousClock.now, items: items, bytes: bytes.count, fault: fault,
                    metadata: call.metadata, peer: call.context.remotePeer))
            return fault
        }
        var remark: Remark?
        switch fault {
        case nil: break
        case .status(let code, let delay): throw code.error(retryAfter: delay)
        case .partial(let rejected, let message): remark = Remark(rejected: rejected, message: message)
        case .warning(let message): remark = Remark(message: message)
        case .delay(let delay): try await Task.sleep(for: delay)
        case .hold: try await self.hold(call.context)
        case .hang:
            try await call.context.cancellation.cancelled
            throw OTLPReceiver.Code.deadlineExceeded.error()
        case .disconnect:
            self.record.disconnect()
            throw OTLPReceiver.Code.unavailable.error()
        }
        self.record.change(take)
        return remark
    }

    /// Waits until the test lets it go on, or the program gives up.
    private func hold(_ context: ServerContext) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.record.wait { $0.isHolding ? .none : .some(()) } }
            group.addTask {
                try await context.cancellation.cancelled
                throw OTLPReceiver.Code.deadlineExceeded.error()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

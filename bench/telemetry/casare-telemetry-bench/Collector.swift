import CasareTestSupport
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import OTLPProtos

/// Serves OTLP on loopback as its mode wants it.
struct Collector: Sendable {
    private typealias Traces = Opentelemetry_Proto_Collector_Trace_V1_TraceService.Method.Export
    private typealias Metrics = Opentelemetry_Proto_Collector_Metrics_V1_MetricsService.Method.Export
    private typealias Logs = Opentelemetry_Proto_Collector_Logs_V1_LogsService.Method.Export

    let mode: CollectorMode
    let tally: Tally

    /// Serves until its task is cancelled.
    ///
    /// - Parameters:
    ///   - port: 0 takes any free one.
    ///   - onListening: told the port.
    /// - Throws: when it cannot listen.
    func serve(port: Int, onListening: @escaping @Sendable (Int) -> Void) async throws {
        switch self.mode {
        case .good, .hang, .refuse, .exhausted: try await self.serveCalls(port: port, onListening)
        case .silent: try await Self.serve(.silence, port: port, onListening)
        case .garbage: try await Self.serve(.garbage, port: port, onListening)
        }
    }

    private static func serve(
        _ behaviour: OTLPBrokenServer.Behaviour, port: Int, _ onListening: @escaping @Sendable (Int) -> Void
    ) async throws {
        try await OTLPBrokenServer.with(behaviour, port: port) { server -> Void in
            onListening(server.port)
            // Nothing else ends it than the end of the process.
            while true { try await Task.sleep(for: .seconds(3600)) }
        }
    }

    // MARK: - gRPC

    private func serveCalls(port: Int, _ onListening: @escaping @Sendable (Int) -> Void) async throws {
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: port), transportSecurity: .plaintext,
            config: .defaults { config in config.compression.enabledAlgorithms = .all })
        let server = GRPCServer(transport: transport, router: self.router())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.serve() }
            let bound: Int
            do {
                bound = try await transport.listeningAddress.ipv4?.port ?? 0
            } catch {
                // Why it does not listen is what the server says.
                try await group.waitForAll()
                throw error
            }
            onListening(bound)
            try await group.waitForAll()
        }
    }

    private func router() -> RPCRouter<HTTP2ServerTransport.Posix> {
        var router = RPCRouter<HTTP2ServerTransport.Posix>()
        self.register(Traces.descriptor, .spans, with: &router)
        self.register(Metrics.descriptor, .points, with: &router)
        self.register(Logs.descriptor, .logRecords, with: &router)
        return router
    }

    private func register(
        _ method: MethodDescriptor, _ cargo: Cargo, with router: inout RPCRouter<HTTP2ServerTransport.Posix>
    ) {
        router.registerHandler(
            forMethod: method, deserializer: ItemCount(cargo: cargo), serializer: Taken()
        ) { request, context in
            let request = try await ServerRequest(stream: request)
            self.tally.change { $0.requests += 1 }
            try await self.misbehave(context)
            self.take(request.message, cargo)
            return StreamingServerResponse(single: ServerResponse(message: Taken.Answer()))
        }
    }

    /// - Throws: what the other side is to be told instead.
    private func misbehave(_ context: ServerContext) async throws {
        switch self.mode {
        case .good, .silent, .garbage: break
        case .hang:
            try await context.cancellation.cancelled
            throw RPCError(code: .deadlineExceeded, message: "Nobody has answered")
        case .refuse: throw RPCError(code: .unavailable, message: "The benchmark wants this to fail")
        case .exhausted:
            throw RPCError(
                GoogleRPCStatus(
                    code: .resourceExhausted, message: "The benchmark wants this to fail",
                    details: .retryInfo(delay: CollectorMode.retryDelay)))
        }
    }

    private func take(_ found: ItemCount.Found, _ cargo: Cargo) {
        self.tally.change { counts in
            counts.bytes += found.bytes
            switch cargo {
            case .spans: counts.spans += found.items
            case .points: counts.points += found.items
            case .logRecords: counts.logRecords += found.items
            }
        }
    }
}

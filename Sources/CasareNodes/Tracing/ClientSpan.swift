import CasareEngine
import Tracing

/// A span of what a node has a server do.
///
/// It tells who was asked, for what in few words, and how that ended. What the node was given and what came back are not
/// in it, and messages of errors are not either: they repeat both.
struct ClientSpan: Sendable {
    private let span: any Span

    init(_ name: String, by tracer: any Tracer) { self.span = tracer.startSpan(name, ofKind: .client) }

    /// What is done within it belongs here.
    var context: ServiceContext { self.span.context }

    func describe(_ change: (inout SpanAttributes) -> Void) {
        if self.span.isRecording { self.span.updateAttributes(change) }
    }

    /// The server answered that it did not do it.
    ///
    /// - Parameter errorType: in few words.
    func failed(_ errorType: String) {
        self.describe { $0["error.type"] = errorType }
        self.span.setStatus(SpanStatus(code: .error))
    }

    /// - Parameter error: why it was not done. What the server said of that counts for more.
    func end(after error: (any Error)? = nil) {
        if let error, self.span.isRecording, self.span.attributes.get("error.type") == nil {
            self.failed(Self.errorType(of: error))
        }
        self.span.end()
    }

    private static func errorType(of error: any Error) -> String {
        switch error {
        case let failure as NodeFailure: failure.type
        case let failure as TransportFailure: failure.failure.type
        case let failure as ServiceFailure: failure.failure.type
        case let error as DatabaseError: error.kind
        case is OutcomeUnknown: "OutcomeUnknown"
        case is CancellationError: "CancellationError"
        // As the conventions call what has no name.
        default: "_OTHER"
        }
    }
}

extension NodeEnvironment {
    /// Does something in a span of its own.
    func traced<Result>(
        _ name: String, _ describe: (inout SpanAttributes) -> Void, _ work: () async throws -> Result
    ) async throws -> Result {
        let span = ClientSpan(name, by: self.tracer)
        span.describe(describe)
        do {
            let result = try await work()
            span.end()
            return result
        } catch {
            span.end(after: error)
            throw error
        }
    }

    /// Does what the server of a host does for a node.
    ///
    /// - Parameter name: the protocol.
    func traced<Result>(
        _ name: String, at host: HostName, _ work: () async throws -> Result
    ) async throws -> Result {
        try await self.traced(name, { $0["server.address"] = self.masked(host.text) }, work)
    }
}

import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// A client of gRPC, for as long as nothing speaks for another one.
final class OTLPConnection: Sendable {
    let client: GRPCClient<HTTP2ClientTransport.Posix>
    private let closing = AsyncStream.makeStream(of: Void.self)

    /// For requests that are under way when it is closed.
    private static let closingMax = Duration.milliseconds(250)

    /// - Throws: where a file of TLS cannot be used.
    init(_ transport: OTLPTransport) throws {
        let made = try transport.make()
        self.client = GRPCClient(transport: made)
    }

    /// Connects, and connects again when a connection is lost, until it is closed or the task is cancelled. Then it ends
    /// soon, within `closingMax`.
    func run() async {
        let client = self.client
        let ended = AsyncStream.makeStream(of: Void.self)
        // No child: the look-up of a name and an attempt to connect cannot be cancelled, and where nobody answers they
        // take ten seconds and more. No program waits for that at its end. It is cancelled below, and ends by itself.
        let connections = Task {
            // It throws only where it was closed before it began.
            try? await client.runConnections()
            ended.continuation.finish()
        }
        for await _ in self.closing.stream {}
        client.beginGracefulShutdown()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in ended.stream {} }
            group.addTask { try? await Task.sleep(for: Self.closingMax) }  // Cancelled: it waits no longer.
            _ = await group.next()
            group.cancelAll()
        }
        connections.cancel()
    }

    /// What is under way has `closingMax` to end; nothing new begins.
    func close() { self.closing.continuation.finish() }
}

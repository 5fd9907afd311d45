import NIOCore
import Synchronization

/// One client's connection, as far as those who wait on it want to know: whether anybody still is there.
final class ClientConnection: Sendable {
    private struct State {
        var isClosed = false
        /// Of the request that waits now: a connection carries one request at a time.
        var seat: Seat?
    }

    private let state = Mutex(State())

    /// The client has closed it, or its sending half.
    var isClosed: Bool { self.state.withLock { $0.isClosed } }

    /// Wakes the seat when the client goes away while `body` runs.
    func waking<R>(_ seat: Seat, _ body: () async throws -> R) async rethrows -> R {
        self.state.withLock { $0.seat = seat }
        defer { self.state.withLock { $0.seat = nil } }
        return try await body()
    }

    fileprivate func close() {
        let seat = self.state.withLock { state in
            state.isClosed = true
            return state.seat
        }
        seat?.wake()
    }
}

/// The connections that are open, found by their channels.
final class ClientConnections: Sendable {
    private let open = Mutex<[ObjectIdentifier: ClientConnection]>([:])

    func connection(of channel: any Channel) -> ClientConnection? {
        self.open.withLock { $0[ObjectIdentifier(channel)] }
    }

    /// To be put into the pipeline of every new channel.
    func watcher() -> any RemovableChannelHandler { Watcher(connections: self) }

    private func opened(_ channel: any Channel) -> ClientConnection {
        let connection = ClientConnection()
        self.open.withLock { $0[ObjectIdentifier(channel)] = connection }
        return connection
    }

    private func closed(_ channel: any Channel) {
        self.open.withLock { $0[ObjectIdentifier(channel)] = nil }
    }

    private final class Watcher: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = NIOAny

        private let connections: ClientConnections
        private var connection: ClientConnection?

        init(connections: ClientConnections) { self.connections = connections }

        func handlerAdded(context: ChannelHandlerContext) {
            self.connection = self.connections.opened(context.channel)
        }

        func handlerRemoved(context: ChannelHandlerContext) {
            self.connection?.close()
            self.connections.closed(context.channel)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event as? ChannelEvent == .inputClosed { self.connection?.close() }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.connection?.close()
            context.fireChannelInactive()
        }
    }
}

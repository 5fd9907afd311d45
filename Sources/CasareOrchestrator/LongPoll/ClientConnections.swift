import NIOCore
import Synchronization

/// One client's connection, as far as those who wait on it want to know: whether anybody still is there.
final class ClientConnection: Sendable {
    private struct State {
        var isClosed = false
        /// Of the request that waits now: a connection carries one request at a time.
        var seat: Seat?
        /// Cancels the request that runs now, when it is one that may be cancelled.
        var cancel: (@Sendable () -> Void)?
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

    /// Runs `body` and cancels it when the client goes away: it would work for nobody.
    func whileOpen<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
        // A task of its own, awaited at once, because a child task cannot be cancelled without its parent.
        let task = Task { try await body() }
        let isClosed = self.state.withLock { state in
            state.cancel = { task.cancel() }
            return state.isClosed
        }
        defer { self.state.withLock { $0.cancel = nil } }
        if isClosed { task.cancel() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    fileprivate func close() {
        let (seat, cancel) = self.state.withLock { state in
            state.isClosed = true
            return (state.seat, state.cancel)
        }
        seat?.wake()
        cancel?()
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

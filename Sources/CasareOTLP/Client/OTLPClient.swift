import CasareTelemetry
import GRPCCore
import GRPCProtobuf
import SwiftProtobuf
import Synchronization

/// Calls one collector. Signals that go to the same place in the same way share one.
///
/// It does nothing by itself: `run()` keeps its connection, and what is asked of it before waits until that runs.
final class OTLPClient: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct State {
        var connection: OTLPConnection?
        var health = ConnectionHealth()
        var lastCalls = LastCalls()
        var isClosed = false
        /// Of those who wait to call again: finished when the client is closed.
        var waiting: [Int: AsyncStream<Void>.Continuation] = [:]
        var waitsBegun = 0
    }

    private let transport: OTLPTransport
    private let metadata: Metadata
    private let state = Mutex(State())
    /// The last one alone: what came before it is closed already.
    private let opened = AsyncStream.makeStream(of: OTLPConnection.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameter version: of Casare, for whoever reads the collector's log.
    init(_ settings: OTLPSettings, version: String) {
        self.transport = OTLPTransport(settings: settings)
        self.metadata = self.transport.metadata(version: version)
    }

    /// Where it calls, for people.
    var place: String { "\(self.transport.settings.host):\(self.transport.settings.port)" }

    /// Keeps the connection until the client is closed or the task is cancelled, and ends soon then.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await connection in self.opened.stream { group.addTask { await connection.run() } }
        }
        self.close()
    }

    /// The process ends: what still waits is sent, and nobody waits for a collector that is not there.
    func endBegan() {
        let waiting = self.state.withLock { state in
            state.lastCalls.endBegan(at: .now) ? Array(state.waiting.values) : []
        }
        for wait in waiting { wait.finish() }
    }

    /// What is under way has a moment to end. Calls fail from now on, and nobody waits to call again.
    func close() {
        let (connection, waiting) = self.state.withLock { state in
            state.isClosed = true
            return (state.connection, Array(state.waiting.values))
        }
        for wait in waiting { wait.finish() }
        connection?.close()
        self.opened.continuation.finish()
    }

    /// Returns after the time, and at once where the client is closed. When the end begins and nobody was reached it
    /// returns, too.
    ///
    /// - Throws: when its task is cancelled.
    func sleep(for time: Duration) async throws {
        let end = AsyncStream.makeStream(of: Void.self)
        let number = self.state.withLock { state -> Int? in
            guard !state.isClosed else { return nil }
            state.waitsBegun += 1
            state.waiting[state.waitsBegun] = end.continuation
            return state.waitsBegun
        }
        guard let number else { return }
        defer { self.state.withLock { $0.waiting[number] = nil } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Task.sleep(for: time) }
            group.addTask { for await _ in end.stream {} }
            _ = try await group.next()
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    // MARK: Calls

    /// Sends bytes that are a message already, once.
    ///
    /// - Parameter timeout: then it fails with `DEADLINE_EXCEEDED`, if not before. Cancelled it ends soon.
    func call<Response: SwiftProtobuf.Message>(
        _ method: MethodDescriptor, _ request: [UInt8], for _: Response.Type, timeout: Duration
    ) async -> Result<Response, OTLPFailure> {
        let start = Instant.now
        let connection: OTLPConnection
        switch self.connection() {
        case .success(let current): connection = current
        case .failure(let failure): return .failure(failure)
        }
        do {
            let response = try await connection.client.unary(
                request: ClientRequest(message: request, metadata: self.metadata), descriptor: method,
                serializer: ReadyBytes(), deserializer: ProtobufDeserializer<Response>(),
                options: self.transport.options(timeout: timeout)
            ) { response in
                try response.message
            }
            self.state.withLock { state in
                state.health.answered()
                state.lastCalls.reached()
            }
            return .success(response)
        } catch {
            var failure = OTLPFailure(error)
            // Whoever was told to stop has learned nothing of the connection.
            if !Task.isCancelled { failure.isLast = self.learn(from: failure, of: connection, since: start) }
            return .failure(failure)
        }
    }

    /// The one there is, or a new one.
    private func connection() -> Result<OTLPConnection, OTLPFailure> {
        self.state.withLock { state in
            if state.isClosed { return .failure(.closed) }
            if let connection = state.connection { return .success(connection) }
            do {
                let connection = try OTLPConnection(self.transport)
                state.connection = connection
                self.opened.continuation.yield(connection)
                return .success(connection)
            } catch {
                // The next call tries it again: somebody may have put the file right.
                return .failure(OTLPFailure(.failedPrecondition, "\(error)"))
            }
        }
    }

    /// - Returns: whether the call was the last one that is tried.
    private func learn(from failure: OTLPFailure, of connection: OTLPConnection, since start: Instant) -> Bool {
        let (isGivenUp, isLast) = self.state.withLock { state in
            let isLast = failure.hasReachedNobody && state.lastCalls.reachedNobody(callFrom: start)
            if !failure.hasReachedNobody { state.lastCalls.reached() }
            guard state.connection === connection else { return (false, isLast) }
            guard failure.status.mayBeOfConnection else {
                state.health.answered()
                return (false, isLast)
            }
            switch state.health.failed(callFrom: start, at: .now) {
            case .keep: return (false, isLast)
            case .renew:
                state.connection = nil
                return (true, isLast)
            }
        }
        if isGivenUp { connection.close() }
        return isLast
    }
}

/// Hands on what is written already: a request that is sent again is written once.
private struct ReadyBytes: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }
}

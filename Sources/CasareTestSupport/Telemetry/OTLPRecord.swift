import NIOCore
import Synchronization

/// Everything that an `OTLPReceiver` knows, and those who wait for more of it.
final class OTLPRecord: Sendable {
    struct State: Sendable {
        var validator: OTLPValidator
        var spans: [OTLPReceiver.Span] = []
        var points: [OTLPReceiver.Point] = []
        var logRecords: [OTLPReceiver.LogRecord] = []
        var attempts: [OTLPReceiver.Attempt] = []
        var wire = OTLPReceiver.Wire()
        var faults: [OTLPReceiver.PlannedFault] = []
        /// Whether `hold` still holds.
        var isHolding = true
        /// Open ones.
        var connections: [ObjectIdentifier: any Channel] = [:]

        /// Counts changes.
        fileprivate var version = 0
        fileprivate var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        fileprivate var waitingEver = 0

        init(_ validator: OTLPValidator) { self.validator = validator }

        /// The fault for a request, which is used up.
        mutating func takeFault(_ signal: OTLPReceiver.Signal) -> OTLPReceiver.Fault? {
            guard let index = self.faults.firstIndex(where: { $0.signal == nil || $0.signal == signal }) else {
                return nil
            }
            return self.faults.remove(at: index).fault
        }

        /// What came, for whoever waits in vain.
        fileprivate var summary: String {
            let items = "\(self.spans.count) spans, \(self.points.count) points, \(self.logRecords.count) log records"
            let ends = self.attempts.map { attempt in
                "\(attempt.signal) of \(attempt.items)\(attempt.fault.map { " (\($0))" } ?? "")"
            }
            return "\(items) came, in the exports \(ends), over \(self.wire.connections) connections"
        }
    }

    let state: Mutex<State>

    init(_ validator: OTLPValidator) { self.state = Mutex(State(validator)) }

    /// Changes the state, and wakes those who wait.
    func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, waiting) = self.state.withLock { state in
            let result = body(&state)
            state.version += 1
            let waiting = Array(state.waiting.values)
            state.waiting = [:]
            return (result, waiting)
        }
        for continuation in waiting { continuation.resume() }
        return result
    }

    // MARK: - Waiting

    /// - Throws: `NeverHappened` when time is up.
    @discardableResult
    func wait<Found: Sendable>(
        for what: String, within limit: Duration, _ look: @escaping @Sendable (State) -> Found?
    ) async throws -> Found {
        try await withThrowingTaskGroup(of: Found?.self) { group in
            group.addTask { try await self.wait(look) }
            group.addTask {
                try await Task.sleep(for: limit)
                return .none
            }
            defer { group.cancelAll() }
            // Two children: the first to end decides.
            guard let found = try await group.next()! else {
                throw NeverHappened(what: "\(what); \(self.state.withLock { $0.summary })")
            }
            return found
        }
    }

    /// Waits until there is something to be found, for as long as the task is not cancelled.
    func wait<Found: Sendable>(_ look: (State) -> Found?) async throws -> Found {
        while true {
            try Task.checkCancellation()
            let (found, version) = self.state.withLock { (look($0), $0.version) }
            if let found { return found }
            await self.waitForChange(after: version)
        }
    }

    private func waitForChange(after version: Int) async {
        let id = self.state.withLock { state in
            state.waitingEver += 1
            return state.waitingEver
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isOver = self.state.withLock { state in
                    // It may have changed, or the task been cancelled, since somebody looked.
                    guard state.version == version, !Task.isCancelled else { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }

    // MARK: - Connections

    func opened(_ channel: any Channel) {
        self.change { state in
            state.wire.connections += 1
            state.wire.connectionsOpen += 1
            state.connections[ObjectIdentifier(channel)] = channel
        }
        channel.closeFuture.whenComplete { _ in
            self.change { state in
                state.wire.connectionsOpen -= 1
                state.connections[ObjectIdentifier(channel)] = nil
            }
        }
    }

    func disconnect() {
        for channel in self.state.withLock({ Array($0.connections.values) }) { channel.close(promise: nil) }
    }
}

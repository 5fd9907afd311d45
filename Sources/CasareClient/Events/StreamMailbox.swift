import Synchronization

/// What has come over a WebSocket and nobody has taken yet. One task takes.
final class StreamMailbox: Sendable {
    enum Item: Sendable, Hashable {
        /// A whole message.
        case message([UInt8])
        /// Closed by the rules.
        case closed(code: UInt16, reason: String)
        /// The connection is gone.
        case broken
        /// The task that takes was cancelled.
        case cancelled
    }

    private struct State {
        var messages: [[UInt8]] = []
        var end: Item?
        var taker: CheckedContinuation<Item, Never>?
    }

    /// With more than these nothing is read any more, until half of them are taken.
    static let messagesMax = 1000

    private let state = Mutex(State())

    /// Whether nothing more should be read.
    var isFull: Bool { self.state.withLock { $0.messages.count >= Self.messagesMax } }
    /// Whether reading may go on after it was full.
    var isRoomy: Bool { self.state.withLock { $0.messages.count <= Self.messagesMax / 2 } }

    func put(_ message: [UInt8]) {
        let taker = self.state.withLock { state -> CheckedContinuation<Item, Never>? in
            guard let taker = state.taker else {
                state.messages.append(message)
                return nil
            }
            state.taker = nil
            return taker
        }
        taker?.resume(returning: .message(message))
    }

    /// The first end counts; what came before it is taken first.
    func end(_ item: Item) {
        let taker = self.state.withLock { state -> CheckedContinuation<Item, Never>? in
            guard state.end == nil else { return nil }
            state.end = item
            defer { state.taker = nil }
            return state.taker
        }
        taker?.resume(returning: item)
    }

    func take() async -> Item {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let item = self.state.withLock { state -> Item? in
                    if !state.messages.isEmpty { return .message(state.messages.removeFirst()) }
                    if let end = state.end { return end }
                    if Task.isCancelled { return .cancelled }
                    precondition(state.taker == nil, "Two tasks take from one mailbox")
                    state.taker = continuation
                    return nil
                }
                if let item { continuation.resume(returning: item) }
            }
        } onCancel: {
            let taker = self.state.withLock { state in
                defer { state.taker = nil }
                return state.taker
            }
            taker?.resume(returning: .cancelled)
        }
    }
}

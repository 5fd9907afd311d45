import CasareClient
import Dispatch
import FoundationEssentials
import Glibc

/// The shell around `TopState`: waits for keys, for the clock and for the server, does what the state says, and draws.
struct TopProgram: Sendable {
    private enum Event: Sendable {
        case input([UInt8])
        /// Nobody can press a key any more.
        case inputEnded
        case tick
        case resized
        case fetched(Result<TopSnapshot, CommandFailure>)
        case opened(Result<TopPage, CommandFailure>)
        case performed(Result<String, CommandFailure>)
    }

    /// More events than keys and answers can come together. The newest are kept.
    private static let eventsMax = 1000
    private static let inputBytesMax = 1024

    let source: TopSource
    let interval: Duration
    let usesColour: Bool

    /// What is under way, and what is to be asked for when it has come.
    private struct Fetching {
        var isUnderWay = false
        var isWantedAgain = false
    }

    /// Runs until a person ends it. Cancelled, it gives the terminal back and throws `CancellationError`.
    ///
    /// - Returns: how the process ends.
    func run(_ first: TopState) async throws -> ExitReason {
        var terminal = RawTerminal()
        defer { terminal.leave() }
        try terminal.enter()
        let (events, sender) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(Self.eventsMax))
        let stop = Self.watchTerminal(sender)
        defer { stop() }
        return try await withThrowingDiscardingTaskGroup { group in
            defer { group.cancelAll() }
            group.addTask {
                // Until it is cancelled.
                while (try? await Task.sleep(for: self.interval)) != nil { sender.yield(.tick) }
            }
            var state = first
            var keys = TopKeyReader()
            var fetching = Fetching()
            try self.draw(&state, &terminal)
            for await event in events {
                for reaction in Self.take(event, &state, &keys, &fetching) {
                    switch reaction {
                    case .nothing: break
                    case .fetch: self.fetch(state.request, &fetching, &group, sender)
                    case .show(let target):
                        group.addTask {
                            sender.yield(.opened(await Self.result { try await self.source.page(of: target) }))
                        }
                    case .explain(let target):
                        group.addTask {
                            sender.yield(.opened(await Self.result { try await self.source.explanation(of: target) }))
                        }
                    case .perform(let action, let reason):
                        group.addTask {
                            sender.yield(
                                .performed(
                                    await Self.result {
                                        try await action.perform(by: self.source.client, reason: reason)
                                    }))
                        }
                    case .redraw: try self.draw(&state, &terminal, isComplete: true)
                    case .suspend: try terminal.suspend()
                    case .quit(let reason): return reason
                    }
                }
                try self.draw(&state, &terminal)
            }
            throw CancellationError()
        }
    }

    /// What an event makes of the state, and what is to be done then.
    private static func take(
        _ event: Event, _ state: inout TopState, _ keys: inout TopKeyReader, _ fetching: inout Fetching
    ) -> [TopState.Reaction] {
        switch event {
        case .input(let bytes): return keys.keys(in: bytes).map { state.pressed($0) }
        case .inputEnded: return [.quit(.hungUp)]
        case .tick: return [.fetch]
        case .resized: return [.redraw]
        case .fetched(let result):
            fetching.isUnderWay = false
            switch result {
            case .success(let snapshot): state.received(snapshot)
            case .failure(let failure): state.fetchFailed(failure.message)
            }
            defer { fetching.isWantedAgain = false }
            return fetching.isWantedAgain ? [.fetch] : []
        case .opened(.success(let page)):
            state.opened(page)
            return []
        case .opened(.failure(let failure)):
            state.openingFailed(failure.message)
            return []
        case .performed(.success(let sentence)): return [state.performed(sentence)]
        case .performed(.failure(let failure)): return [state.performingFailed(failure.message)]
        }
    }

    /// One request at a time: a slow server is not asked more and more often.
    private func fetch(
        _ request: TopRequest, _ fetching: inout Fetching, _ group: inout ThrowingDiscardingTaskGroup<any Error>,
        _ sender: AsyncStream<Event>.Continuation
    ) {
        guard !fetching.isUnderWay else {
            fetching.isWantedAgain = true
            return
        }
        fetching.isUnderWay = true
        group.addTask { sender.yield(.fetched(await Self.result { try await self.source.snapshot(request) })) }
    }

    private static func result<Value: Sendable>(
        _ body: () async throws -> Value
    ) async -> Result<Value, CommandFailure> {
        do {
            return .success(try await body())
        } catch {
            return .failure(ErrorReport.failure(for: error))
        }
    }

    private func draw(
        _ state: inout TopState, _ terminal: inout RawTerminal, isComplete: Bool = false
    ) throws(CommandFailure) {
        let size = RawTerminal.size
        let screen = TopScreen(width: size.columns, height: size.lines, usesColour: self.usesColour, now: Date())
        if case .page(let page, _) = state.mode { state.clampScrolling(to: screen.scrollMax(page)) }
        try terminal.show(screen.lines(state), of: size, isComplete: isComplete)
    }

    /// Tells of keys, and of a new size of the terminal.
    ///
    /// - Returns: ends it.
    private static func watchTerminal(_ sender: AsyncStream<Event>.Continuation) -> () -> Void {
        // Reading blocks where somebody else has read first, and must not hold up tasks.
        let queue = DispatchQueue(label: "casarectl.top")
        let input = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: queue)
        input.setEventHandler {
            var bytes = [UInt8](repeating: 0, count: Self.inputBytesMax)
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            if count > 0 {
                sender.yield(.input(Array(bytes[..<count])))
            } else if count == 0 || errno != EINTR && errno != EAGAIN {
                sender.yield(.inputEnded)
            }
        }
        let resizing = DispatchSource.makeSignalSource(signal: SIGWINCH, queue: queue)
        resizing.setEventHandler { sender.yield(.resized) }
        input.resume()
        resizing.resume()
        return {
            input.cancel()
            resizing.cancel()
        }
    }
}

import Dispatch
import Glibc

/// Work that ^C or SIGTERM ends in good order.
enum Interruption {
    enum Ending<Result: Sendable>: Sendable {
        case finished(Result)
        case interrupted(ExitReason)
    }

    /// Runs `work`; the first signal cancels it, a second one kills the process as usual.
    ///
    /// - Throws: What `work` throws when no signal came.
    static func watching<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Ending<Result> {
        let (signals, continuation) = AsyncStream.makeStream(of: ExitReason.self)
        let sources = [(SIGINT, ExitReason.interrupted), (SIGTERM, .terminated)].map { number, status in
            // The default action would come before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                signal(number, SIG_DFL)
                continuation.yield(status)
            }
            source.resume()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            signal(SIGINT, SIG_DFL)
            signal(SIGTERM, SIG_DFL)
        }
        return try await withThrowingTaskGroup(of: Ending<Result>?.self) { group in
            group.addTask { .finished(try await work()) }
            group.addTask {
                for await status in signals { return .interrupted(status) }
                return nil
            }
            defer { group.cancelAll() }
            let first = try await group.next()!  // Two children: the first to end decides.
            guard let ending = first else { throw CancellationError() }
            if case .interrupted = ending {
                group.cancelAll()
                // What the cancelled work says no longer matters.
                _ = try? await group.next()
            }
            return ending
        }
    }
}

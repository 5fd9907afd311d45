import Dispatch
import Glibc
import Synchronization

/// Work that ^C, SIGTERM, a dropped connection, or a reader that has gone ends in good order.
enum Interruption {
    enum Ending<Result: Sendable>: Sendable {
        case finished(Result)
        case interrupted(ExitReason)
    }

    private enum Cause: Sendable {
        case signal(ExitReason)
        /// Nobody reads what is printed or reported any more.
        case readerGone
    }

    /// Runs `work`; the first signal cancels it, a second one kills the process as usual. When nobody reads what it
    /// prints any more it is cancelled too, and the process then ends as it would by SIGPIPE, without a word.
    ///
    /// - Throws: What `work` throws when no signal came; `QuietExit` where somebody else sees to the end of a process that
    ///   nobody reads any more.
    static func watching<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Ending<Result> {
        let (causes, continuation) = AsyncStream.makeStream(of: Cause.self, bufferingPolicy: .bufferingOldest(1))
        var watched = [(SIGINT, ExitReason.interrupted), (SIGTERM, .terminated)]
        // Under nohup the work is to outlive the terminal.
        if !Self.isIgnored(SIGHUP) { watched.append((SIGHUP, .hungUp)) }
        let sources = watched.map { number, status in
            // The default action would come before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                signal(number, SIG_DFL)
                continuation.yield(.signal(status))
            }
            source.resume()
            return source
        }
        let reader = ReaderWatch()
        let outer = StandardStreams.whenReaderIsGone {
            reader.isGone.withLock { $0 = true }
            continuation.yield(.readerGone)
        }
        defer {
            StandardStreams.whenReaderIsGone(outer)
            for source in sources { source.cancel() }
            for (number, _) in watched { signal(number, SIG_DFL) }
        }
        return try await withThrowingTaskGroup(of: First<Result>.self) { group in
            group.addTask {
                do {
                    return .result(try await work())
                } catch {
                    // It could not print: that nobody reads is all there is to it.
                    if reader.isGone.withLock({ $0 }) { return .cause(.readerGone) }
                    throw error
                }
            }
            group.addTask {
                for await cause in causes { return .cause(cause) }
                return .nothing
            }
            defer { group.cancelAll() }
            switch try await group.next()! {  // Two children: the first to end decides.
            case .result(let result): return .finished(result)
            case .nothing: throw CancellationError()
            case .cause(let cause):
                group.cancelAll()
                // What the cancelled work says no longer matters.
                _ = try? await group.next()
                switch cause {
                case .signal(let status): return .interrupted(status)
                case .readerGone:
                    StandardStreams.whenReaderIsGone(outer)
                    StandardStreams.readerIsGone()
                    throw QuietExit(.failure)
                }
            }
        }
    }

    private enum First<Result: Sendable>: Sendable {
        case result(Result)
        case cause(Cause)
        case nothing
    }

    private final class ReaderWatch: Sendable {
        let isGone = Mutex(false)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        return handler == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

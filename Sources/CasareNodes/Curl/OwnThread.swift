import CasareEngine
import Glibc
import Synchronization

/// Runs blocking work that may take long, such as transfers, each on a thread of its own.
///
/// There are as many threads as runs that are in such a step, which the robot's slots bound.
enum OwnThread {
    /// Told to the work when the task that waits for it is cancelled.
    final class Cancellation: Sendable {
        private let isRequestedFlag = Atomic(false)

        var isRequested: Bool { self.isRequestedFlag.load(ordering: .relaxed) }

        fileprivate func request() { self.isRequestedFlag.store(true, ordering: .relaxed) }
    }

    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// TLS, SSH and name look-ups need well under this.
    private static let stackBytes = 1 << 20

    /// Returns when the work has ended, also when the task is cancelled: the work looks at its `Cancellation`.
    static func run<R: Sendable>(_ work: @escaping @Sendable (Cancellation) throws -> R) async throws -> R {
        try Task.checkCancellation()
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let status = self.start { continuation.resume(with: Result { try work(cancellation) }) }
                if status != 0 {
                    continuation.resume(
                        throwing: NodeFailure(
                            "OSError", "The system refused a new thread: \(String(cString: strerror(status)))"))
                }
            }
        } onCancel: {
            cancellation.request()
        }
    }

    /// Runs short work, such as closing, also for a cancelled task, and also when the system has no more threads.
    ///
    /// - Parameter start: Starts a thread, and says 0 if it did.
    static func finish(
        _ work: @escaping @Sendable () -> Void,
        on start: (@escaping @Sendable () -> Void) -> Int32 = { OwnThread.start($0) }
    ) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let run: @Sendable () -> Void = {
                work()
                continuation.resume()
            }
            // Rather hold up the present thread for a moment than leave out what nobody would do later.
            if start(run) != 0 { self.withoutBrokenPipes(run) }
        }
    }

    /// Runs work on the present thread, whose writing to a connection that is gone must not end the process either.
    private static func withoutBrokenPipes(_ work: () -> Void) {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        var previous = sigset_t()
        pthread_sigmask(SIG_BLOCK, &signals, &previous)
        work()
        // One that was held back is taken, or it would come now: a write's signal is for its own thread (pipe(7)).
        var now = timespec()
        while sigtimedwait(&signals, nil, &now) < 0, errno == EINTR {}
        pthread_sigmask(SIG_SETMASK, &previous, nil)
    }

    /// Starts a detached thread.
    ///
    /// - Returns: 0, or what `pthread_create` says.
    private static func start(_ run: @escaping @Sendable () -> Void) -> Int32 {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, self.stackBytes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let body = Unmanaged.passRetained(Body(run))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                // OpenSSL writes to sockets without MSG_NOSIGNAL; a connection that is gone must not end the process.
                var signals = sigset_t()
                sigfillset(&signals)
                pthread_sigmask(SIG_BLOCK, &signals, nil)
                // The argument is the body that was retained for this thread alone.
                Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        if status != 0 { body.release() }
        return status
    }
}

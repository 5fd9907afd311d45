import CWipe
import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a service's process does from its beginning to its end.
package enum MainTask {
    /// Runs `body`, and ends the process with success when it returns.
    ///
    /// It is called by a `main` that is not `async` itself: by the time such a one runs, the runtime has opened files
    /// of its own.
    package static func run(_ body: @escaping @Sendable () async -> Void) -> Never {
        StandardFiles.fillGaps()
        // A program or peer that reads no more makes a write fail, and ends nothing by itself.
        signal(SIGPIPE, SIG_IGN)
        // A service is given the values of secrets, which pass through strings and buffers of libraries.
        casare_wipe_freed_memory()
        Task {
            await body()
            exit(EXIT_SUCCESS)
        }
        dispatchMain()
    }
}

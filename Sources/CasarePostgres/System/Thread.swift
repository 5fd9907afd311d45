import CLibpq
import Glibc

/// libpq, TLS and name look-ups need well under this; a pool of 100 connections then reserves 50 MiB of address space.
private let stackBytes = 512 << 10

private final class ThreadBody {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}

/// Starts a detached thread for blocking work.
///
/// - Parameter name: at most 15 bytes are shown by the system.
func startThread(named name: String, _ run: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let body = Unmanaged.passRetained(ThreadBody(name: name, run: run))
    var thread = pthread_t()
    let status = pthread_create(
        &thread, &attributes,
        { argument in
            // The argument is the body that was retained for this thread alone.
            let body = Unmanaged<ThreadBody>.fromOpaque(argument!).takeRetainedValue()
            casare_name_thread(body.name)
            body.run()
            return nil
        }, body.toOpaque())
    // Without a thread the caller would wait for ever; the process is out of memory or over its limit of threads.
    precondition(status == 0, "The system refused a new thread: \(String(cString: strerror(status)))")
}

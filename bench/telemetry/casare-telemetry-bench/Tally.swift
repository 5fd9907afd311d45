import Glibc
import Synchronization

/// What has come so far.
final class Tally: Sendable {
    struct Counts: Sendable {
        /// That came, answered or not.
        var requests = 0
        /// Of what was taken.
        var spans = 0
        var points = 0
        var logRecords = 0
        /// As they were sent, before they were compressed.
        var bytes = 0
    }

    private let counts = Mutex(Counts())

    func change(_ body: (inout Counts) -> Void) { self.counts.withLock { body(&$0) } }

    /// As JSON, with the CPU time that this process has taken, in seconds.
    var line: String {
        let now = self.counts.withLock { $0 }
        let parts = [
            #""requests":\#(now.requests)"#, #""spans":\#(now.spans)"#, #""points":\#(now.points)"#,
            #""log_records":\#(now.logRecords)"#, #""bytes":\#(now.bytes)"#,
            #""cpu_seconds":\#(Self.processorSeconds)"#,
        ]
        return "{\(parts.joined(separator: ","))}"
    }

    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

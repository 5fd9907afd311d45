import CasareSettings
import Glibc
import Synchronization

/// Results go to stdout, everything else to stderr.
package enum StandardStreams {
    /// Told that nobody reads any more, while there is work that must be ended in good order.
    private static let readerLoss = Mutex<(@Sendable () -> Void)?>(nil)
    /// Nothing is written any more: the process is about to end.
    private static let isSilent = Atomic(false)

    /// Makes the streams safe to write to: a reader that goes away makes a write fail and kills nothing by itself, and
    /// what the process was started without is filled.
    ///
    /// Call it first, before anything else opens files.
    package static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        StandardFiles.fillGaps()
    }

    /// Has `body` called when nobody reads any more, in place of the end of the process.
    ///
    /// - Returns: what was called before, which is to be put back.
    @discardableResult
    static func whenReaderIsGone(_ body: (@Sendable () -> Void)?) -> (@Sendable () -> Void)? {
        self.readerLoss.withLock { known in
            let before = known
            known = body
            return before
        }
    }

    /// Nobody reads any more: whoever waits for that is told, and where nobody does the process ends.
    static func readerIsGone() {
        guard let body = self.readerLoss.withLock(\.self) else { self.endBySignal() }
        body()
    }

    /// Has nothing written any more, to nobody: for a process that is about to end.
    static func fallSilent() { self.isSilent.store(true, ordering: .relaxed) }

    /// With what a shell says that such a process has ended.
    static let endStatus = 128 + SIGPIPE

    /// Ends the process as one ends that writes to a pipe which nobody reads.
    static func endBySignal() -> Never {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
        _exit(Self.endStatus)
    }

    /// Prints to stdout.
    ///
    /// - Throws: `.failure` when the result does not get there, such as to a full disk.
    static func print(_ text: String) throws(CommandFailure) {
        guard Self.write(text, to: STDOUT_FILENO) else {
            throw CommandFailure(.failure, "cannot write to stdout: \(String(cString: strerror(errno)))")
        }
    }

    /// Tells a person something beside the result.
    static func report(_ line: String) {
        // Nobody is left to be told that this failed.
        _ = Self.write(line + "\n", to: STDERR_FILENO)
    }

    /// Asks on stderr, without ending the line.
    static func prompt(_ question: String) {
        // Whoever does not see the question does not answer it.
        _ = Self.write(question, to: STDERR_FILENO)
    }

    /// When nobody reads any more (`casarectl job list | head`), the process ends as it would by SIGPIPE, without a
    /// word. The signal itself is ignored, because it would leave behind what a run has started.
    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        if Self.isSilent.load(ordering: .relaxed) { return false }
        var text = text
        return text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    // Somebody made the terminal non-blocking; wait until it takes more.
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&wait, 1, -1)
                } else if errno == EPIPE {
                    Self.readerIsGone()
                    return false
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}

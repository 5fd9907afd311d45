import CasareSettings
import Glibc
import Synchronization

/// Results go to stdout, everything else to stderr.
package enum StandardStreams {
    /// Told that nobody reads any more, while there is work that must be ended in good order.
    private static let readerLoss = Mutex<(@Sendable () -> Void)?>(nil)

    /// Makes the streams safe to write to: a reader that goes away makes a write fail and kills nothing by itself, and
    /// what the process was started without is filled.
    ///
    /// Call it first, before anything else opens files.
    package static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        StandardFiles.fillGaps()
    }

    /// Has `body` called when nobody reads any more, in place of the end of the process.
    static func whenReaderIsGone(_ body: (@Sendable () -> Void)?) { self.readerLoss.withLock { $0 = body } }

    /// Ends the process as one ends that writes to a pipe which nobody reads.
    static func endBySignal() -> Never {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
        _exit(128 + SIGPIPE)
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
                    guard let body = Self.readerLoss.withLock(\.self) else { Self.endBySignal() }
                    body()
                    return false
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}

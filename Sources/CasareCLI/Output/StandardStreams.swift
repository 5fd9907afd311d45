import Glibc

/// Results go to stdout, everything else to stderr.
enum StandardStreams {
    /// Prints to stdout. When nobody reads any more (`casarectl job list | head`), the process ends as it would by
    /// SIGPIPE, without a word: networking code has that signal ignored, so that the write fails instead.
    static func print(_ text: String) {
        if !Self.write(text, to: STDOUT_FILENO), errno == EPIPE {
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
        }
    }

    /// Tells a person something beside the result.
    static func report(_ line: String) {
        _ = Self.write(line + "\n", to: STDERR_FILENO)
    }

    /// Asks on stderr, without ending the line.
    static func prompt(_ question: String) {
        _ = Self.write(question, to: STDERR_FILENO)
    }

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
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}

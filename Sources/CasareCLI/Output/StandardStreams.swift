import Glibc

/// Results go to stdout, everything else to stderr.
enum StandardStreams {
    /// Gives the streams that this process was started without to nobody. Otherwise the next file or connection that is
    /// opened would get such a number, and what is printed would go there.
    ///
    /// Call it first. Reading from them and writing to them then fails, as it should.
    static func fillGaps() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is taken: this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
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

    /// When nobody reads any more (`casarectl job list | head`), the process ends as it would by SIGPIPE, without a word:
    /// networking code has that signal ignored, so that the write fails instead.
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
                    signal(SIGPIPE, SIG_DFL)
                    raise(SIGPIPE)
                    return false
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}

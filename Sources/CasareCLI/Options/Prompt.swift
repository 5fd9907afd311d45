import Glibc

/// Questions to a person: asked on stderr, answered on stdin.
enum Prompt {
    /// - Returns: The line without its end, or `nil` at the end of the input.
    static func ask(_ question: String) -> String? {
        StandardStreams.prompt(question)
        return readLine()
    }

    /// Asks for a secret without showing it.
    ///
    /// The terminal passes every key on while this waits, ^C too: a process that dies by the signal would leave the
    /// terminal without echo.
    static func secret(_ question: String) throws(CommandFailure) -> String? {
        StandardStreams.prompt(question)
        var saved = termios()
        guard tcgetattr(STDIN_FILENO, &saved) == 0 else { return readLine() }
        var silent = saved
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved)
            StandardStreams.report("")
        }
        var bytes: [UInt8] = []
        while true {
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count == 1 else { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
            switch byte {
            case 0x0A, 0x0D: return String(decoding: bytes, as: UTF8.self)
            case 0x03: throw CommandFailure(.interrupted, "interrupted")  // ^C
            case 0x04 where bytes.isEmpty: return nil  // ^D
            case 0x08, 0x7F: _ = bytes.popLast()
            case 0x15: bytes.removeAll()  // ^U
            default: bytes.append(byte)
            }
        }
    }
}

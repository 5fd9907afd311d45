import Glibc

/// The terminal of stdin and stdout, lent to a program that draws on all of it and reads every key.
///
/// Whoever enters it leaves it on every way out: a terminal that stays as it is here shows nothing of what is typed.
struct RawTerminal {
    struct Size: Hashable, Sendable {
        let columns: Int
        let lines: Int
    }

    /// Of a terminal that does not know its own size.
    private static let sizeDefault = Size(columns: 80, lines: 24)

    // Private modes of xterm, which its likes have too: 1049 is the alternate screen, 25 shows the cursor, and 7 goes
    // on in the next line behind the last column.
    private static let entering = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    private static let leaving = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    /// As it was before; `nil`: it has not been entered.
    private var saved: termios?
    private var shown: (lines: [String], size: Size)?

    /// Whether there is such a terminal.
    static var exists: Bool {
        isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && Environment.process["TERM"] != "dumb"
    }

    static var size: Size {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return Self.sizeDefault
        }
        return Size(columns: Int(size.ws_col), lines: Int(size.ws_row))
    }

    /// Turns to the alternate screen. Keys come one by one from now on, and none of them is a signal.
    ///
    /// - Throws: `.failure` when there is no terminal, or nothing can be written to it; leave it all the same.
    mutating func enter() throws(CommandFailure) {
        var current = termios()
        guard tcgetattr(STDIN_FILENO, &current) == 0 else {
            throw CommandFailure(.failure, "cannot use the terminal: \(String(cString: strerror(errno)))")
        }
        self.saved = current
        self.shown = nil
        var raw = current
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
        withUnsafeMutableBytes(of: &raw.c_cc) { characters in
            characters[Int(VMIN)] = 1
            characters[Int(VTIME)] = 0
        }
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        try StandardStreams.print(Self.entering)
    }

    /// Gives it back as it was. What was typed and not read is nobody's command.
    mutating func leave() {
        guard var saved = self.saved else { return }
        self.saved = nil
        // Where the terminal is gone there is nothing to give back.
        try? StandardStreams.print(Self.leaving)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved)
    }

    /// Shows a frame, unless it is what is shown already.
    ///
    /// - Parameter isComplete: something else may have written on the screen.
    mutating func show(_ lines: [String], of size: Size, isComplete: Bool = false) throws(CommandFailure) {
        if let shown, !isComplete, shown.lines == lines, shown.size == size { return }
        self.shown = (lines, size)
        // Over the old frame line by line: cleared as a whole first, the screen would flicker.
        let body = lines.map { "\($0)\u{1B}[K" }.joined(separator: "\r\n")
        try StandardStreams.print((isComplete ? "\u{1B}[2J" : "") + "\u{1B}[H\(body)\u{1B}[J")
    }

    /// Gives the terminal back and stops, as ^Z does to other programs, until the shell lets it go on.
    mutating func suspend() throws(CommandFailure) {
        self.leave()
        raise(SIGTSTP)
        try self.enter()
    }
}

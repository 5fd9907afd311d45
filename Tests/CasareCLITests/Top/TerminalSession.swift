import CasareTestSupport
import Glibc
import Synchronization

/// A program on a pseudo-terminal of its own, as a person has one: keys go in, and what is drawn comes out.
final class TerminalSession: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// `TIOCSPTLCK` and `TIOCGPTN` of asm-generic/ioctls.h, which Swift does not see.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430
    /// `POSIX_SPAWN_SETSID` of spawn.h, one of them too.
    private static let newSession: Int16 = 0x80

    private struct State {
        var output: [UInt8] = []
        var status: Int32?
    }

    private let process: pid_t
    /// The person's side.
    private let controller: Int32
    /// The program's side, kept open: it can be looked at when the program has ended.
    private let terminal: Int32
    private let state = Mutex(State())

    /// Starts the program. `body` sees it end, or it is killed.
    static func with<Result>(
        _ path: String, _ arguments: [String], environment: [String: String], columns: Int = 100, lines: Int = 20,
        _ body: (TerminalSession) async throws -> Result
    ) async throws -> Result {
        let session = try TerminalSession(path, arguments, environment, columns, lines)
        defer { session.end() }
        return try await body(session)
    }

    private init(
        _ path: String, _ arguments: [String], _ environment: [String: String], _ columns: Int, _ lines: Int
    ) throws {
        // What openpty(3) does, which the module of the C library leaves out.
        let controller = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var unlocked: Int32 = 0
        var number: Int32 = 0
        guard controller >= 0, ioctl(controller, Self.setLock, &unlocked) == 0,
            ioctl(controller, Self.getNumber, &number) == 0
        else { throw Failure(description: "there is no pseudo-terminal: \(String(cString: strerror(errno)))") }
        _ = fcntl(controller, F_SETFL, O_NONBLOCK)
        let name = "/dev/pts/\(number)"
        let terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
        (self.controller, self.terminal) = (controller, terminal)
        Self.resize(controller, columns, lines)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A session's first terminal becomes the one whose ^C and size it hears of.
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A terminal's programs hear of its end, also where these tests are run by one that does not.
        var heard = sigset_t()
        sigemptyset(&heard)
        sigaddset(&heard, SIGHUP)
        posix_spawnattr_setsigdefault(&attributes, &heard)
        posix_spawnattr_setflags(&attributes, Self.newSession | Int16(POSIX_SPAWN_SETSIGDEF))
        var variables = ["TERM": "xterm", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"]
        // A toolchain outside the usual folders is found by this.
        if let libraries = getenv("LD_LIBRARY_PATH") { variables["LD_LIBRARY_PATH"] = String(cString: libraries) }
        variables.merge(environment) { _, given in given }
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let pairs = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for copy in words + pairs { free(copy) } }
        var process = pid_t()
        let result = posix_spawn(&process, path, &actions, &attributes, words, pairs)
        guard result == 0 else { throw Failure(description: "\(path): \(String(cString: strerror(result)))") }
        self.process = process
    }

    // MARK: What a person does

    func press(_ keys: String) {
        let bytes = Array(keys.utf8)
        _ = write(self.controller, bytes, bytes.count)
    }

    func signal(_ number: Int32) { kill(self.process, number) }

    func resize(columns: Int, lines: Int) { Self.resize(self.controller, columns, lines) }

    private static func resize(_ controller: Int32, _ columns: Int, _ lines: Int) {
        var size = winsize(ws_row: UInt16(lines), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(controller, UInt(TIOCSWINSZ), &size)
    }

    // MARK: What a person sees

    /// Everything that the program has written so far.
    var output: String {
        self.state.withLock { state in
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(self.controller, &bytes, bytes.count)
                guard count > 0 else { break }
                state.output += bytes[..<count]
            }
            return String(decoding: state.output, as: UTF8.self)
        }
    }

    /// Waits for a text to be drawn after what has been drawn already.
    ///
    /// - Returns: everything that was written by then.
    @discardableResult
    func sees(_ text: String, after seen: String = "") async throws -> String {
        try await eventually("\(text) is drawn", within: .seconds(120)) { () throws -> String? in
            let output = self.output
            if output.dropFirst(seen.count).contains(text) { return output }
            if self.hasEnded { throw Failure(description: "it has ended, and \(text) was not drawn: \(output)") }
            return nil
        }
    }

    /// Local modes, input modes and output modes.
    var modes: [tcflag_t] {
        var modes = termios()
        tcgetattr(self.terminal, &modes)
        return [modes.c_lflag, modes.c_iflag, modes.c_oflag]
    }

    /// Whether keys are handed over one by one.
    var isRaw: Bool { self.modes[0] & tcflag_t(ICANON | ECHO) == 0 }

    // MARK: Its end

    private var hasEnded: Bool { self.reap() != nil }

    private func reap() -> Int32? {
        self.state.withLock { state in
            if let status = state.status { return status }
            var status: Int32 = 0
            guard waitpid(self.process, &status, WNOHANG) == self.process else { return nil }
            // WIFSIGNALED and WEXITSTATUS are macros, which Swift does not see.
            let signal = status & 0x7F
            state.status = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
            return state.status
        }
    }

    /// Waits for the program to end.
    ///
    /// - Returns: its exit status, or 128 and the number of the signal that killed it.
    func exitStatus() async throws -> Int32 {
        try await eventually("the program has ended", within: .seconds(120)) {
            // What it still writes must find room.
            _ = self.output
            return self.reap()
        }
    }

    private func end() {
        if self.reap() == nil {
            kill(self.process, SIGKILL)
            var status: Int32 = 0
            while waitpid(self.process, &status, 0) < 0 && errno == EINTR {}
        }
        close(self.controller)
        close(self.terminal)
    }
}

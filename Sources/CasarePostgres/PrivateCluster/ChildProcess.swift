import CLibpq
import Glibc

/// A program that runs as a child of this process, in a session of its own.
///
/// A thread starts it, waits for it and reaps it. The thread lives as long as the child, because the kernel ties a
/// parent-death signal to the thread that forked, not to the process.
final class ChildProcess: Sendable {
    enum Status: Hashable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case killed(signal: Int32)

        var description: String {
            switch self {
            case .exited(let code): "ended with status \(code)"
            case .killed(let signal): "was killed by signal \(signal)"
            }
        }
    }

    private struct State {
        var processID: pid_t?
        var startError: Int32?
        var status: Status?
        var waiters: [Int: CheckedContinuation<Status?, Never>] = [:]
        var waitersEver = 0
    }

    /// Starts a program. Its output is appended to the log file; its environment is this process's without `PG…`.
    struct Command: Sendable {
        let program: String
        let arguments: [String]
        let folder: String
        let logFile: String
    }

    private let state = Condition(State())

    /// Blocks until the program runs or could not be started; then the error number is thrown.
    static func start(_ command: Command) throws(PrivateClusterError) -> ChildProcess {
        let child = ChildProcess()
        startThread(named: "pg-child") { child.run(command) }
        let startError = child.state.wait { state -> Int32? in
            state.processID != nil ? 0 : state.startError
        }
        guard startError == 0 else {
            throw .programFailed(
                program: command.program, status: "could not be started", output: String(cString: strerror(startError)))
        }
        return child
    }

    var processID: pid_t? { self.state.update { $0.processID } }
    var status: Status? { self.state.update { $0.status } }

    /// Sends a signal, unless the child has been reaped: its number may then belong to somebody else.
    func send(signal: Int32) {
        self.state.update { state in
            guard let processID = state.processID, state.status == nil else { return }
            kill(processID, signal)
        }
    }

    /// Blocks until the child has ended, or for `timeout`.
    func wait(atMost timeout: Duration) -> Status? {
        self.state.wait(atMost: timeout) { $0.status }
    }

    /// How the child ended; `nil` when the task is cancelled before.
    func wait() async -> Status? {
        let number = self.state.update { state in
            state.waitersEver += 1
            return state.waitersEver
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let waits = self.state.update { state in
                    // A cancellation that came before this found no waiter to wake.
                    guard state.status == nil, !Task.isCancelled else { return false }
                    state.waiters[number] = waiter
                    return true
                }
                if !waits { waiter.resume(returning: self.status) }
            }
        } onCancel: {
            let waiter = self.state.update { $0.waiters.removeValue(forKey: number) }
            waiter?.resume(returning: nil)
        }
    }

    private func run(_ command: Command) {
        let (processID, error) = Self.spawn(command)
        guard error == 0 else {
            self.state.update { $0.startError = error }
            return
        }
        self.state.update { $0.processID = processID }
        // Waits without reaping, so that the number stays taken until `status` says that the child has ended.
        var information = siginfo_t()
        while waitid(P_PID, UInt32(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (status, waiters) = self.state.update { state in
            var code: Int32 = 0
            while waitpid(processID, &code, 0) < 0, errno == EINTR {}
            // The layout of wait(2)'s status: signal in the low 7 bits, exit code above them.
            let status: Status = code & 0x7F == 0 ? .exited(code >> 8 & 0xFF) : .killed(signal: code & 0x7F)
            state.status = status
            defer { state.waiters = [:] }
            return (status, Array(state.waiters.values))
        }
        for waiter in waiters {
            waiter.resume(returning: status)
        }
    }

    private static func spawn(_ command: Command) -> (processID: pid_t, error: Int32) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, command.logFile, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        posix_spawn_file_actions_addchdir_np(&actions, command.folder)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A session of its own: ^C in the terminal reaches this process only, which then stops the server in order.
        let startsSession: Int32 = 0x80  // POSIX_SPAWN_SETSID, an extension of glibc and musl
        posix_spawnattr_setflags(
            &attributes, Int16(startsSession | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)

        var arguments: [UnsafeMutablePointer<CChar>?] = ([command.program] + command.arguments).map { strdup($0) }
        var variables: [UnsafeMutablePointer<CChar>?] = Self.environment().map { strdup($0) }
        defer { (arguments + variables).forEach { free($0) } }
        arguments.append(nil)
        variables.append(nil)
        var processID: pid_t = 0
        let error = posix_spawn(&processID, command.program, &actions, &attributes, arguments, variables)
        return (processID, error)
    }

    /// Without `PGDATA`, `PGPORT` and their like, which the programs would take for options.
    private static func environment() -> [String] {
        var variables: [String] = []
        var entry = environ
        while let text = entry.pointee {
            let variable = String(cString: text)
            if !variable.hasPrefix("PG") { variables.append(variable) }
            entry += 1
        }
        return variables
    }
}

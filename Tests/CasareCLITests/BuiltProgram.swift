import FoundationEssentials
import Glibc

/// The built program, run as a person or a script runs it: no terminal, an environment and a home of its own.
struct BuiltProgram {
    struct Ending {
        let status: Int32
        let output: String
        let errors: String
        /// The most memory that it had (maximum of its resident set).
        let peakMemoryKiB: Int
    }

    let path: String

    /// Beside the tests, when the whole package was built; `nil` otherwise.
    static let casarectl: BuiltProgram? = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return nil }
        let tests = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        let path = tests.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/casarectl"
        return access(path, X_OK) == 0 ? BuiltProgram(path: path) : nil
    }()

    /// - Parameter folder: Where it runs; also its home.
    func run(
        _ arguments: [String], in folder: String, input: String = "", environment: [String: String] = [:]
    ) throws -> Ending {
        try self.run(arguments, in: folder, input: Array(input.utf8), environment: environment)
    }

    /// - Parameter folder: Where it runs; also its home.
    func run(
        _ arguments: [String], in folder: String, input: [UInt8], environment: [String: String] = [:]
    ) throws -> Ending {
        try Data(input).write(to: URL(filePath: folder + "/.stdin"))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, folder + "/.stdin", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(
            &actions, STDOUT_FILENO, folder + "/.stdout", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(
            &actions, STDERR_FILENO, folder + "/.stderr", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var variables = ["HOME": folder, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]
        // A toolchain outside the usual folders is found by this.
        if let libraries = getenv("LD_LIBRARY_PATH") { variables["LD_LIBRARY_PATH"] = String(cString: libraries) }
        variables.merge(environment) { _, given in given }
        var process = pid_t()
        // The shell changes the folder; posix_spawn has no portable way to.
        let shell = ["/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", folder, self.path]
        let result = Self.withCStrings(shell + arguments) { arguments in
            Self.withCStrings(variables.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&process, "/bin/sh", &actions, nil, arguments, environment)
            }
        }
        guard result == 0 else { throw SpawnFailure(code: result) }
        var status: Int32 = 0
        var usage = rusage()
        while wait4(process, &status, 0, &usage) < 0 && errno == EINTR {}
        // WIFSIGNALED and WEXITSTATUS are macros, which Swift does not see.
        let signal = status & 0x7F
        return Ending(
            status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
            output: try String(contentsOf: URL(filePath: folder + "/.stdout"), encoding: .utf8),
            errors: try String(contentsOf: URL(filePath: folder + "/.stderr"), encoding: .utf8),
            peakMemoryKiB: usage.ru_maxrss)
    }

    struct SpawnFailure: Error {
        let code: Int32
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}

import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// One of the programs that the package builds, or of the system, as a person or a script runs it.
package struct TestProgram: Sendable {
    package enum Name: String, Sendable {
        case casarectl
        case orchestrator = "casare-orchestrator"
        case robot = "casare-robot"
    }

    package struct Ended: Sendable {
        /// The exit code, or the negative number of the signal.
        package let status: Int
        package let output: String
        package let errors: String
    }

    private static let outputBytesMax = 64 << 20

    /// Someone that a program may be run as.
    package struct User: Hashable, Sendable {
        package let id: UInt32

        package init(id: UInt32) { self.id = id }

        /// Without rights anywhere, on every Debian.
        package static let nobody = User(id: 65_534)
    }

    private let path: String
    private let variables: [String: String]
    private let user: User?

    /// - Parameters:
    ///   - variables: The environment, beside what a program needs to find itself; nothing is inherited else.
    ///   - user: Whom to run it as; only root may choose.
    ///   - folder: Runs a copy in this folder, for a user who may not enter the folder where it was built.
    package init(
        _ name: Name, variables: [String: String], as user: User? = nil, copiedTo folder: String? = nil
    ) throws {
        // The test process is built into the same folder.
        let built = try FilePath(FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            .removingLastComponent().appending(name.rawValue).string
        if let folder {
            self.path = "\(folder)/\(name.rawValue)"
            try FileManager.default.copyItem(atPath: built, toPath: self.path)
        } else {
            self.path = built
        }
        self.variables = variables
        self.user = user
    }

    /// A program of the system, such as Python.
    package init(path: String) {
        self.path = path
        self.variables = [:]
        self.user = nil
    }

    private var command: (program: Executable, leading: [String]) {
        guard let user else { return (.path(FilePath(self.path)), []) }
        return (
            .path("/usr/bin/setpriv"), ["--reuid=\(user.id)", "--regid=\(user.id)", "--clear-groups", self.path]
        )
    }

    private var environment: Environment {
        var values: [Environment.Key: String] = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "NO_COLOR": "1",
            "SWIFT_BACKTRACE": "enable=no",
        ]
        for (name, value) in self.variables {
            values[Environment.Key(stringLiteral: name)] = value
        }
        return .custom(values)
    }

    /// Runs it to its end.
    ///
    /// Its input is a file, not a pipe: a program may end without reading it all.
    package func run(_ arguments: [String], input: String = "", in directory: String? = nil) async throws -> Ended {
        let file = try Self.file(holding: input)
        let (program, leading) = self.command
        let result = try await Subprocess.run(
            program, arguments: Arguments(leading + arguments), environment: self.environment,
            workingDirectory: directory.map { FilePath($0) },
            input: .fileDescriptor(file, closeAfterSpawningProcess: true),
            output: .string(limit: Self.outputBytesMax), error: .string(limit: Self.outputBytesMax))
        return Ended(
            status: Self.code(result.terminationStatus), output: result.standardOutput,
            errors: result.standardError)
    }

    /// A file without a name that is gone when it is closed.
    private static func file(holding text: String) throws -> FileDescriptor {
        let path = FilePath("\(temporaryFolder())/casare-input-\(UUID().uuidString)")
        let file = try FileDescriptor.open(
            path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
        unlink(path.string)
        try file.writeAll(text.utf8)
        _ = try file.seek(offset: 0, from: .start)
        return file
    }

    /// Gives `body` the running program; it is killed when `body` returns or throws, if it still runs.
    package func withRunning<Result: Sendable>(
        _ arguments: [String] = [], log: String, _ body: @escaping @Sendable (RunningProgram) async throws -> Result
    ) async throws -> Result {
        let file = try FileDescriptor.open(
            FilePath(log), .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
        let (program, leading) = self.command
        let outcome = try await Subprocess.run(
            program, arguments: Arguments(leading + arguments), environment: self.environment,
            input: .none, output: .fileDescriptor(file, closeAfterSpawningProcess: false),
            error: .fileDescriptor(file, closeAfterSpawningProcess: true)
        ) { execution in
            let running = RunningProgram(execution.processIdentifier.value, log: log)
            do {
                let result = try await body(running)
                running.send(.kill)
                return result
            } catch {
                running.send(.kill)
                throw error
            }
        }
        return outcome.closureResult
    }

    private static func code(_ status: TerminationStatus) -> Int {
        switch status {
        case .exited(let code): Int(code)
        case .signaled(let signal): -Int(signal)
        }
    }
}

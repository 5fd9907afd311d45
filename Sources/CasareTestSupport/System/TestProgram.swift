import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// One of the programs that the package builds, as a person or a script runs it.
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

    private let path: String
    private let variables: [String: String]

    /// - Parameter variables: The environment, beside what a program needs to find itself; nothing is inherited else.
    package init(_ name: Name, variables: [String: String]) throws {
        // The test process is built into the same folder.
        let folder = try FilePath(FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            .removingLastComponent()
        self.path = folder.appending(name.rawValue).string
        self.variables = variables
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
        let result = try await Subprocess.run(
            .path(FilePath(self.path)), arguments: Arguments(arguments), environment: self.environment,
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
        let outcome = try await Subprocess.run(
            .path(FilePath(self.path)), arguments: Arguments(arguments), environment: self.environment,
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

import CasareEngine
import Glibc
import Subprocess
import SystemPackage

/// Runs a program in a process group of its own, to its end, and reads what it prints.
///
/// The group is ended as a whole, first by SIGTERM and then by SIGKILL, when the time is up and when the task is
/// cancelled; `run` returns after that. A program that ended by itself may leave others running in the background:
/// it has asked for them to outlive it.
struct ProgramRun: Sendable {
    /// Of each of the two outputs; what comes beyond is read and dropped.
    static let outputBytesMax = 1 << 20
    /// Of a path in Linux.
    private static let nameBytesMax = 4095
    /// Between SIGTERM and SIGKILL. A robot that loses its session must have ended its programs before another robot
    /// may take the job, which leaves them a second.
    static let gracePeriod = Duration.milliseconds(900)

    struct Outcome: Sendable {
        /// The exit code, or the negative number of the signal that ended the program; -1 after a timeout.
        var code: Int
        var output: String
        var errorOutput: String
        /// Whether the program was ended from here.
        var wasEnded: Bool
    }

    /// A name, looked for in `PATH`, or a path.
    var program: String
    var arguments: [String]
    var workingDirectory: String
    var variables: [String: String]
    var timeout: Duration
    /// How much memory of its own each process may have; nil: as much as the robot itself.
    var memoryBytesMax: Int?

    /// - Throws: `NodeFailure` when the program cannot be started, `CancellationError`.
    func run() async throws -> Outcome {
        try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask { try await self.runToEnd() }
            group.addTask {
                try await Task.sleepInSlices(for: self.timeout)
                return nil
            }
            defer { group.cancelAll() }
            if let outcome = try await group.next() ?? nil {
                // It was ended without the time being up: this task was cancelled.
                if outcome.wasEnded { throw CancellationError() }
                return outcome
            }
            // The time is up: cancelling the other child ends the program, and it returns what was read so far.
            group.cancelAll()
            let partial = try? await group.next() ?? nil
            try Task.checkCancellation()
            // It came to its end at the last moment.
            if let partial, !partial.wasEnded { return partial }
            return Outcome(
                code: -1, output: partial?.output ?? "", errorOutput: partial?.errorOutput ?? "", wasEnded: true)
        }
    }

    private func runToEnd() async throws -> Outcome {
        // No file can be called that, and looking for it takes time by the square of its length.
        guard self.program.utf8.count <= Self.nameBytesMax else {
            throw NodeFailure(
                "FileNotFoundError",
                "Command not found: a name of \(self.program.utf8.count) bytes is longer than any path")
        }
        var options = PlatformOptions()
        // A session of its own also keeps the program from the terminal that a local run was started at.
        options.createSession = true
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: Self.gracePeriod)
        ]
        let (program, arguments) = try self.command()
        do {
            let result = try await Subprocess.run(
                program.contains("/") ? .path(FilePath(program)) : .name(program),
                arguments: Arguments(arguments), environment: self.environment,
                workingDirectory: FilePath(self.workingDirectory), platformOptions: options, input: .none,
                output: .sequence, error: .sequence
            ) { execution in
                async let output = Self.text(of: execution.standardOutput)
                async let errorOutput = Self.text(of: execution.standardError)
                let texts = await (output, errorOutput)
                // Until this closure returns the program is not reaped, so its number cannot pass to another group.
                let group = ProcessGroup(leader: execution.processIdentifier.value)
                await group.waitForLeader()
                let isEnded = Task.isCancelled
                if isEnded { await group.end(within: Self.gracePeriod) }
                return (output: texts.0, errorOutput: texts.1, wasEnded: isEnded)
            }
            let closing = result.closureResult
            let code =
                switch result.terminationStatus {
                case .exited(let code): Int(code)
                case .signaled(let signal): -Int(signal)
                }
            return Outcome(
                code: code, output: closing.output, errorOutput: closing.errorOutput, wasEnded: closing.wasEnded)
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw self.failure(error)
        }
    }

    /// What is started: the program, or a shell that sets the limit and becomes the program.
    ///
    /// Counted is what a process writes to, not the address space that it reserves: Node.js reserves terabytes.
    private func command() throws(NodeFailure) -> (program: String, arguments: [String]) {
        guard let memoryBytesMax else { return (self.program, self.arguments) }
        // The shell would only print that it cannot find it.
        guard self.isFound else { throw NodeFailure("FileNotFoundError", "Command not found: \(self.program)") }
        let kibibytes = String(memoryBytesMax >> 10)
        return (
            "/bin/sh",
            ["-c", #"ulimit -d "$1" && shift && exec "$@""#, "sh", kibibytes, self.program] + self.arguments
        )
    }

    private var isFound: Bool {
        if self.program.contains("/") { return access(self.program, X_OK) == 0 }
        let folders = (self.variables["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.contains { access("\($0)/\(self.program)", X_OK) == 0 }
    }

    private var environment: Environment {
        var values: [Environment.Key: String] = [:]
        for (name, value) in self.variables {
            // Names that no program could read and that are refused as a whole.
            guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { continue }
            if let key = Environment.Key(rawValue: name) { values[key] = value }
        }
        return .custom(values)
    }

    private func failure(_ error: SubprocessError) -> NodeFailure {
        if error.code == .executableNotFound || error.underlyingError == .noSuchFileOrDirectory {
            return NodeFailure("FileNotFoundError", "Command not found: \(self.program)")
        }
        if error.underlyingError == .permissionDenied {
            return NodeFailure("PermissionError", "Not permitted to run \(self.program)")
        }
        return NodeFailure("OSError", "Cannot run \(self.program): \(error)")
    }

    /// Everything a program prints to one of its outputs, up to the limit.
    private static func text(of stream: SubprocessOutputSequence) async -> String {
        var bytes: [UInt8] = []
        var isCut = false
        do {
            for try await chunk in stream {
                let room = self.outputBytesMax - bytes.count
                chunk.withUnsafeBytes { bytes.append(contentsOf: $0.prefix(room)) }
                isCut = isCut || chunk.count > room
            }
        } catch {
            // The pipe broke, as it does when the program is killed: what was read until then counts.
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return isCut ? text + "\n[cut after \(self.outputBytesMax) bytes]" : text
    }
}

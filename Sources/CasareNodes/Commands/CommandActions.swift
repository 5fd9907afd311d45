import CasareDomain
import CasareEngine

/// What the nodes that run programs do.
enum CommandActions {
    static func runCommand(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let policy = CommandPolicy(environment, dangerously: inputs.bool("allow_dangerous"))
        let text = inputs.string("command")
        let words: [String]
        if inputs.bool("shell") {
            let line = ([text] + (try self.shellArguments(inputs["args"]))).joined(separator: " ")
            try policy.check(shellText: line)
            words = ["/bin/sh", "-c", line]
        } else {
            words = try ShellWords.split(text) + self.arguments(inputs["args"])
            try policy.check(words)
        }
        guard let program = words.first, !program.isEmpty else { throw NodeFailure.value("command is required") }
        let outcome = try await self.run(words, inputs, environment)
        let isCaptured = inputs["capture_output"].bool ?? true
        return try self.result(outcome, inputs, environment, isCaptured: isCaptured)
    }

    /// Runs a program with the node's `working_dir` and `timeout`.
    ///
    /// - Parameter memoryBytesMax: for each of its processes.
    static func run(
        _ words: [String], _ inputs: Inputs, _ environment: NodeEnvironment, memoryBytesMax: Int? = nil
    ) async throws -> ProgramRun.Outcome {
        guard !words.contains(where: { $0.utf8.contains(0) }) else {
            throw NodeFailure.value("The command contains a NUL character")
        }
        let directory = try await self.workingDirectory(inputs, environment)
        var program = words[0]
        if program.contains("/"), !program.hasPrefix("/") { program = "\(directory)/\(program)" }
        return try await ProgramRun(
            program: program, arguments: Array(words.dropFirst()), workingDirectory: directory,
            variables: RunVariables(of: environment).all(with: environment.traceVariables),
            timeout: .seconds(inputs.int("timeout")), memoryBytesMax: memoryBytesMax
        ).run()
    }

    /// The outputs of the nodes that report standard output and exit code.
    ///
    /// - Throws: As `timedOut` when the time was up; a non-zero exit code is no failure.
    static func result(
        _ outcome: ProgramRun.Outcome, _ inputs: Inputs, _ environment: NodeEnvironment, isCaptured: Bool = true
    ) throws -> NodeResult {
        let outputs: Object = [
            "stdout": .string(isCaptured ? outcome.output : ""),
            "stderr": .string(isCaptured ? outcome.errorOutput : ""),
            "return_code": .int(outcome.code), "success": .bool(outcome.code == 0),
        ]
        if outcome.wasEnded { throw self.timedOut("The command", inputs, environment, outputs: outputs) }
        return NodeResult(outputs)
    }

    /// What is to be said of a program whose own time was up: it ran, and nobody knows how far it came.
    ///
    /// - Parameter what: "The command", as the beginning of a sentence.
    /// - Returns: A failure where the step may happen twice, so that whatever repeats failed steps may repeat it;
    ///   otherwise `OutcomeUnknown`.
    static func timedOut(
        _ what: String, _ inputs: Inputs, _ environment: NodeEnvironment, outputs: Object = [:]
    ) -> any Error {
        let seconds = inputs.int("timeout")
        guard environment.repeatsInDoubt else {
            return OutcomeUnknown("it was ended when its timeout of \(seconds) s was up")
        }
        return NodeFailure("TimeoutError", "\(what) timed out after \(seconds) s", outputs: outputs)
    }

    /// A list, one argument each, or text as on a command line.
    static func arguments(_ value: Value) throws(NodeFailure) -> [String] {
        switch value {
        case .null: return []
        case .list(let list): return list.map(\.displayText)
        case .string(let text): return try ShellWords.split(text)
        case .bool, .int, .double, .object: return [value.displayText]
        }
    }

    /// The same for a shell, which splits text itself.
    private static func shellArguments(_ value: Value) throws(NodeFailure) -> [String] {
        switch value {
        case .null: return []
        case .list(let list): return list.map { ShellWords.quote($0.displayText) }
        case .string(let text): return text.isEmpty ? [] : [text]
        case .bool, .int, .double, .object: return [ShellWords.quote(value.displayText)]
        }
    }

    private static func workingDirectory(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> String {
        guard let text = inputs.firstText("working_dir") else { return environment.workingDirectory }
        return try await BlockingWork.run {
            let path = try PathPolicy(environment).resolve(text)
            guard FileAccess.status(path)?.isDirectory == true else {
                throw NodeFailure("FileNotFoundError", "Directory not found: \(path)")
            }
            return path
        }
    }
}

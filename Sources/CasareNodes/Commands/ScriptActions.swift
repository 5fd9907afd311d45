import CasareDomain
import CasareEngine

/// What the nodes that run code from the workflow do. The code is run by its interpreter as a program of its own.
enum ScriptActions {
    /// Around the script: gives it the variables as globals, and writes the global `result` as JSON when it is done.
    private static let pythonFrame = """
        import json, sys
        folder = sys.argv[1]
        with open(folder + "/variables.json", encoding="utf-8") as file:
            names = json.load(file)
        with open(folder + "/script.py", encoding="utf-8") as file:
            code = file.read()
        names["__name__"] = "__main__"
        outcome = {}
        try:
            exec(compile(code, "script.py", "exec"), names)
            outcome = {"result": names.get("result")}
        except SystemExit as exit:
            if exit.code not in (None, 0):
                outcome = {"error": "SystemExit: " + str(exit.code)}
            else:
                outcome = {"result": names.get("result")}
        except BaseException as error:
            outcome = {"error": type(error).__name__ + ": " + str(error)}
        try:
            text = json.dumps(outcome, allow_nan=False, default=str)
        except (TypeError, ValueError):
            text = json.dumps({"result": str(outcome.get("result"))})
        with open(folder + "/result.json", "w", encoding="utf-8") as file:
            file.write(text)

        """

    static func runPython(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        try self.checkAllowed(environment)
        let given = inputs["variables"]
        guard given.isNull || given.object != nil else {
            throw NodeFailure("TypeError", "variables must be an object, not \(given.kindName)")
        }
        let files = [
            "frame.py": self.pythonFrame, "script.py": inputs.string("code"),
            "variables.json": Value.object(given.object ?? [:]).jsonText(),
        ]
        return try await PrivateFolder.with(files) { folder in
            // -I keeps the interpreter from modules that lie around in its directories.
            let options = inputs.bool("isolated") ? ["-I"] : []
            let outcome = try await self.run(
                ["python3"] + options + ["\(folder)/frame.py", folder], inputs, environment)
            if outcome.wasEnded {
                throw CommandActions.timedOut(
                    "The script", inputs, environment, outputs: ["output": .string(outcome.output)])
            }
            let content = try await BlockingWork.run { try? FileAccess.read("\(folder)/result.json") }
            var outputs: Object = ["result": .null, "output": .string(outcome.output), "success": true, "error": ""]
            let report = content.flatMap { try? Value(parsingJSON: String(decoding: $0, as: UTF8.self)) }
            if let report, report["error"] == nil {
                outputs["result"] = report["result"] ?? .null
            } else {
                let last = outcome.errorOutput.split(separator: "\n").last.map(String.init)
                outputs["success"] = false
                outputs["error"] = report?["error"] ?? .string(last ?? "The script ended with code \(outcome.code)")
            }
            return NodeResult(outputs)
        }
    }

    static func runPythonFile(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        try self.checkAllowed(environment)
        let interpreter = inputs.firstText("python_path") ?? "python3"
        let path = try await BlockingWork.run {
            try CommandPolicy(environment, dangerously: false).check(interpreter: interpreter, as: .python)
            let path = try PathPolicy(environment).resolve(inputs.string("file_path"))
            _ = try FileAccess.fileStatus(path)
            return path
        }
        let words = [interpreter, path] + (try CommandActions.arguments(inputs["args"]))
        return try await self.retrying(inputs) {
            try CommandActions.result(try await self.run(words, inputs, environment), inputs, environment)
        }
    }

    static func runBatch(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        try self.checkAllowed(environment)
        // Written on Windows, a script would otherwise hand each command its carriage return.
        let script = inputs.string("script").replacing("\r\n", with: "\n")
        // The interpreter is started by name: a file just written may still be "busy" for the kernel to execute.
        let firstLine = script.split(separator: "\n").first ?? ""
        let interpreter = firstLine.hasPrefix("#!") ? try ShellWords.split(String(firstLine.dropFirst(2))) : []
        return try await PrivateFolder.with(["script": script]) { folder in
            try await self.retrying(inputs) {
                let words = (interpreter.isEmpty ? ["bash"] : interpreter) + ["\(folder)/script"]
                return try CommandActions.result(try await self.run(words, inputs, environment), inputs, environment)
            }
        }
    }

    static func runJavaScript(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        try self.checkAllowed(environment)
        let interpreter = inputs.firstText("node_path") ?? "node"
        try await BlockingWork.run {
            try CommandPolicy(environment, dangerously: false).check(interpreter: interpreter, as: .node)
        }
        let script = "const inputData = \(inputs["input_data"].jsonText());\n\(inputs.string("code"))\n"
        return try await PrivateFolder.with(["script.js": script]) { folder in
            let words = [interpreter, "\(folder)/script.js"]
            let outcome: ProgramRun.Outcome
            do {
                outcome = try await self.run(words, inputs, environment)
            } catch let failure as NodeFailure where failure.type == "FileNotFoundError" {
                throw NodeFailure("FileNotFoundError", "Node.js not found")
            }
            if outcome.wasEnded { throw CommandActions.timedOut("The script", inputs, environment) }
            return NodeResult([
                "result": .string(self.trimmed(outcome.output)), "success": .bool(outcome.code == 0),
                "error": .string(outcome.code == 0 ? "" : self.trimmed(outcome.errorOutput)),
            ])
        }
    }

    private static func run(
        _ words: [String], _ inputs: Inputs, _ environment: NodeEnvironment
    ) async throws -> ProgramRun.Outcome {
        try await CommandActions.run(
            words, inputs, environment, memoryBytesMax: environment.policy.scriptMemoryBytesMax)
    }

    private static func checkAllowed(_ environment: NodeEnvironment) throws(NodeFailure) {
        guard environment.policy.allowsScripts else {
            throw NodeFailure(
                "SecurityError",
                "Scripts that come with a workflow are refused here: by the tenant's policy, which `casarectl tenant "
                    + "policy set scripts=on` changes, or by this robot, which then runs none, whatever a policy says")
        }
    }

    /// Repeats after a failure, and after a non-zero exit code if the node wants that. What may or may not have
    /// happened is no failure.
    private static func retrying(
        _ inputs: Inputs, _ attempt: () async throws -> NodeResult
    ) async throws -> NodeResult {
        var remaining = inputs.int("retry_count")
        while true {
            do {
                let result = try await attempt()
                if remaining <= 0 || result.outputs["success"] == true || !inputs.bool("retry_on_nonzero") {
                    return result
                }
            } catch let failure as NodeFailure {
                if remaining <= 0 { throw failure }
            }
            remaining -= 1
            try await Task.sleep(for: .milliseconds(inputs.int("retry_interval")))
        }
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.firstIndex { !$0.isWhitespace } ?? text.endIndex
        let end = text.lastIndex { !$0.isWhitespace }.map(text.index(after:)) ?? start
        return String(text[start..<end])
    }
}

import CasareDomain
package import CasareEngine
import FoundationEssentials

/// The nodes that run programs and read the system (node catalogue §1.11).
package enum CommandNodes {
    package static let types: [NodeType] = [Self.runCommand] + Self.scriptTypes + Self.systemTypes

    static let family = "System, commands and scripts"

    static func timeout() -> NodeType.Parameter {
        .init(
            "timeout", .integer, default: 60, range: 1...86_400,
            "Seconds; then the program and its process group are ended, and the step is in doubt.")
    }

    private static let workingDirectory = NodeType.Parameter(
        "working_dir", .string, default: "", "Where it runs; by default the run's directory.")
    private static let runOutputs: [NodeType.Output] = [
        .init("stdout", .string), .init("stderr", .string), .init("return_code", .integer), .init("success", .boolean),
    ]
    private static let retryParameters: [NodeType.Parameter] = [
        .init("retry_on_nonzero", .boolean, default: false, "A non-zero exit code is a reason to try again too."),
        .init("retry_count", .integer, default: 0, range: 0...100, "How often to try again."),
        .init("retry_interval", .integer, default: 1000, range: 0...3_600_000, "Milliseconds between attempts."),
    ]

    private static let runCommand = NodeType(
        "RunCommandNode", family: Self.family, "Runs a program; a non-zero exit code is not a failure.",
        parameters: [
            .init("command", .string, required: true, "The program and its first arguments, or a line for the shell."),
            .init("args", .any, default: "", "More arguments: a list, or text as on a command line."),
            .init("shell", .boolean, default: false, "Let /bin/sh read the line."),
            Self.timeout(), Self.workingDirectory,
            .init("capture_output", .boolean, default: true, "Keep what it prints, up to 1 MiB of each output."),
            .init(
                "allow_dangerous", .boolean, default: false,
                "Lifts the rules on commands, where the robot's policy lets a workflow do so."),
        ],
        outputs: Self.runOutputs, effect: .effect, .reporting(CommandActions.runCommand)
    ).passing(arguments: ["command", "args"])

    private static let scriptTypes: [NodeType] = [
        NodeType(
            "RunPythonScriptNode", family: Self.family,
            "Runs Python code; its variable `result` is the result.",
            parameters: [
                .init("code", .string, required: true, aliases: ["script"], verbatim: true, "The code."),
                .init("variables", .json, "An object whose members are the code's global variables."),
                Self.timeout(),
                .init(
                    "isolated", .boolean, default: false,
                    "Python's isolated mode: no user modules, no PYTHON… variables."),
            ],
            outputs: [
                .init("result", .any), .init("output", .string), .init("success", .boolean), .init("error", .string),
            ],
            effect: .effect, .reporting(error: true, ScriptActions.runPython)),
        NodeType(
            "RunPythonFileNode", family: Self.family, "Runs a Python file.",
            parameters: [
                .filePath, .init("args", .any, "Arguments: a list, or text as on a command line."),
                Self.workingDirectory, Self.timeout(),
                .init(
                    "python_path", .string, default: "python3",
                    "The interpreter. Where the rules on commands hold, it must be called python, python3, python3.11, "
                        + "pypy3 or the like, and a path must be absolute and lead outside the run's own directories."),
            ] + Self.retryParameters,
            outputs: Self.runOutputs, effect: .effect, .reporting(ScriptActions.runPythonFile)
        ).passing(arguments: ["args"]),
        NodeType(
            "RunBatchScriptNode", family: Self.family, "Runs a shell script, by bash or what its first line names.",
            parameters: [
                // Templates are the only way to hand such a script anything, so they are substituted.
                .init("script", .string, required: true, "The script."), Self.workingDirectory, Self.timeout(),
            ] + Self.retryParameters,
            outputs: Self.runOutputs, effect: .effect, .reporting(ScriptActions.runBatch)),
        NodeType(
            "RunJavaScriptNode", family: Self.family, "Runs JavaScript by Node.js; what it prints is the result.",
            parameters: [
                .init("code", .string, required: true, aliases: ["script"], verbatim: true, "The code."),
                .init("input_data", .any, "The constant `inputData` of the code."), Self.timeout(),
                .init(
                    "node_path", .string, default: "node",
                    "The interpreter. Where the rules on commands hold, it must be called node or nodejs, and a path "
                        + "must be absolute and lead outside the run's own directories."),
            ],
            outputs: [.init("result", .string), .init("success", .boolean), .init("error", .string)],
            effect: .effect, .reporting(error: true, ScriptActions.runJavaScript)),
    ]

    private static let systemTypes: [NodeType] = [
        Self.environmentVariable(
            "EnvironmentVariableNode", aliases: ["GetEnvironmentVarNode"],
            "Reads an environment variable, or sets one for the rest of this run.", action: "get"),
        Self.environmentVariable(
            "SetEnvironmentVarNode", "Sets an environment variable for the rest of this run.", action: "set"),
        NodeType(
            "Base64Node", family: Self.family, "Encodes text as base64, or decodes it.",
            parameters: [
                .init("action", .string, default: "encode", choices: ["encode", "decode"], "What to do."),
                .init("input_text", .string, default: "", "The text."),
            ],
            outputs: [.init("output", .string), .init("success", .boolean)],
            .pure { inputs, _ throws(NodeFailure) in
                let text = inputs.string("input_text")
                guard !text.isEmpty else { throw Self.invalid("input_text is empty") }
                if inputs.string("action") == "encode" {
                    return NodeResult(["output": .string(Data(text.utf8).base64EncodedString()), "success": true])
                }
                guard let data = Data(base64Encoded: text.filter { !$0.isWhitespace }) else {
                    throw Self.invalid("input_text is not base64")
                }
                guard let decoded = String(validating: data, as: UTF8.self) else {
                    throw Self.invalid("The decoded bytes are not UTF-8 text")
                }
                return NodeResult(["output": .string(decoded), "success": true])
            }),
    ]

    private static func environmentVariable(
        _ name: String, aliases: [String] = [], _ summary: String, action: String
    ) -> NodeType {
        NodeType(
            name, aliases: aliases, family: Self.family, summary,
            parameters: [
                .init("action", .string, default: .string(action), choices: ["get", "set"], "What to do."),
                .init("var_name", .string, default: "", aliases: ["name"], "The variable."),
                .init("value", .string, default: "", "What to set."),
                .init(
                    "scope", .string, default: "process", choices: ["process", "user", "system"],
                    "Where to set: only `process` is possible here."),
            ],
            outputs: [
                .init("result_value", .string, aliases: ["value"]), .init("exists", .boolean),
                .init("success", .boolean),
            ],
            // A variable that was set lives in this process alone, so a replay must set it again: not journaled.
            effect: .captured,
            effectFor: { ($0["action"]?.string ?? action).lowercased() == "set" ? .pure : .captured },
            .perform { inputs, environment in Self.environmentVariable(inputs, RunVariables(of: environment)) })
    }

    private static func invalid(_ message: String) -> NodeFailure {
        NodeFailure("ValueError", message, outputs: ["success": false])
    }

    private static func environmentVariable(_ inputs: Inputs, _ variables: RunVariables) -> NodeResult {
        let name = inputs.string("var_name")
        let value = inputs.string("value")
        let isName = !name.isEmpty && !name.unicodeScalars.contains { $0 == "=" || $0 == "\0" }
        guard inputs.string("action") == "set" else {
            let found = isName ? variables[name] : nil
            return NodeResult([
                "result_value": .string(found ?? ""), "exists": .bool(found != nil), "success": .bool(isName),
            ])
        }
        let canSet =
            isName && inputs.string("scope") == "process" && !RunVariables.isHidden(name)
            && !value.utf8.contains(0)
        if canSet { variables.set(name, to: value) }
        return NodeResult([
            "result_value": .string(value), "exists": .bool(canSet || variables[name] != nil),
            "success": .bool(canSet),
        ])
    }
}

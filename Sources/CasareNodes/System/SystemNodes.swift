import CasareDomain
package import CasareEngine
import FoundationEssentials

/// The nodes that look at the machine and its processes (node catalogue §1.11).
package enum SystemNodes {
    package static let types: [NodeType] = [
        Self.processList, Self.processKill, Self.systemInfo, Self.fileWatcher, Self.assertSystem, Self.logToFile,
    ]

    private static let family = CommandNodes.family

    private static let processList = NodeType(
        "ProcessListNode", family: Self.family, "Lists the processes of the machine.",
        parameters: [
            .init("filter_name", .string, default: "", "Only those whose names hold this, in capitals or not."),
            .init("include_details", .boolean, default: true, "Also state, load, memory, account and start."),
        ],
        outputs: [.init("processes", .list), .init("count", .integer)],
        effect: .captured,
        .perform { inputs, environment in
            try await BlockingWork.run { try ProcessActions.list(inputs, environment) }
        })

    private static let processKill = NodeType(
        "ProcessKillNode", family: Self.family, "Ends processes; that there are none is no failure.",
        parameters: [
            .init(
                "pid_or_name", .string, default: "", aliases: ["process_name"],
                "A process's number, or the exact name of all that are meant."),
            .init("force", .boolean, default: false, "Kill at once instead of asking first."),
            .init(
                "timeout", .integer, default: 5, range: 1...60, "Seconds that they have to end before they are killed."),
        ],
        outputs: [.init("killed_count", .integer), .init("success", .boolean)],
        effect: .effect, .reporting(ProcessActions.kill))

    private static let systemInfo = NodeType(
        "SystemInfoNode", family: Self.family, "Tells what the machine is and how busy it is.",
        parameters: [
            .init(
                "info_type", .string, default: "all", choices: ["os", "cpu", "ram", "disk", "network", "all"],
                "What `info` holds.")
        ],
        outputs: [
            .init("info", .object), .init("os_name", .string), .init("cpu_percent", .number),
            .init("ram_percent", .number), .init("disk_percent", .number),
        ],
        effect: .captured, .perform(SystemInformation.read))

    private static let fileWatcher = NodeType(
        "FileWatcherNode", family: Self.family,
        "Waits until something happens to a file or in a folder; that nothing does is no failure.",
        parameters: [
            .init("watch_path", .string, required: true, "The file or folder."),
            .init(
                "events", .string, default: "all", choices: ["create", "modify", "delete", "all"], "What to wait for."),
            .init("timeout", .integer, default: 30, range: 1...3600, "Seconds to wait."),
            .init("recursive", .boolean, default: false, "Also in the folders below."),
        ],
        outputs: [
            .init("event_type", .string), .init("file_path", .string), .init("triggered", .boolean),
            .init("timed_out", .boolean),
        ],
        effect: .captured,
        .perform { inputs, environment in
            let policy = PathPolicy(environment)
            let event = try await FileWatch.first(
                Self.kinds(inputs.string("events")), at: policy.resolve(inputs.string("watch_path")),
                isRecursive: inputs.bool("recursive"), policy: policy, timeout: .seconds(inputs.int("timeout")))
            return NodeResult([
                "event_type": .string(event?.kind.rawValue ?? ""), "file_path": .string(event?.path ?? ""),
                "triggered": .bool(event != nil), "timed_out": .bool(event == nil),
            ])
        })

    private static func kinds(_ events: String) -> Set<FileWatch.Kind> {
        switch events {
        case "create": [.created]
        case "modify": [.modified]
        case "delete": [.deleted]
        default: Set(FileWatch.Kind.allCases)
        }
    }

    private static let assertSystem = NodeType(
        "AssertSystemNode", family: Self.family, "Fails, or tells, when a condition does not hold.",
        parameters: [
            .init(
                "condition", .string, required: true, verbatim: true,
                "An expression such as `{{n}} > 0`, in which `value` is the value; any other text holds."),
            .init("value", .any, "A value for the condition."),
            .init("assert_message", .string, default: "Assertion failed", "The error's message."),
            .init("fail_on_false", .boolean, default: true, "Whether the node fails; else it only tells."),
        ],
        outputs: [.init("passed", .boolean), .init("message", .string)],
        .pure { inputs, context throws(NodeFailure) in
            let bindings = inputs["value"].isNull ? [:] : ["value": inputs["value"]]
            let holds = try Assertion.holds(inputs["condition"], &context, bindings: bindings, plainText: true)
            let message = holds ? "" : inputs.string("assert_message")
            let outputs: Object = ["passed": .bool(holds), "message": .string(message)]
            if !holds, inputs["fail_on_false"].bool ?? true {
                throw NodeFailure("AssertionError", message, outputs: outputs)
            }
            return NodeResult(outputs)
        })

    private static let logToFile = NodeType(
        "LogToFileNode", family: Self.family, "Writes lines to a log file.",
        parameters: [
            .init("log_file_path", .string, required: true, "The file; folders above it are made."),
            .init("log_message", .string, required: true, "The text; each of its lines becomes one."),
            .init(
                "level", .string, default: "INFO", choices: ["DEBUG", "INFO", "WARNING", "ERROR"],
                "What it says of itself."),
            .init("append", .boolean, default: true, "Add to the file; else it is replaced."),
            .init("add_timestamp", .boolean, default: true, "Begin each line with the local time."),
        ],
        outputs: [.init("success", .boolean), .init("lines_written", .integer)],
        effect: .effect,
        effectFor: { $0.knownFlag("append", default: true) == false ? .idempotent : .effect },
        .files { inputs, environment in
            let path = try PathPolicy(environment).resolve(inputs.string("log_file_path"))
            let now = Moment(secondsSince1970: environment.now().timeIntervalSince1970) ?? Moment(seconds: 0)
            let time = inputs["add_timestamp"].bool ?? true ? "[\(Self.logTime(now.seconds))] " : ""
            let lines = ScalarText(inputs.string("log_message")).lines.map {
                "\(time)[\(inputs.string("level"))] \($0.string)\n"
            }
            let content = Array(lines.joined().utf8)
            try FileAccess.makeDirectory(FileAccess.parent(of: path), parents: true)
            if inputs["append"].bool ?? true {
                try FileAccess.append(content, to: path, createIfMissing: true)
            } else {
                try FileAccess.write(content, to: path)
            }
            return NodeResult(["success": true, "lines_written": .int(lines.count)])
        })

    private static func logTime(_ seconds: Int) -> String {
        TimeZoneRules.local.civil(Moment(seconds: seconds)).isoText.replacing("T", with: " ")
    }
}

import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareCLI

/// The schema against a validator that somebody else wrote: Debian's python3-jsonschema.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct SchemaTests {
    /// Reads the schema and then a document from each line of stdin; prints for each the places of its errors.
    private static let script = """
        import json, sys
        import jsonschema
        schema = json.load(open("schema.json"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for line in sys.stdin:
            errors = validator.iter_errors(json.loads(line))
            print(json.dumps(["/".join(map(str, error.absolute_path)) for error in errors]))
        """

    /// The places of errors, for each document.
    private static func errors(in documents: [Value]) throws -> [[String]] {
        try withFolder { folder in
            // The suite is skipped without the program.
            let schema = try BuiltProgram.casarectl!.run(["workflow", "schema"], in: folder)
            #expect(schema.status == 0)
            #expect(schema.errors == "")
            try write(schema.output, to: folder + "/schema.json")
            let ending = try BuiltProgram(path: "/usr/bin/python3").run(
                ["-c", Self.script], in: folder, input: documents.map { $0.jsonText(.compact) + "\n" }.joined())
            try #require(
                ending.status == 0, "\(ending.errors)deploy/install-packages installs Debian's python3-jsonschema")
            return try ending.output.split(separator: "\n").map { line in
                try Value(parsingJSON: String(line)).list?.compactMap(\.string) ?? []
            }
        }
    }

    private static func document(_ type: String, _ config: Value) -> Value {
        ["nodes": ["n": ["node_type": .string(type), "config": config]]]
    }

    @Test func `every example and every workflow of the corpus fits, but for what is wrong with two`() throws {
        let root = "/" + #filePath.split(separator: "/").prefix { $0 != "Tests" }.joined(separator: "/")
        let examples = try FileManager.default.contentsOfDirectory(atPath: root + "/examples")
            .filter { $0.hasSuffix(".json") }.map { "\(root)/examples/\($0)" }
        let paths = examples + Corpus.all.map(\.path) + [root + "/Tests/Corpus/probes/sub_double.json"]
        try #require(paths.count > 60)
        let documents = try paths.map { try Value(parsingJSON: try String(contentsOfFile: $0, encoding: .utf8)) }
        let mistakes = [
            "p58_empty_workflow.json": ["nodes"],
            // An action that the node has not: it fails when it is reached.
            "batch_8_6_more_list.json": ["nodes/structured_data/config/action"],
        ]
        for (path, errors) in zip(paths, try Self.errors(in: documents)) {
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            #expect(errors == mistakes[name] ?? [], "\(path)")
        }
    }

    @Test func `every accepted shape fits`() throws {
        let documents: [Value] = [
            ["nodes": [["id": "a", "type": "LogNode"], ["node_id": "b", "node_type": "VisualLog"]]],
            [
                "nodes": [
                    "x": [
                        "type_": "casare_rpa.system.VisualMessageBoxNode", "custom": ["node_id": "m"],
                        "properties": ["message": "hello"], "pos": ["x": 1, "y": 2.5],
                    ]
                ]
            ],
            [
                "$schema": "workflow.schema.json", "metadata": .null,
                "variables": ["n": 1, "o": ["default_value": []]],
                "nodes": ["a": ["node_type": "LogNode"], "b": ["node_type": "LogNode"]], "editor": ["zoom": 2],
                "connections": [["out": ["a", "exec_out"], "in": ["b", "exec_in"]]],
                "settings": ["timeout": "30", "retry_count": .null],
            ],
            ["nodes": ["a": ["node_type": "LogNode"]], "variables": [["name": "n", "type": "Whatever"]]],
            ["nodes": ["a": ["node_type": "LogNode"]], "settings": ["on_recovery": "retry"]],
            ["nodes": ["a": ["node_type": "LogNode"]], "settings": ["on_recovery": "Skip"]],
            ["nodes": ["a": ["node_type": "LogNode"]], "settings": ["on_recovery": .null]],
            ["nodes": ["a": ["node_type": "LogNode"]], "settings": ["retry": "never"]],
            ["nodes": ["a": ["node_type": "LogNode"]], "settings": ["retry": .null]],
            [
                "nodes": ["a": ["node_type": "LogNode"]],
                "settings": [
                    "retry": [
                        "backoff": "list", "delays_seconds": [1, 2.5], "max_attempts": 3, "jitter": .null,
                        "by_kind": ["timeout": "never", "application": ["max_attempts": 2]],
                    ]
                ],
            ],
            // Values as they come from editors: templates, numbers as texts, null, other names, open-ended ones.
            Self.document("RetryNode", ["max_retries": "3", "delay_ms": 250, "backoff_multiplier": "{{factor}}"]),
            Self.document("LogNode", ["message": 5, "include_node_id": "yes", "level": .null, "_disabled": true]),
            Self.document("ForLoopStartNode", ["items": [1], "mode": "RANGE", "step": -1, "name": "each"]),
            Self.document("CreateListNode", ["item_1": 1, "item_17": [:]]),
            Self.document(
                "WriteFileNode", ["file_path": "${HOME}/x", "append_mode": "%flag%", "on_recovery": "Retry"]),
            Self.document("JoinNode", ["merge_strategy": "{{how}}", "paired_fork_id": "f", "unknown": 1]),
            Self.document("LaunchBrowserNode", ["anything": ["goes": true]]),
            Self.document("FileSystemSuperNode", ["action": "Read File"]),
            Self.document("FileSystemSuperNode", ["action": "read_file"]),
            Self.document("FileSystemSuperNode", ["action": "read"]),
            Self.document("FileSystemSuperNode", ["action": " "]),
            Self.document("HTTPSuperNode", ["method": "get"]),
        ]
        for (document, errors) in zip(documents, try Self.errors(in: documents)) {
            #expect(errors == [], "\(document.jsonText(.compact))")
        }
    }

    @Test func `what is broken does not fit, and the error is where it is broken`() throws {
        let broken: [(document: Value, place: String)] = [
            ([], ""), ([:], ""), (["nodes": [:]], "nodes"), (["nodes": ["a": [:]]], "nodes/a"),
            (["nodes": ["a": ["node_type": "NoSuchNode"]]], "nodes/a/node_type"),
            (["nodes": [["node_type": "LogNode"]]], "nodes/0"),
            (["nodes": ["a": ["node_type": "LogNode", "position": [1]]]], "nodes/a/position"),
            (["nodes": ["a": ["node_type": "LogNode", "config": []]]], "nodes/a/config"),
            (["nodes": ["a": ["node_type": "LogNode"]], "connections": [["source_node": "a"]]], "connections/0"),
            (["nodes": ["a": ["node_type": "LogNode"]], "connections": [:]], "connections"),
            (["nodes": ["a": ["node_type": "LogNode"]], "variables": [1]], "variables/0"),
            (["nodes": ["a": ["node_type": "LogNode"]], "settings": ["timeout": 0]], "settings/timeout"),
            (
                ["nodes": ["a": ["node_type": "LogNode"]], "settings": ["on_recovery": "hope"]],
                "settings/on_recovery"
            ),
            (["nodes": ["a": ["node_type": "LogNode"]], "settings": ["retry": ["max_atempts": 1]]], "settings/retry"),
            (
                ["nodes": ["a": ["node_type": "LogNode"]], "settings": ["retry": ["by_kind": ["business": "never"]]]],
                "settings/retry"
            ),
            (["nodes": ["a": ["node_type": "LogNode"]], "metadata": "x"], "metadata"),
            (["nodes": ["a": ["node_type": "LogNode"]], "inputs": [["name": "n", "type": "SHIP"]]], "inputs/0/type"),
            (
                ["nodes": ["a": ["node_type": "LogNode"]], "subflows": ["s.json": ["nodes": []]]],
                "subflows/s.json/nodes"
            ),
            (Self.document("RetryNode", ["max_attempts": 0]), "nodes/n/config/max_attempts"),
            (Self.document("RetryNode", ["max_retries": "many"]), "nodes/n/config/max_retries"),
            (Self.document("RetryNode", ["delay_ms": -1]), "nodes/n/config/delay_ms"),
            (Self.document("VisualFork", ["branch_count": 11]), "nodes/n/config/branch_count"),
            (Self.document("JoinNode", ["merge_strategy": "some"]), "nodes/n/config/merge_strategy"),
            (Self.document("FileSystemSuperNode", ["action": "Read Files"]), "nodes/n/config/action"),
            (Self.document("LogNode", ["include_node_id": "maybe"]), "nodes/n/config/include_node_id"),
            (Self.document("CreateListNode", ["on_recovery": "hope"]), "nodes/n/config/on_recovery"),
            (Self.document("ListJoinNode", ["list": 5]), "nodes/n/config/list"),
        ]
        for (broken, errors) in zip(broken, try Self.errors(in: broken.map(\.document))) {
            #expect(errors.contains(broken.place), "\(broken.document.jsonText(.compact)): \(errors)")
        }
    }

    @Test func `every parameter of every type that runs is described`() throws {
        try withFolder { folder in
            let program = BuiltProgram.casarectl!  // The suite is skipped without it.
            let schema = try Value(
                parsingJSON: try program.run(["workflow", "schema", "--compact"], in: folder).output)
            let types = try Value(parsingJSON: try program.run(["workflow", "nodes", "-o", "json"], in: folder).output)
            for type in types.list ?? [] {
                let name = type["name"]?.string ?? ""
                let config = schema["$defs"]?[name]
                #expect((config != nil) == (type["supported"] == true), "\(name)")
                for parameter in type["parameters"]?.list ?? [] where config != nil {
                    let described = config?["properties"]?[parameter["name"]?.string ?? ""]
                    #expect(described?["default"] ?? .null == parameter["default"], "\(name)")
                    let text = described?["description"]?.string ?? ""
                    #expect(text.hasPrefix(parameter["documentation"]?.string ?? "?"), "\(name)")
                }
            }
        }
    }
}

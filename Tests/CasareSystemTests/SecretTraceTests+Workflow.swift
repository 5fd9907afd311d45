import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

extension SecretTraceTests {
    /// The values, by what they are called in messages: all kinds of characters that something escapes, and of each
    /// enough to be told from anything else.
    ///
    /// None has fewer than 16 bytes: Swift keeps such a text in the `String` itself, and no one overwrites the stacks
    /// that copies of it lie on.
    enum Values {
        static let key = "Zq7wK2mVx9LpT4nRb8YcH3dF6gJ1sWuE"
        static let rotated = "Nw4rotAted9fLkDmBqYxT2cWz7VhRu5"
        static let quoted = "Pw\"\\/+ %&=\u{E4}\u{20AC}?#<Kd83hQmz0TbYw5>"
        /// Without a piece that would be the same in all forms.
        static let special = "\"\\/+\"\\%&\"+/\u{E4}\u{F6}\"=?\\\""
        static let password = "Bk/+5tGvN2rX\"8wQeZ6yUj4LmC0pA"
        static let lines = "first-line-Hq2mZx8vKd0wTn\nsecond-line-Rb7yPc3fLs5gJu\n"

        static let all = [
            "key": key, "rotated": rotated, "quoted": quoted, "special": special, "password": password, "lines": lines,
        ]
        static let basic = Data("tracer:\(password)".utf8).base64EncodedString()
        /// What the workflow writes to a file in the end.
        static let written = "pre-\(quoted):\(special)|\(rotated)"
    }

    /// Puts them there as a person does, and rotates one.
    ///
    /// - Parameter processes: A file for what others see of the processes meanwhile.
    static func setSecrets(_ system: TestSystem, noting processes: String) async throws {
        func run(_ arguments: [String], _ input: String) async throws {
            let ended = try await system.casarectl(arguments, input: input)
            #expect(ended.status == 0, "\(arguments): \(ended.errors)")
            try Self.note(ended, in: system)
        }
        try await run(["secret", "set", "trace/key", "--kind", "api_key"], Values.key)
        try await run(["secret", "set", "trace/quoted"], Values.quoted)
        try await run(["secret", "set", "trace/special"], Values.special)
        try await run(["secret", "set", "trace/lines"], Values.lines)
        let login: Value = ["username": "tracer", "password": .string(Values.password)]
        try await run(
            ["secret", "set", "trace/login", "--kind", "username_password", "--fields", "-"],
            login.jsonText(.compact))
        // The hook looks at what everybody may see, before it takes the value.
        let hook = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ >> '\(processes)' 2>/dev/null; cat > /dev/null"
        try await run(["secret", "rotate", "trace/key", "--from-stdin", "--hook", hook], Values.rotated)
    }

    /// Uses the secrets in every way that there is, and fails with them in its message. The script waits for the file
    /// `gate`, and says by the file `gate.begun` that it runs.
    static func document(server: String, gate: String, writingTo path: String) -> String {
        func node(_ type: String, _ config: Object) -> Value {
            ["node_type": .string(type), "config": .object(config)]
        }
        let script = """
            import os, time
            print("seen", k, q)
            open(gate + ".begun", "w").close()
            while not os.path.exists(gate):
                time.sleep(0.05)
            result = {"k": k, "q": [q]}
            """
        let nodes: [(String, Value)] = [
            ("log", node("LogNode", ["message": "with {{$secret:trace/key}} and {{$secret:trace/key@1}}"])),
            (
                "join",
                node(
                    "ConcatenateNode",
                    [
                        "string_1": "pre-{{$secret:trace/quoted}}", "string_2": "{{$secret:trace/special}}",
                        "separator": ":",
                    ])
            ),
            ("encode", node("Base64Node", ["input_text": "tracer:{{$secret:login.password}}"])),
            ("sign", node("HttpAuthNode", ["credential_name": "login", "auth_type": "Basic"])),
            (
                "post",
                node(
                    "HttpRequestNode",
                    [
                        "url": .string("\(server)/in"), "method": "POST", "headers": "{{sign.headers}}",
                        "params": ["q": "{{$secret:trace/quoted}}", "s": "{{$secret:trace/special}}"],
                        "body": [
                            "quoted": "{{$secret:trace/quoted}}", "joined": "{{join.result}}",
                            "special": "{{$secret:trace/special}}", "lines": "{{$secret:trace/lines}}",
                            "key": "{{$secret:trace/key}}",
                        ],
                    ])
            ),
            (
                "get",
                node(
                    "HttpRequestNode",
                    [
                        "url": .string("\(server)/get?k={{$secret:trace/key}}"),
                        "headers": ["Authorization": "Basic {{encode.output}}", "X-Key": "{{$secret:trace/key}}"],
                    ])
            ),
            ("keep", node("SetVariableNode", ["variable_name": "kept", "value": "{{post.response_body}}"])),
            (
                "compute",
                node(
                    "EvalExpressionNode",
                    ["expression": "'<' + k + '>'", "variables": ["k": "{{$secret:trace/special}}"]])
            ),
            (
                "script",
                node(
                    "RunPythonScriptNode",
                    [
                        "code": .string(script), "on_recovery": "retry", "timeout": 600,
                        "variables": [
                            "k": "{{$secret:trace/key}}", "q": "{{$secret:trace/quoted}}", "gate": .string(gate),
                        ],
                    ])
            ),
            (
                "write",
                node(
                    "WriteFileNode",
                    ["file_path": .string(path), "content": "{{join.result}}|{{$secret:trace/key}}"])
            ),
            (
                "again",
                node(
                    "LogNode", ["message": "again {{get.response_body}} {{script.output}}", "data": "{{kept}}"])
            ),
            (
                "fail",
                node(
                    "ThrowErrorNode",
                    [
                        "error_message": .string(
                            "{{$secret:trace/quoted}} / {{encode.output}} / {{join.result}} / {{kept}} / "
                                + "{{$secret:login.password}}")
                    ])
            ),
        ]
        let document: Value = [
            "metadata": ["name": "tracer"], "credential_bindings": ["login": "trace/login"],
            "nodes": .object(Object(nodes)),
            "connections": .list(
                zip(nodes, nodes.dropFirst()).map { source, target in
                    [
                        "source_node": .string(source.0), "source_port": "exec_out",
                        "target_node": .string(target.0), "target_port": "exec_in",
                    ]
                }),
        ]
        return document.jsonText(.compact)
    }
}

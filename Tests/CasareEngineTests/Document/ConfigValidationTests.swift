import CasareDomain
import Testing

@testable import CasareEngine

@Suite struct ConfigValidationTests {
    @Test(
        arguments: [
            ([:], true), (["variable_name": "  "], true), (["variable_name": nil], true),
            (["variable_name": "x"], false),
            (["variable_name": "{{name}}"], false),
        ] as [(Object, Bool)])
    func `a required parameter that nothing sets is pointed out`(config: Object, isMissing: Bool) {
        let document = WorkflowDocument(nodes: [.init(id: "a", type: "SetVariableNode", config: config)])
        let issues = document.validate(against: DocumentFixtures.catalogue)
        #expect(issues.map(\.code) == (isMissing ? ["MISSING_PARAMETER"] : []))
    }

    @Test func `a connection, a promoted parameter or being disabled makes up for it`() {
        var document = WorkflowDocument(nodes: [
            .init(id: "a", type: "EvalExpressionNode"), .init(id: "b", type: "SetVariableNode"),
        ])
        document.connections = [
            .init(source: "a", sourcePort: "exec_out", target: "b", targetPort: "exec_in"),
            .init(source: "a", sourcePort: "result", target: "b", targetPort: "variable_name"),
        ]
        #expect(document.validate(against: DocumentFixtures.catalogue).isEmpty)
        document.connections.removeLast()
        #expect(document.validate(against: DocumentFixtures.catalogue).map(\.code) == ["MISSING_PARAMETER"])
        document.interface = .init(parameters: [.init(name: "p", internalNode: "b", internalProperty: "variable_name")])
        #expect(document.validate(against: DocumentFixtures.catalogue).isEmpty)
        document.interface = nil
        document.nodes[1].isDisabled = true
        #expect(document.validate(against: DocumentFixtures.catalogue).isEmpty)
    }

    @Test(
        arguments: [
            ("info", true), ("INFO", true), ("", true), ("{{level}}", true), ("${level}", true), ("%level%", true),
            ("inof", false), ("critical", false), (3, false),
        ] as [(Value, Bool)])
    func `a value beside the choices is pointed out`(value: Value, isChoice: Bool) {
        let codes = DocumentFixtures.codes(["a": "LogNode"], configs: ["a": ["level": value]])
        #expect(codes == (isChoice ? [] : ["INVALID_CHOICE"]))
    }

    @Test(
        arguments: [
            ("count", 0, true), ("count", 1, false), ("count", "7", false), ("count", "many", true),
            ("count", "", true),
            ("count", nil, false), ("count", "{{n}}", false), ("count", 1.5, true), ("count", [1], true),
            ("delay_ms", 500, false), ("delay_ms", 20_000, true), ("flag", "maybe", true), ("flag", "Yes", false),
            ("items", "rows", false), ("items", 5, true), ("items", [1], false), ("text", [1], false),
        ] as [(String, Value, Bool)])
    func `a value that the node cannot take is pointed out`(key: String, value: Value, fails: Bool) throws {
        let type = NodeType(
            "WorkNode", family: "", "",
            parameters: [
                .init("count", .integer, range: 1...10),
                .init(
                    "delay", .number, range: 0...10,
                    aliases: [
                        .init("delay_ms", scale: 0.001)
                    ]), .init("flag", .boolean), .init("items", .list), .init("text", .string),
            ], .pure { _, _ in NodeResult() })
        var document = WorkflowDocument(name: "test")
        document.nodes = [.init(id: "a", type: "WorkNode", config: [key: value])]
        let issues = document.validate(against: NodeCatalogue([type]))
        #expect(issues.map(\.code) == (fails ? ["INVALID_VALUE"] : []))
        #expect(issues.allSatisfy { !$0.isError && $0.message.contains(key) })
        // What a connection delivers wins.
        document.nodes.append(.init(id: "b", type: "WorkNode", config: ["text": "x"]))
        document.connections = [
            .init(source: "b", sourcePort: "exec_out", target: "a", targetPort: "exec_in", position: 0),
            .init(source: "b", sourcePort: "text", target: "a", targetPort: key, position: 1),
        ]
        #expect(!document.validate(against: NodeCatalogue([type])).contains { $0.code == "INVALID_VALUE" })
    }

    @Test(
        arguments: [
            ("retry", true), ("ASK", true), ("", true), (nil, true), ("retyr", false), ("{{policy}}", false),
            (1, false),
        ] as [(Value, Bool)])
    func `what becomes of steps in doubt is a policy that is known, of a node and of the workflow`(
        policy: Value, isKnown: Bool
    ) {
        let codes = isKnown ? [] : ["INVALID_CHOICE"]
        #expect(DocumentFixtures.codes(["a": "LogNode"], configs: ["a": ["on_recovery": policy]]) == codes)
        var document = DocumentFixtures.document(["a": "LogNode"])
        document.settings = .init(onRecovery: OnRecovery(written: policy), members: ["on_recovery": policy])
        let issues = document.validate(against: DocumentFixtures.catalogue)
        #expect(issues.map(\.code) == codes)
        #expect(issues.allSatisfy { $0.isError && $0.location == "settings.on_recovery" })
        if policy == "retyr" { #expect(issues.first?.suggestion == "Did you mean 'retry'?") }
    }

    @Test(
        arguments: [
            (nil, nil), ("never", nil), ([:], nil),
            (["backoff": "fixed", "delay_seconds": 30, "by_kind": ["timeout": "never"]], nil),
            (["max_atempts": 3], #"there is no member "max_atempts"; did you mean max_attempts?"#),
            (["by_kind": ["business": [:]]], "by_kind.business: failures of this kind are never retried; leave it out"),
            (3, #"it is a number; expected an object such as {"backoff": "fixed", "delay_seconds": 30, "#),
        ] as [(Value, String?)])
    func `how jobs are tried again is a policy that can be`(retry: Value, reason: String?) throws {
        var document = DocumentFixtures.document(["a": "LogNode"])
        document.settings = .init(members: ["retry": retry])
        let issues = document.validate(against: DocumentFixtures.catalogue)
        #expect(issues.map(\.code) == (reason == nil ? [] : ["INVALID_SETTING"]))
        guard let reason else { return }
        let issue = try #require(issues.first)
        #expect(issue.isError && issue.location == "settings.retry")
        #expect(issue.message.hasPrefix("The workflow's settings: 'retry' is no retry policy: \(reason)"))
    }

    @Test func `a choice may be written in other ways where its type says so`() {
        #expect(DocumentFixtures.codes(["a": "HttpSuperNode"], configs: ["a": ["action": "get"]]).isEmpty)
        #expect(
            DocumentFixtures.codes(["a": "HttpSuperNode"], configs: ["a": ["action": "ge"]]) == ["INVALID_CHOICE"])
        for text in ["GET Request", "get_request", "GetRequest", "post", ""] {
            #expect(DocumentFixtures.codes(["a": "HttpSuperNode"], configs: ["a": ["action": .string(text)]]).isEmpty)
        }
        // Only where a choice has other texts.
        #expect(
            DocumentFixtures.codes(["a": "LogNode"], configs: ["a": ["level": "in_fo"]]) == ["INVALID_CHOICE"])
    }

    @Test func `config that a node does not know is pointed out once, with what was meant`() {
        let issues = DocumentFixtures.issues(
            ["a": "LogNode"],
            configs: [
                "a": [
                    "mesage": "hi", "colour": 1, "_disabled": false, "label": "L", "on_recovery": "skip", "gone": nil,
                    "paired_start_id": "",
                ]
            ])
        #expect(issues.map(\.code) == ["UNKNOWN_CONFIG_KEY"])
        #expect(issues.first?.message.contains("'mesage' and 'colour'") == true)
        #expect(issues.first?.suggestion?.contains("'message'") == true)
    }

    @Test func `a subflow's and a trigger's config is their own affair`() {
        #expect(
            DocumentFixtures.codes(
                ["a": "SubflowNode", "t": "ScheduleTriggerNode"], ["t -> a"],
                configs: ["a": ["amount": 1], "t": ["cron": "* * * * *"]]
            ).isEmpty)
    }

    @Test func `text that looks like code is pointed out, but not where code belongs`() {
        let issues = DocumentFixtures.issues(
            ["a": "LogNode", "b": "EvalExpressionNode", "c": "ClickNode"], ["a -> b", "b -> c"],
            configs: [
                "a": ["message": ["please OPEN(door)"]], "b": ["formula": "eval(x)"], "c": ["script": "window.open(1)"],
            ])
        #expect(issues.map(\.code) == ["UNSUPPORTED_NODE_TYPE", "DANGEROUS_PATTERN"])
        #expect(issues.last?.severity == .warning)
        #expect(issues.last?.location == "node:a")
    }

    @Test(
        arguments: [
            ("", nil), ("open", nil), ("open (x)", nil), ("eva", nil), ("o", nil), ("open(", "open("),
            ("a Üver os.SYSTEM", "os.system"), ("xx__globals__", "__globals__"), ("pickle.loads(open(p))", "open("),
            ("ooopen(", "open("), ("evaleval(", "eval("), ("exec(__IMPORT__('os'))", "__import__"),
        ] as [(String, String?)])
    func `of texts that look like code the first of the list is named`(text: String, pattern: String?) {
        #expect(CodePatterns.first(in: text) == pattern)
    }
}

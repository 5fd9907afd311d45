import CasareDomain
import CasareEngine
import FoundationEssentials
import Synchronization
import Testing

/// Workflows that call workflows.
struct CallTests {
    /// Doubles `amount`.
    private static let double = StandardRun.workflow(
        ["times": ("MathOperationNode", ["operation": "multiply", "a": "{{amount}}", "b": 2])],
        extra: [
            "id": "double-id", "inputs": [["name": "amount", "type": "INTEGER", "required": true]],
            "outputs": [
                [
                    "name": "doubled", "type": "INTEGER", "internal_node_id": "times",
                    "internal_port_name": "result",
                ]
            ],
        ])

    private static func calling(_ type: String, _ config: Object) -> KeyValuePairs<String, (String, Object)> {
        [
            "call": (type, config), "keep": StandardRun.set("seen", "{{call.doubled}}"),
            "fail": StandardRun.set("failed", true),
        ]
    }

    @Test(arguments: [
        ("SubflowNode", "subflow_path", "d.json"), ("SubflowNode", "subflow_id", "double-id"),
        ("CallSubworkflowNode", "subworkflow_id", "double-id"), ("CallSubworkflowNode", "subworkflow_path", "./d.json"),
    ])
    func `a workflow is called by its path or its ID`(type: String, key: String, name: String) async throws {
        let run = try await StandardRun(
            Self.calling(type, Object([(key, .string(name)), ("amount", 21)])), ["call > keep", "call.error > fail"],
            subflows: ["d.json": Self.double])
        #expect(run.failure == nil, "\(run.result.error ?? "")")
        #expect(run["seen"] == 42)
        #expect(run["amount"].isNull)
    }

    @Test func `a call says how it went and how long it took`() async throws {
        let seconds = Mutex(0.0)
        let run = try await StandardRun(
            Self.calling("CallSubworkflowNode", ["subworkflow_path": "d.json", "amount": 1]), ["call > keep"],
            subflows: ["d.json": Self.double],
            now: {
                Date(
                    timeIntervalSince1970: seconds.withLock {
                        $0 += 1.5; return $0
                    })
            })
        let outputs = run.result.nodeOutputs?["call"]
        #expect(outputs?["success"] == true)
        #expect(outputs?["execution_time_ms"] == 1500)
        #expect(outputs?["doubled"] == 2)
    }

    @Test(arguments: ["SubflowNode", "CallSubworkflowNode"])
    func `a missing required input is a failure, and failures go to the error port`(type: String) async throws {
        let run = try await StandardRun(
            Self.calling(type, ["subflow_path": "d.json", "subworkflow_path": "d.json"]),
            ["call > keep", "call.error > fail"], subflows: ["d.json": Self.double])
        #expect(run["failed"] == true)
        #expect(run["seen"].isNull)
        #expect(run.result.nodeErrors.map(\.error) == ["Missing required input: amount"])
    }

    @Test(
        arguments: [
            ("SubflowNode", [:], "Subflow not loaded"),
            ("CallSubworkflowNode", [:], "subworkflow_id is required"),
            ("CallSubworkflowNode", ["subworkflow_id": "gone"], "Subworkflow not loaded: gone"),
            ("ExecuteWorkflowNode", [:], "workflow_path is required"),
            ("ExecuteWorkflowNode", ["workflow_path": "gone.json"], "Workflow not loaded: gone.json"),
            (
                "CallSubworkflowNode", ["subworkflow_id": "d", "timeout_seconds": 0],
                "timeout_seconds must be between 1 and"
            ),
            (
                "CallSubworkflowNode", ["subworkflow_id": "d", "execution_mode": "soon"],
                "execution_mode must be one of"
            ),
        ] as [(String, Object, String)])
    func `what cannot be called is said`(type: String, config: Object, message: String) async throws {
        let run = try await StandardRun(["call": (type, config)])
        #expect(run.result.error?.hasPrefix(message) == true, "\(run.result.error ?? "")")
    }

    @Test func `a failure inside is the calling node's`() async throws {
        let run = try await StandardRun(
            ["call": ("CallSubworkflowNode", ["subworkflow_path": "c.json"]), "after": StandardRun.set("after", 1)],
            ["call > after"], settings: ["stop_on_error": false],
            subflows: ["c.json": StandardRun.workflow(["bad": StandardRun.fail("inner")])])
        #expect(run["after"] == 1)
        #expect(run.result.nodeErrors.map(\.node) == ["bad", "call"])
        #expect(run.result.nodeErrors.map(\.error) == ["inner", "inner"])
        #expect(run.result.nodeOutputs?["call"]?["success"] == false)
    }

    @Test func `workflows may call each other ten deep`() async throws {
        let circle = StandardRun.workflow(
            [
                "n": ("IncrementVariableNode", ["variable_name": "n"]),
                "call": ("SubflowNode", ["subflow_path": "c.json"]),
            ],
            ["n > call"])
        let run = try await StandardRun(
            ["call": ("SubflowNode", ["subflow_path": "c.json"])], subflows: ["c.json": circle])
        #expect(run.result.error == "Maximum call depth (10) exceeded at call")
        #expect(run.result.trace?.filter { $0 == "n" }.count == 10)
    }

    @Test func `a path is relative to the workflow that it stands in`() async throws {
        let run = try await StandardRun(
            ["call": ("ExecuteWorkflowNode", ["workflow_path": "parts/a.json"])],
            subflows: [
                "parts/a.json": StandardRun.workflow(["call": ("SubflowNode", ["subflow_path": "b.json"])]),
                "parts/b.json": StandardRun.workflow(["bad": StandardRun.fail("the one beside it")]),
                "b.json": StandardRun.workflow(["bad": StandardRun.fail("the other one")]),
            ])
        #expect(run.result.error == "the one beside it")
    }

    @Test func `an executed workflow gets the variables and gives none back`() async throws {
        let child = StandardRun.workflow(
            ["check": ("AssertNode", ["condition": "{{x}} == 5 and {{y}} == 7"]), "set": StandardRun.set("x", 6)],
            ["check > set"], extra: ["variables": ["x": 1, "y": 7]])
        let run = try await StandardRun(
            ["a": StandardRun.set("x", 5), "call": ("ExecuteWorkflowNode", ["workflow_path": "c.json"])], ["a > call"],
            subflows: ["c.json": child])
        #expect(run.failure == nil, "\(run.result.error ?? "")")
        #expect(run["x"] == 5)
    }

    // MARK: - Ports as nodes

    @Test func `inputs and outputs may be nodes`() async throws {
        let child = StandardRun.workflow(
            [
                "in": ("SubflowInputNode", ["port_name": "amount"]),
                "times": ("MathOperationNode", ["operation": "multiply", "a": "{{in.value}}", "b": 2]),
                "out": ("SubflowOutputNode", ["port_name": "doubled"]),
            ], ["times.result ~ out.value"])
        let run = try await StandardRun(
            Self.calling("SubflowNode", ["subflow_path": "c.json", "amount": 4]), ["call > keep"],
            subflows: ["c.json": child])
        #expect(run["seen"] == 8)
    }

    @Test func `input and output nodes work in a run of their own, too`() async throws {
        let run = try await StandardRun(
            [
                "in": ("SubflowInputNode", ["port_name": "x"]), "set": StandardRun.set("y", "{{in.value}}!"),
                "out": ("SubflowOutputNode", ["port_name": "z", "value": "{{y}}!"]),
            ], given: ["x": "hey"])
        #expect(run["z"] == "hey!!")
        #expect(run.result.trace == ["set"])
    }

    // MARK: - Promoted parameters

    private static func greeter(_ parameter: Object) -> Value {
        StandardRun.workflow(
            [
                "say": StandardRun.set("text", "nobody"), "if": ("IfNode", ["condition": "false"]),
                "yes": StandardRun.set("yes", 1),
            ],
            ["say > if", "if.true > yes"],
            extra: [
                "outputs": [["name": "text", "type": "STRING"], ["name": "yes", "type": "ANY"]],
                "parameters": [
                    .object(parameter),
                    ["name": "when", "internal_node_id": "if", "internal_property_name": "condition"],
                ],
            ])
    }

    private static let whom: Object = ["name": "whom", "internal_node_id": "say", "internal_property_name": "value"]

    @Test func `a promoted parameter sets the config of a node inside`() async throws {
        let run = try await StandardRun(
            [
                "call": (
                    "SubflowNode", ["subflow_path": "c.json", "whom": "{{name}}", "when": "{{text}} == 'Ada {{x}}'"]
                ), "keep": StandardRun.set("seen", "{{call.text}} {{call.yes}}"),
            ], ["call > keep"], given: ["name": "Ada {{x}}", "x": "no"], subflows: ["c.json": Self.greeter(Self.whom)])
        // What comes from outside is data: templates in it are not read, neither here nor inside.
        #expect(run["seen"] == "Ada {{x}} {{call.yes}}")
    }

    @Test func `an expression is promoted as it was written`() async throws {
        let run = try await StandardRun(
            [
                "call": ("SubflowNode", ["subflow_path": "c.json", "whom": 5, "when": "{{text}} > 4"]),
                "keep": StandardRun.set("seen", "{{call.text}} {{call.yes}}"),
            ], ["call > keep"], subflows: ["c.json": Self.greeter(Self.whom)])
        #expect(run["seen"] == "5 1")
    }

    @Test(
        arguments: [
            (["default_value": "Eve {{x}}"], [:], "Eve 1"), (["default_value": "Eve"], ["whom": "Bob"], "Bob"),
            ([:], [:], "nobody"), (["choices": ["Bob", "Eve"]], ["whom": "bob"], "Bob"),
        ] as [(Object, Object, String)])
    func `the calling node's value wins over the default`(
        parameter: Object, config: Object, text: String
    ) async throws {
        let run = try await StandardRun(
            [
                "call": ("SubflowNode", Object([("subflow_path", "c.json")]).merging(config)),
                "keep": StandardRun.set("seen", "{{call.text}}"),
            ], ["call > keep"], given: ["x": 1], subflows: ["c.json": Self.greeter(Self.whom.merging(parameter))])
        #expect(run["seen"] == .string(text))
    }

    @Test(
        arguments: [
            (["required": true], [:], "Missing required parameter(s): whom"),
            (["choices": ["Bob"]], ["whom": "Eve"], "whom must be one of: Bob"),
            (["min_value": 1, "max_value": 9], ["whom": 10], "whom must be between 1 and 9, not 10"),
        ] as [(Object, Object, String)])
    func `a parameter that does not fit is a fault`(
        parameter: Object, config: Object, message: String
    ) async throws {
        let run = try await StandardRun(
            ["call": ("SubflowNode", Object([("subflow_path", "c.json")]).merging(config))],
            subflows: ["c.json": Self.greeter(Self.whom.merging(parameter))])
        #expect(run.result.error == message)
    }
}

import CasareDomain
import CasareEngine
import CasareNodes
import Testing

/// Which stored workflows a workflow may start as jobs, by what is written in it.
struct StartedWorkflowsTests {
    /// A document of one node, and of what else it says.
    private static func document(
        _ type: String = "CallSubworkflowNode", _ config: Object, _ extra: Object = [:]
    ) -> Value {
        let nodes: Value = [
            "call": ["node_type": .string(type), "config": .object(config)], "s": ["node_type": "StartNode"],
        ]
        return .object(Object([("nodes", nodes)]).merging(extra))
    }

    private static func started(by document: Value) throws -> StartedWorkflows {
        try StartedWorkflows(by: document, catalogue: StandardNodes.catalogue)
    }

    @Test(
        arguments: [
            ("CallSubworkflowNode", ["subworkflow_id": "a", "execution_mode": "async"], ["a"]),
            ("CallSubworkflowNode", ["subworkflow_path": "a.json", "execution_mode": "ASYNC"], ["a.json"]),
            (
                "CallSubworkflowNode",
                ["subworkflow_id": "a", "subworkflow_path": "{{x}}", "execution_mode": "async"], ["a"]
            ),
            ("CallSubworkflowNode", ["subworkflow_id": 7, "execution_mode": "async"], ["7"]),
            ("VisualCallSubworkflowNode", ["subworkflow_id": "a", "execution_mode": "async"], ["a"]),
            ("ExecuteWorkflowNode", ["workflow_path": "a", "wait_for_completion": false], ["a"]),
            ("ExecuteWorkflowNode", ["workflow_path": "a", "wait_for_completion": "no"], ["a"]),
            // Whether it asks only the run knows.
            ("CallSubworkflowNode", ["subworkflow_id": "a", "execution_mode": "{{x}}"], ["a"]),
            ("ExecuteWorkflowNode", ["workflow_path": "a", "wait_for_completion": "{{x}}"], ["a"]),
            // A text elsewhere is no call, whatever it says.
            (
                "CallSubworkflowNode",
                ["subworkflow_id": "a", "execution_mode": "async", "order": "{{x}}", "note": "b"], ["a"]
            ),
        ] as [(String, Object, Set<String>)])
    func `a node that asks for a job names what it starts`(type: String, config: Object, names: Set<String>) throws {
        let started = try Self.started(by: Self.document(type, config))
        #expect(started.names == names && !started.isOpen)
        for name in names { #expect(started.mayBe(name)) }
        #expect(!started.mayBe("other"))
    }

    @Test(
        arguments: [
            ("CallSubworkflowNode", ["subworkflow_id": "a"]),
            ("CallSubworkflowNode", ["subworkflow_id": "a", "execution_mode": "sync"]),
            ("CallSubworkflowNode", ["subworkflow_id": "{{x}}"]),
            ("CallSubworkflowNode", ["subworkflow_id": "a", "execution_mode": "elsewhere"]),
            ("CallSubworkflowNode", ["subworkflow_id": " ", "execution_mode": "async"]),
            ("ExecuteWorkflowNode", ["workflow_path": "a"]),
            ("ExecuteWorkflowNode", ["workflow_path": "a", "wait_for_completion": true]),
            ("SubflowNode", ["subflow_path": "a"]), ("SubflowNode", ["subflow_id": "{{x}}"]),
            ("LogNode", ["message": "{{x}}"]),
        ] as [(String, Object)])
    func `a node that calls in its own run, or that fails, starts nothing`(type: String, config: Object) throws {
        let started = try Self.started(by: Self.document(type, config))
        #expect(started.names.isEmpty && !started.isOpen)
    }

    @Test(
        arguments: [
            ("CallSubworkflowNode", ["subworkflow_id": "{{x}}", "execution_mode": "async"]),
            ("CallSubworkflowNode", ["subworkflow_path": "parts/${x}.json", "execution_mode": "async"]),
            ("CallSubworkflowNode", ["subworkflow_path": "%x%", "execution_mode": "async"]),
            ("CallSubworkflowNode", ["subworkflow_id": "{{x}}", "execution_mode": "{{y}}"]),
            ("ExecuteWorkflowNode", ["workflow_path": "{{x}}", "wait_for_completion": false]),
        ] as [(String, Object)])
    func `what a template says only the run knows`(type: String, config: Object) throws {
        let started = try Self.started(by: Self.document(type, config))
        #expect(started.isOpen && started.mayBe("anything"))
    }

    @Test(
        arguments: [
            [
                "connections": [
                    [
                        "source_node": "s", "source_port": "value", "target_node": "call",
                        "target_port": "subworkflow_id",
                    ]
                ]
            ],
            [
                "parameters": [
                    ["name": "which", "internal_node_id": "call", "internal_property_name": "subworkflow_id"]
                ]
            ],
            [
                "inputs": [
                    ["name": "which", "internal_node_id": "call", "internal_port_name": "subworkflow_id"]
                ]
            ],
        ] as [Object])
    func `so it is with what a connection or the interface gives`(extra: Object) throws {
        let config: Object = ["subworkflow_id": "a", "execution_mode": "async"]
        #expect(try Self.started(by: Self.document("CallSubworkflowNode", config, extra)).isOpen)
        let other = try Self.started(by: Self.document("LogNode", ["message": "a"], extra))
        #expect(!other.isOpen && other.names.isEmpty)
    }

    @Test func `who says whether a job is asked for gives no name by that`() throws {
        let extra: Object = [
            "parameters": [["name": "how", "internal_node_id": "call", "internal_property_name": "execution_mode"]]
        ]
        let started = try Self.started(by: Self.document("CallSubworkflowNode", ["subworkflow_id": "a"], extra))
        #expect(started.names == ["a"] && !started.isOpen)
    }

    @Test func `what comes along starts what it names, too`() throws {
        let config: Object = ["subworkflow_id": "deep", "execution_mode": "async"]
        let inner = Self.document("CallSubworkflowNode", config)
        let middle = Self.document("SubflowNode", ["subflow_path": "inner.json"], ["subflows": ["inner.json": inner]])
        let outer = Self.document(
            "SubflowNode", ["subflow_path": "parts/middle.json"], ["subflows": ["parts/middle.json": middle]])
        let started = try Self.started(by: outer)
        #expect(started.names == ["deep"] && !started.isOpen)
    }

    @Test func `a document that does not load says so`() {
        #expect(throws: ProgramError.self) { try Self.started(by: ["nodes": [:]]) }
        #expect(throws: ProgramError.self) {
            try Self.started(by: Self.document("LogNode", [:], ["subflows": ["a.json": ["nodes": 5]]]))
        }
    }
}

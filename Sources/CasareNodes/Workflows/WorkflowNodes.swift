import CasareDomain
package import CasareEngine

/// Calls to other workflows, and what those take and give (node catalogue §1.18).
package enum WorkflowNodes {
    package static let types: [NodeType] = Self.callingTypes + Self.portTypes

    private static let family = "Workflows"

    private static let callingTypes: [NodeType] = [
        NodeType(
            "SubflowNode", family: Self.family, "Runs a subflow; its inputs and outputs are this node's.",
            parameters: [
                .init("subflow_id", .string, default: "", "The subflow's ID, when no path is given."),
                .init("subflow_path", .string, default: "", "The subflow's file."),
            ],
            // The subflow's inputs have any name.
            parameterPrefixes: [""], execOutputs: ["exec_out", "error"], .structure(.subflow)),
        NodeType(
            "CallSubworkflowNode", family: Self.family,
            "Calls a subflow, here or as a job of its own; its inputs and outputs are this node's.",
            parameters: [
                .init("subworkflow_id", .string, default: "", "The subflow's ID."),
                .init("subworkflow_path", .string, default: "", "The subflow's file, when no ID is given."),
                .init(
                    "execution_mode", .string, default: "sync", choices: ["sync", "async"],
                    "async submits a job; where there is no orchestrator it runs here."),
                .init(
                    "timeout_seconds", .integer, default: 300, range: 1...86_400, "Seconds that the call may take."),
                .init("wait_for_result", .boolean, default: true, "Whether to wait for a submitted job."),
                .init("poll_interval", .integer, default: 5, range: 1...60, "Seconds between two looks at it."),
            ],
            parameterPrefixes: [""],
            outputs: [.init("job_id", .string), .init("success", .boolean), .init("execution_time_ms", .integer)],
            execOutputs: ["exec_out", "error"], readsClock: true, .structure(.callSubworkflow)),
        NodeType(
            "ExecuteWorkflowNode", family: Self.family, "Runs another workflow on a copy of the variables.",
            parameters: [
                .init("workflow_path", .string, default: "", "The workflow's file."),
                .init(
                    "wait_for_completion", .boolean, default: true,
                    "Off: a job of its own, where there is an orchestrator."),
            ],
            parameterPrefixes: [""], execOutputs: ["exec_out", "error"], .structure(.executeWorkflow)),
    ]

    private static let portTypes: [NodeType] = [
        NodeType(
            "SubflowInputNode", family: Self.family, "An input of this subflow; evaluated before it starts.",
            parameters: [.init("port_name", .string, default: "input", "The input's name.")],
            outputs: [.init("value", .any)], execOutputs: [], .structure(.subflowInput)),
        NodeType(
            "SubflowOutputNode", family: Self.family, "An output of this subflow; evaluated after its run.",
            parameters: [
                .init("port_name", .string, default: "output", "The output's name."),
                .init("value", .any, "The output's value."),
            ],
            outputs: [.init("value", .any)], execOutputs: [], .structure(.subflowOutput)),
    ]
}

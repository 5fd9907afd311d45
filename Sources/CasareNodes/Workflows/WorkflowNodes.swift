import CasareDomain
package import CasareEngine

/// Calls to other workflows (node catalogue §1.18).
package enum WorkflowNodes {
    package static let types: [NodeType] = [
        NodeType(
            "SubflowNode", family: "Workflows", "Runs a subflow; its inputs and outputs are this node's.",
            parameters: [
                .init("subflow_id", .string, default: "", "The subflow's ID, when no path is given."),
                .init("subflow_path", .string, default: "", "The subflow's file."),
            ],
            // The subflow's inputs have any name.
            parameterPrefixes: [""], execOutputs: ["exec_out", "error"], .structure(.subflow))
    ]
}

import CasareDomain
package import CasareEngine

/// Start and end, branches, loops, Try and Fork (node catalogue §1.1 and §1.2). The interpreter carries them out; their
/// names, parameters and ports stand here.
package enum ControlFlowNodes {
    package static let types: [NodeType] =
        Self.plainTypes + Self.branchTypes + Self.loopTypes + Self.tryTypes
        + Self.parallelTypes

    private static let family = "Control flow"

    private static let plainTypes: [NodeType] = [
        NodeType("StartNode", family: Self.family, "Where a run begins.", .structure(.start)),
        NodeType("EndNode", family: Self.family, "Ends its branch.", execOutputs: [], .structure(.end)),
        NodeType(
            "CommentNode", family: Self.family, "A note; does nothing.",
            parameters: [.init("comment", .string, default: "", "The note.")],
            .structure(.comment)),
        NodeType(
            "RerouteNode", family: Self.family, "A bend in a wire; removed when the document is read.",
            parameters: [
                .init("in", .any, "The value passed on."),
                .init("is_exec_reroute", .boolean, default: false, "Whether the wire is an exec connection."),
                .init("data_type", .string, default: "ANY", "The type of the wire, for the editor."),
            ],
            outputs: [.init("out", .any)],
            .structure(.reroute)),
        NodeType("MergeNode", family: Self.family, "Brings branches together and goes on.", .structure(.merge)),
    ]

    private static let branchTypes: [NodeType] = [
        NodeType(
            "IfNode", family: Self.family, "Goes on at true or at false.",
            parameters: [
                .init("condition", .any, verbatim: true, "A value or an expression; decides before `expression`."),
                .init("expression", .string, default: "", verbatim: true, "An expression, such as `{{count}} > 3`."),
            ],
            execOutputs: ["true", "false"], .structure(.if)),
        NodeType(
            "SwitchNode", family: Self.family, "Goes on at the case that a value equals, else at default.",
            parameters: [
                .init("value", .any, verbatim: true, "The value; decides before `expression`."),
                .init("cases", .list, default: [], "The cases; the output of case x is `case_x`."),
                .init("expression", .string, default: "", verbatim: true, "An expression for the value."),
            ],
            execOutputs: ["default"], .structure(.switch)),
    ]

    private static let loopTypes: [NodeType] = [
        NodeType(
            "ForLoopStartNode", family: Self.family, "Runs its body for every item of a list or number of a range.",
            parameters: [
                .init("items", .any, "A list, dict or text, or the name of a variable that holds one."),
                .init(
                    "mode", .string, default: "items", choices: ["items", "range"],
                    "Whether to go through items or through numbers."),
                .init(
                    "list_var", .string, default: "", "The variable that holds the items, when `items` is not given."),
                .init(
                    "item_var", .string, default: "item",
                    "The variable that gets the item; `_index` and `_key` go with it."),
                .init("start", .integer, default: 0, "The first number of the range."),
                .init("end", .integer, default: 10, "The range stops before this number."),
                .init("step", .integer, default: 1, "The distance between numbers; a negative one counts down."),
            ],
            outputs: [.init("current_item", .any), .init("current_index", .integer), .init("current_key", .any)],
            execOutputs: ["body", "completed"], .structure(.forLoopStart)),
        NodeType(
            "ForLoopEndNode", family: Self.family, "Ends a pass of a For loop.",
            parameters: [Self.pairing("paired_start_id", with: "the loop's start")],
            .structure(.forLoopEnd)),
        NodeType(
            "WhileLoopStartNode", family: Self.family, "Runs its body as long as a condition holds.",
            parameters: [
                .init("condition", .any, verbatim: true, "A value or an expression; decides before `expression`."),
                .init("expression", .string, default: "", verbatim: true, "An expression, such as `{{count}} < 3`."),
                .init(
                    "max_iterations", .integer, default: 1000, range: 1 ... .infinity,
                    "The loop completes after so many passes in any case."),
            ],
            outputs: [.init("current_iteration", .integer)],
            execOutputs: ["body", "completed"], .structure(.whileLoopStart)),
        NodeType(
            "WhileLoopEndNode", family: Self.family, "Ends a pass of a While loop.",
            parameters: [Self.pairing("paired_start_id", with: "the loop's start")],
            .structure(.whileLoopEnd)),
        NodeType(
            "BreakNode", family: Self.family, "Leaves a loop.",
            parameters: [
                Self.pairing("paired_loop_start_id", with: "the loop's start; without it the innermost loop's")
            ],
            .structure(.break)),
        NodeType(
            "ContinueNode", family: Self.family, "Goes on with a loop's next pass.",
            parameters: [
                Self.pairing("paired_loop_start_id", with: "the loop's start; without it the innermost loop's")
            ],
            .structure(.continue)),
    ]

    private static let tryTypes: [NodeType] = [
        NodeType(
            "TryNode", family: Self.family, "Runs its body and hands errors in it to its Catch.",
            parameters: [
                Self.pairing("paired_catch_id", with: "the Catch"),
                Self.pairing("paired_finally_id", with: "the Finally"),
            ],
            execOutputs: ["exec_out", "try_body"], .structure(.try)),
        NodeType(
            "CatchNode", family: Self.family, "Runs its body when the Try's body failed.",
            parameters: [
                Self.pairing("paired_try_id", with: "the Try"),
                .init(
                    "error_types", .string, default: "", "The types of errors to catch, comma-separated; empty: all."),
            ],
            outputs: [
                .init("error_message", .string), .init("error_type", .string), .init("stack_trace", .string),
                .init("error_node", .string), .init("timestamp", .string),
            ],
            execOutputs: ["catch_body", "exec_out"], .structure(.catch)),
        NodeType(
            "FinallyNode", family: Self.family, "Runs its body once after a Try, whether it failed or not.",
            parameters: [Self.pairing("paired_try_id", with: "the Try")],
            outputs: [.init("had_error", .boolean)],
            execOutputs: ["finally_body", "exec_out"], .structure(.finally)),
    ]

    private static let parallelTypes: [NodeType] = [
        NodeType(
            "ForkNode", family: Self.family, "Runs branches on copies of the variables until their Join.",
            parameters: [
                .init("branch_count", .integer, default: 2, range: 2...10, "How many branches there are."),
                .init("fail_fast", .boolean, default: false, "Fail as soon as a branch fails."),
                Self.pairing("paired_join_id", with: "the Join"),
            ],
            execOutputs: ["branch_1", "branch_2"], .structure(.fork)),
        NodeType(
            "JoinNode", family: Self.family, "Goes on when all branches of its Fork are done.",
            parameters: [
                .init(
                    "merge_strategy", .string, default: "all", choices: ["all", "first", "last"],
                    "Which branches' variables to keep in `results`."),
                Self.pairing("paired_fork_id", with: "the Fork"),
            ],
            outputs: [.init("results", .object), .init("branch_count", .integer)],
            .structure(.join)),
        NodeType(
            "ParallelForEachNode", family: Self.family,
            "Runs its body for every item on copies of the variables, and collects the results.",
            parameters: [
                .init("items", .any, required: true, "A list, or the name of a variable that holds one."),
                .init("batch_size", .integer, default: 5, range: 1...50, "How many items belong together."),
                .init("fail_fast", .boolean, default: false, "Fail as soon as an item fails."),
                .init(
                    "timeout_per_item", .number, default: 60, range: 1 ... .infinity,
                    "Seconds that an item may take."),
            ],
            outputs: [.init("current_item", .any), .init("current_index", .integer), .init("results", .list)],
            execOutputs: ["body", "completed"], .structure(.parallelForEach)),
    ]

    private static func pairing(_ name: String, with partner: String) -> NodeType.Parameter {
        NodeType.Parameter(name, .string, default: "", "The node ID of \(partner).")
    }
}

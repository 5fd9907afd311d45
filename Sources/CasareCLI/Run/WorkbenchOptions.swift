import ArgumentParser
import CasareDomain

/// What makes a run a workbench: parts of a workflow, and looking on.
struct WorkbenchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Run what leads to this node, and the node itself, and then end. By its ID, or by what it is called.",
            valueName: "node"),
        transform: Text.notEmpty)
    var until: String?

    @Option(
        help: ArgumentHelp(
            "Run this node alone, with what is inside it. What it reads comes from --var and --input.",
            valueName: "node"),
        transform: Text.notEmpty)
    var node: String?

    @Option(
        name: .customLong("input"),
        help: ArgumentHelp(
            "With --node: give the node an input, in place of its config and its connections. The value is as with --var.",
            valueName: "name=value"),
        transform: VariableAssignment.init(parsing:))
    var inputs: [VariableAssignment] = []

    @Flag(
        help: ArgumentHelp(
            "Trace each node with its inputs, outputs and time: as lines on stderr; with -o json or yaml in the result, "
                + "with -o jsonl as JSON lines on stderr."))
    var trace = false

    @Flag(help: "Pause before each node, and take commands; help lists them.")
    var step = false

    @Option(
        name: .customLong("break"),
        help: ArgumentHelp(
            "Pause before this node, in subflows too; may be repeated.", valueName: "node[ if expression]"),
        transform: Text.notEmpty)
    var breakpoints: [String] = []

    @Flag(name: .shortAndLong, help: "No progress on the terminal.")
    var quiet = false

    func validate() throws {
        if self.until != nil && self.node != nil {
            throw ValidationError("--until runs up to a node and --node runs one alone: give one of them.")
        }
        if !self.inputs.isEmpty && self.node == nil {
            throw ValidationError(
                "--input gives the node of --node its inputs: add --node, or set variables with --var.")
        }
    }

    /// Whether anything of a run is to be seen or left out.
    var isWanted: Bool { self.until != nil || self.node != nil || self.trace || self.pauses }

    var pauses: Bool { self.step || !self.breakpoints.isEmpty }
}

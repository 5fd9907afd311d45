import ArgumentParser
import CasareDomain
import CasareEngine
import FoundationEssentials

struct JobReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Run an exported job again, here and without effects.",
        discussion: """
            The workflow runs in this process by the same engine as on the robot. Steps that the job recorded give \
            their recorded results; nothing is read, sent, written or waited for. A step that is not in the capsule \
            ends the replay, and is named; --stub gives its outputs. A stub also stands in for a step that failed or \
            is in doubt: what the job did after that is then left out.

            Ends as run does: with 0 when the run completes and with 9 when it fails, and with 1 when it cannot go on. \
            No server is asked.
            """)
    @Argument(
        help: "The file of job export, or - for stdin.", completion: .file(extensions: ["json"]),
        transform: Text.notEmpty)
    var file: String

    @OptionGroup var variables: VariableOptions

    @Option(
        name: .customLong("stub"),
        help: ArgumentHelp(
            "The outputs of a node's steps that the capsule has no good end of, as a JSON object in a file. The node "
                + "by its ID, or by what it is called; may be repeated.", valueName: "node=file"),
        transform: StubAssignment.init(parsing:))
    var stubs: [StubAssignment] = []

    @Flag(
        help: ArgumentHelp(
            "Trace each node with its inputs, outputs and time: as lines on stderr; with -o json or yaml in the result, "
                + "with -o jsonl as JSON lines on stderr."))
    var trace = false

    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws { try self.variables.check(besides: self.file) }

    func run() async throws {
        try self.output.check(RunReport.columns.map(\.heading))
        let given = try self.variables.variables() ?? [:]
        let input = TextInput(self.file)
        let capsule = try Capsule(parsing: try input.read(bytesMax: Self.bytesMax), name: input.name)
        let form = Trace.Form(for: self.output.format)
        let replay = try CapsuleReplay(
            capsule, given: given, stubs: self.outputs(in:), trace: self.trace ? Trace(form) : nil,
            recordsTrace: self.trace && form != .lines)
        let missing = capsule.leftOut.keys.filter { given[$0] == nil }
        if !missing.isEmpty {
            Self.report("left out of the capsule: \(missing.joined(separator: ", ")); --var NAME=VALUE gives a value")
        }
        switch try await Interruption.watching({ try await replay.run() }) {
        case .finished(.finished(let report)):
            Self.report(unused: replay.stubs.unused)
            try self.output.print(try report.presentation())
            if let error = capsule.error, error != report.failure?.message {
                Self.report("the job ended with: \(error)")
            }
            if report.failure != nil { throw QuietExit(.jobEndedBadly) }
        case .finished(.cutOff(let report)):
            Self.report(unused: replay.stubs.unused)
            try self.output.print(try report.presentation())
            throw QuietExit(.failure)
        case .interrupted(let reason):
            throw CommandFailure(reason, "stopped; nothing of the replay is kept")
        }
    }

    /// A job's steps may hold as much as this in all.
    private static let bytesMax = 1 << 30

    private func outputs(in program: Program) throws(CommandFailure) -> [String: Object] {
        var outputs: [String: Object] = [:]
        let nodes = program.ownNodes + program.calledNodes
        for stub in self.stubs {
            let found = Set(NodeChoice.all(stub.node, among: nodes).map(\.node))
            guard let node = found.first else {
                throw CommandFailure(
                    .usage, "--stub: workflow '\(program.name)' " + NodeChoice.absence(of: stub.node, among: nodes))
            }
            guard found.count == 1 else {
                let ids = found.sorted().joined(separator: ", ")
                throw CommandFailure(
                    .usage, "--stub: \(found.count) nodes are called '\(stub.node)'; name one of them by its ID: \(ids)"
                )
            }
            outputs[node] = try stub.outputs()
        }
        return outputs
    }

    private static func report(unused nodes: [String]) {
        guard !nodes.isEmpty else { return }
        self.report("no step asked for the stub of \(nodes.joined(separator: ", "))")
    }

    private static func report(_ text: String) { StandardStreams.report("casarectl: " + TerminalText.line(text)) }
}

/// `node=file`, as `--stub` takes it.
struct StubAssignment: Hashable, Sendable {
    let node: String
    let file: String

    init(parsing argument: String) throws {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex,
            argument.index(after: equals) < argument.endIndex
        else { throw UnexpectedText(expected: "node=file, with the node's outputs as a JSON object in the file") }
        self.node = String(argument[..<equals])
        self.file = String(argument[argument.index(after: equals)...])
    }

    func outputs() throws(CommandFailure) -> Object { try ResultFile.outputs(in: .file(self.file)) }
}

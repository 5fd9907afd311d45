import ArgumentParser
import CasareDomain
import CasareEngine
import CasareNodes
import CasareWire
import FoundationEssentials

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a workflow here, without a server.",
        discussion: """
            The workflow runs in this process, by the same engine as on a robot, without a journal: nothing is left to \
            resume when it is stopped. Ends with 0 when it completed and with 9 when it failed.

            It may do what you may do yourself: the rules on paths, commands and internal addresses that robots keep do \
            not bind it. --robot-rules turns them on, to see what a robot would refuse.

            --as-job runs it as a robot would: as a job with a journal, with the attempts that its options ask for, and \
            with calls that are jobs of their own. Everything is in memory, and lost at the end.

            A workflow that names secrets is given them by --secrets-from: from a file, or from variables such as \
            CASARE_SECRET_DB_PROD__PASSWORD for the field password of db/prod. Without it such nodes fail. Their \
            values are shown nowhere.

            --until and --node run a part of it; --trace, --step and --break show what happens inside. Commands for \
            --step and --break come from the terminal, or from a pipe: 'help' at the prompt lists them.
            """)

    @Argument(
        help: "The workflow's JSON file, or - for stdin.", completion: .file(extensions: ["json", "gz", "zst"]),
        transform: Text.notEmpty)
    var file: String

    @OptionGroup var variables: VariableOptions

    @OptionGroup var workbench: WorkbenchOptions

    @Flag(help: "After an error that nobody handles, end that branch and go on with the others.")
    var continueOnError = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long one node may take, \(TimeSpan.help).", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var nodeTimeout: PositiveTimeSpan?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long the whole run may take, with --as-job over all attempts (default: 1h; with --as-job each attempt has "
                + "that).", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var timeout: PositiveTimeSpan?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Node executions that the run may have (default: 1000000).", valueName: "n"),
        transform: Text.number(in: 1...1_000_000_000))
    var maxExecutions: Int?

    @Option(
        help: ArgumentHelp(
            "Take the values of secrets from the environment (env: CASARE_SECRET_NAME) or from a JSON or YAML file "
                + "that only you may read, with a text or an object of fields for each name.", valueName: "env|file"),
        completion: .file(extensions: ["json", "yaml", "yml"]), transform: Text.notEmpty)
    var secretsFrom: String?

    @Flag(help: "Keep the rules on paths, commands and internal addresses that robots keep.")
    var robotRules = false

    @Flag(help: "Run it as a job, as a robot would, on a queue in memory.")
    var asJob = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("With --as-job: attempts that may fail, 1 to 100 (default: 6).", valueName: "n"),
        transform: Text.number(in: RetryPolicy.attemptsRange))
    var maxAttempts: Int?

    @Option(
        help: ArgumentHelp(
            "Relative paths in nodes are relative to this; with --as-job each job has a folder below it (default: here).",
            valueName: "folder"),
        completion: .directory, transform: Text.notEmpty)
    var workingDirectory: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        try self.variables.check(besides: self.file)
        if self.asJob && (self.workbench.isWanted || self.maxExecutions != nil) {
            throw ValidationError(
                "--as-job runs the whole workflow as on a robot, where nobody looks on: leave out --until, --node, "
                    + "--trace, --step, --break and --max-executions.")
        }
        if self.maxAttempts != nil && !self.asJob {
            throw ValidationError("--max-attempts is for jobs: add --as-job. Without it a run is one attempt.")
        }
        if self.workbench.pauses && (self.file == "-" || self.variables.file == "-" || self.secretsFrom == "-") {
            throw ValidationError(
                "--step and --break take their commands from stdin: read the workflow, the variables and the secrets "
                    + "from files.")
        }
        if self.secretsFrom == "-" && (self.file == "-" || self.variables.file == "-") {
            throw ValidationError("Only one of the workflow, the variables and the secrets can come from stdin.")
        }
    }

    func run() async throws {
        try self.output.check(RunReport.columns.map(\.heading))
        let variables = try self.variables.variables() ?? [:]
        let bundle = try WorkflowBundle.load(TextInput(self.file))
        bundle.reportWarnings()
        for remark in variables.keys.compactMap(WorkflowDocument.remark(onVariableName:)) {
            StandardStreams.report("warning: " + TerminalText.line(remark))
        }
        let ending = try await Interruption.watching { try await self.report(on: bundle, variables) }
        switch ending {
        case .finished(let report):
            try self.output.print(report.presentation())
            if report.failure != nil { throw QuietExit(.jobEndedBadly) }
            if let partial = report.partial, partial.outputs == nil {
                throw CommandFailure(
                    .failure, "the run ended without coming to '\(partial.node)'; --trace shows which way it went")
            }
        case .interrupted(let reason):
            throw CommandFailure(reason, "stopped; nothing of the run is kept")
        }
    }

    private func report(on bundle: WorkflowBundle, _ variables: Object) async throws -> RunReport {
        let catalogue = StandardNodes.catalogue
        let (document, issues) = WorkflowDocument.parse(bundle.document)
        let all = issues + (document?.validate(against: catalogue) ?? [])
        for issue in all { StandardStreams.report(IssueInfo(issue).line) }
        let program: Program
        do throws(ProgramError) {
            guard let document else { throw ProgramError.invalid(all.filter(\.isError)) }
            program = try Program(document, catalogue: catalogue)
        } catch {
            return Self.rejected(bundle, error)
        }
        let secrets = try self.secretsFrom.map { text throws(CommandFailure) in try RunSecrets(text) }
        guard self.asJob else { return try await self.localRun(of: program, variables, secrets).report() }
        return try await JobRun(
            document: bundle.document, name: program.name, options: try self.jobOptions, variables: variables,
            workingDirectory: try self.folder(), policy: self.policy,
            secrets: secrets, timeLimit: self.timeout.map { .seconds($0.seconds) }
        ).report()
    }

    private func localRun(
        of program: Program, _ variables: Object, _ secrets: RunSecrets?
    ) throws(CommandFailure) -> LocalRun {
        let partial = try self.partial(of: program)
        let trace = self.workbench.trace ? Trace(Trace.Form(for: self.output.format)) : nil
        let debugger = try self.debugger(for: program)
        let showsProgress =
            Terminal.canRewrite && !self.workbench.quiet && trace == nil && debugger == nil
            && [.table, .wide].contains(self.output.format)
        return LocalRun(
            program: try self.given(program), options: self.options, variables: variables,
            secrets: secrets, workingDirectory: try self.folder(), policy: self.policy,
            executionsMax: self.maxExecutions,
            selection: partial.map { $0.mode == .until ? .until(node: $0.node) : .only(node: $0.node) } ?? .whole,
            partial: partial.map(PartialRunWatch.init), trace: trace, debugger: debugger,
            progress: showsProgress ? Progress() : nil)
    }

    private func partial(of program: Program) throws(CommandFailure) -> PartialRun? {
        if let text = self.workbench.until {
            return PartialRun(mode: .until, node: try NodeChoice.one(text, of: program, for: "--until").node)
        }
        guard let text = self.workbench.node else { return nil }
        return PartialRun(mode: .node, node: try NodeChoice.one(text, of: program, for: "--node").node)
    }

    /// The program in which the node of `--node` has its inputs.
    private func given(_ program: Program) throws(CommandFailure) -> Program {
        guard let text = self.workbench.node, !self.workbench.inputs.isEmpty else { return program }
        var inputs: Object = [:]
        for input in self.workbench.inputs { inputs[input.name] = input.value }
        let node = try NodeChoice.one(text, of: program, for: "--node").node
        do throws(UnknownInput) {
            return try program.giving(inputs, to: node)
        } catch {
            throw CommandFailure(.usage, "--input: \(error)")
        }
    }

    private func debugger(for program: Program) throws(CommandFailure) -> Debugger? {
        guard self.workbench.pauses else { return nil }
        let nodes = program.ownNodes + program.calledNodes
        var breakpoints: [Breakpoint] = []
        for text in self.workbench.breakpoints {
            do throws(DebugMistake) {
                breakpoints.append(try Breakpoint(text, among: nodes))
            } catch {
                throw CommandFailure(.usage, "--break: \(error)")
            }
        }
        let terminal = Terminal.standard
        return Debugger(
            DebugSession(steps: self.workbench.step, breakpoints: breakpoints, nodes: nodes), terminal: terminal,
            usesColour: terminal.reportsToPerson && terminal.allowsColour && !self.output.layout.noColor)
    }

    /// A document that cannot be run ends as a job of it would.
    private static func rejected(_ bundle: WorkflowBundle, _ error: ProgramError) -> RunReport {
        let message = error.description
        return RunReport(
            workflow: bundle.name ?? "workflow", seconds: 0,
            failure: Failure(kind: .rejected, message: message, type: "InvalidWorkflow"),
            result: RunResult(success: false, error: message, variables: [:], logs: [], nodeErrors: []))
    }

    private var policy: NodePolicy { self.robotRules ? .standard : .unbound }

    private var jobOptions: Job.Options {
        get throws {
            var options = self.options
            options.retry = try self.maxAttempts.map {
                try RetryPolicy(RetryPolicy.standard.backoff, attemptsMax: $0, jitter: RetryPolicy.standard.jitter)
            }
            return options
        }
    }

    private var options: Job.Options {
        Job.Options(
            continueOnError: self.continueOnError, nodeTimeoutSeconds: self.nodeTimeout?.seconds,
            timeoutSeconds: self.timeout?.seconds ?? Job.Options.timeoutSecondsDefault,
            // Where the lines are on stderr, the result need not tell it again.
            trace: self.workbench.trace && Trace.Form(for: self.output.format) != .lines)
    }

    private func folder() throws(CommandFailure) -> String {
        let here = FileManager.default.currentDirectoryPath
        guard let folder = self.workingDirectory else { return here }
        var isFolder = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder else {
            throw CommandFailure(.notFound, "there is no folder \(folder)")
        }
        return folder.hasPrefix("/") ? folder : "\(here)/\(folder)"
    }
}

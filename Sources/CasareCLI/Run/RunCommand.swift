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
            """)

    @Argument(
        help: "The workflow's JSON file, or - for stdin.", completion: .file(extensions: ["json", "gz", "zst"]),
        transform: Text.notEmpty)
    var file: String

    @OptionGroup var variables: VariableOptions

    @Flag(help: "Put the trace and the nodes' outputs into the result.")
    var trace = false

    @Flag(help: "After an error that nobody handles, end that branch and go on with the others.")
    var continueOnError = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long one node may take, \(TimeSpan.help).", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var nodeTimeout: PositiveTimeSpan?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long the whole run may take (default: 1h).", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var timeout: PositiveTimeSpan?

    @Flag(help: "Keep the rules on paths, commands and internal addresses that robots keep.")
    var robotRules = false

    @Option(
        help: ArgumentHelp("Relative paths in nodes are relative to this (default: here).", valueName: "folder"),
        completion: .directory, transform: Text.notEmpty)
    var workingDirectory: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        try self.variables.check(besides: self.file)
    }

    func run() async throws {
        try self.output.check(RunReport.columns.map(\.heading))
        let variables = try self.variables.variables() ?? [:]
        let bundle = try WorkflowBundle.load(TextInput(self.file))
        bundle.reportWarnings()
        let ending = try await Interruption.watching { try await self.report(on: bundle, variables) }
        switch ending {
        case .finished(let report):
            try self.output.print(report.presentation())
            if report.failure != nil { throw QuietExit(.jobEndedBadly) }
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
        let driver = RunDriver(
            program: program, runID: UUID().uuidString.lowercased(), options: self.options, variables: variables,
            journal: NoJournal(),
            environment: RunEnvironment(
                workingDirectory: try self.folder(), policy: self.robotRules ? .standard : .unbound))
        let clock = ContinuousClock()
        let start = clock.now
        let conclusion = try await driver.run()
        let seconds = (clock.now - start) / .seconds(1)
        switch conclusion {
        case .finished(let result, let failure, _):
            return RunReport(workflow: program.name, seconds: seconds, failure: failure, result: result)
        case .inDoubt(let question, let result, _):
            return RunReport(workflow: program.name, seconds: seconds, failure: Self.doubt(question), result: result)
        case .interrupted:
            preconditionFailure("Nobody asks this run to stop between steps")
        }
    }

    /// A job would be blocked until a person has answered; here it ends, and nothing goes on from it.
    private static func doubt(_ question: Job.Question) -> Failure {
        Failure(
            kind: .business,
            message: question.text
                + " Nobody can answer that here, so the run ends: look before you run the workflow again. "
                + "The node's on_recovery (retry, skip or fail) would answer it in advance.",
            type: "InDoubtError", node: question.node)
    }

    /// A document that cannot be run ends as a job of it would.
    private static func rejected(_ bundle: WorkflowBundle, _ error: ProgramError) -> RunReport {
        let message = error.description
        return RunReport(
            workflow: bundle.name ?? "workflow", seconds: 0,
            failure: Failure(kind: .rejected, message: message, type: "InvalidWorkflow"),
            result: RunResult(success: false, error: message, variables: [:], logs: [], nodeErrors: []))
    }

    private var options: Job.Options {
        Job.Options(
            continueOnError: self.continueOnError, nodeTimeoutSeconds: self.nodeTimeout?.seconds,
            timeoutSeconds: self.timeout?.seconds ?? Job.Options.timeoutSecondsDefault, trace: self.trace)
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

import ArgumentParser
import CasareDomain
import FoundationEssentials

/// Which dead letters: the same options for the list and for everything that is done to many of them at once.
struct LetterFilterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only those that stand so: \(LetterStatuses.names); several with commas between.", valueName: "status"),
        completion: .list(LetterStatuses.words), transform: LetterStatuses.parse)
    var status: LetterStatuses?

    @Option(help: "Only those of this workflow, by name or ID.", transform: Text.notEmpty) var workflow: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only those of this version of it.", valueName: "n"),
        transform: Text.number(in: 1...Int(Int32.max)))
    var workflowVersion: Int?

    @Option(help: "Only failures of this kind.") var kind: CaseArgument<Failure.Kind>?

    @Option(
        help: ArgumentHelp("Only errors of this type, such as TimeoutError.", valueName: "name"),
        transform: Text.notEmpty)
    var type: String?

    @Option(
        help: ArgumentHelp("Only errors with this fingerprint, as dlq groups shows it.", valueName: "text"),
        transform: Text.notEmpty)
    var fingerprint: String?

    @Option(
        help: ArgumentHelp("Only errors whose message contains this; case does not count.", valueName: "text"),
        transform: Text.notEmpty)
    var error: String?

    @Option(help: ArgumentHelp("Only what failed at this node.", valueName: "node"), transform: Text.notEmpty)
    var node: String?

    @Option(
        help: ArgumentHelp("Only what failed on this robot.", valueName: "id"), transform: RobotArgument.parse)
    var robot: RobotArgument?

    @Option(
        name: [.customLong("env"), .customLong("environment")],
        help: ArgumentHelp("Only jobs of this environment.", valueName: "name"), transform: Text.notEmpty)
    var environment: String?

    @Option(
        help: ArgumentHelp("Only jobs that asked for a robot with this tag.", valueName: "tag"),
        transform: Text.label)
    var tag: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Opened since then: ISO 8601, or how long ago, such as 2h.", valueName: "time"),
        transform: PastMoment.parse)
    var since: PastMoment?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Opened before then: ISO 8601, or how long ago.", valueName: "time"),
        transform: PastMoment.parse)
    var until: PastMoment?

    @Option(
        name: .customLong("variable"),
        help: ArgumentHelp(
            "Only jobs that began with exactly this value of the variable, written as --var does; may be repeated. "
                + "Not of one that a workflow declares sensitive.",
            valueName: "name=value"),
        transform: VariableAssignment.init(parsing:))
    var variables: [VariableAssignment] = []

    /// Whether no option was given. A status alone is a filter, too, when somebody has written it.
    var isEmpty: Bool {
        self.status == nil && self.workflow == nil && self.workflowVersion == nil && self.kind == nil
            && self.type == nil && self.fingerprint == nil && self.error == nil && self.node == nil
            && self.robot == nil && self.environment == nil && self.tag == nil && self.since == nil
            && self.until == nil && self.variables.isEmpty
    }

    /// What messages name of them.
    static let names = "--workflow, --fingerprint, --error, --kind, --robot, --since, --status, …"

    func validate() throws {
        if self.workflowVersion != nil && self.workflow == nil {
            throw ValidationError("--workflow-version is a version of a workflow: add --workflow.")
        }
        var named: Set<String> = []
        for variable in self.variables where !named.insert(variable.name).inserted {
            throw ValidationError(
                "--variable \(variable.name) is there twice; a job has one value of it, so give it once.")
        }
    }

    /// For something that is done to all of them. Where somebody has said that all are meant, the filter says so, too:
    /// one that says nothing is refused.
    ///
    /// - Throws: `.usage` for what no letter can match.
    func selection(
        otherwise statuses: Set<DeadLetter.Status>, now: Date = Date()
    ) throws(CommandFailure) -> Operation.Selection {
        var filter = try self.filter(otherwise: statuses, now: now)
        if self.status?.statuses == [] { filter.statuses = Set(DeadLetter.Status.allCases) }
        return .deadLetters(filter)
    }

    /// - Parameters:
    ///   - statuses: Where no status was given; empty: any.
    ///   - now: What times are reckoned from that are said as how long ago.
    /// - Throws: `.usage` for what no letter can match.
    func filter(
        otherwise statuses: Set<DeadLetter.Status>, now: Date = Date()
    ) throws(CommandFailure) -> DeadLetterFilter {
        let filter = DeadLetterFilter(
            statuses: self.status?.statuses ?? statuses, workflow: self.workflow, version: self.workflowVersion,
            kind: self.kind?.value, type: self.type, fingerprint: self.fingerprint, error: self.error, node: self.node,
            robot: self.robot?.id.rawValue, environment: self.environment, tag: self.tag,
            since: self.since?.date(now: now), until: self.until?.date(now: now),
            variables: Object(self.variables.map { ($0.name, $0.value) }))
        do throws(DeadLetterFilter.Invalid) {
            try filter.check()
        } catch {
            throw CommandFailure(.usage, "the filter cannot be: \(error.member) \(error.description)")
        }
        return filter
    }
}

/// Statuses of dead letters by name, or `all`.
struct LetterStatuses: ArgumentForm, Hashable {
    static let words = DeadLetter.Status.allCases.map(\.rawValue) + ["all"]
    static let names = Self.words.dropLast().joined(separator: ", ") + " or all"
    static let form = "\(Self.names); several with commas between, such as open,acknowledged"

    /// Empty: any.
    let statuses: Set<DeadLetter.Status>

    init?(argument: String) {
        let words = argument.lowercased().split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " } }
        guard words != ["all"] else {
            self.statuses = []
            return
        }
        let statuses = words.compactMap(DeadLetter.Status.init(rawValue:))
        guard statuses.count == words.count else { return nil }
        self.statuses = Set(statuses)
    }
}

import ArgumentParser
import CasareDomain
import FoundationEssentials

/// Which jobs a bulk command works on.
struct JobFilterOptions: ParsableArguments {
    /// What messages name of them.
    static let names = "--status, --workflow, --env, --key, --robot, --tag, --kind, --since, …"

    @Option(
        help: ArgumentHelp(
            "Only jobs in this state: \(JobStatuses.names); several with commas between.", valueName: "status"),
        completion: .list(JobStatuses.words), transform: JobStatuses.parse)
    var status: JobStatuses?

    @Option(help: "Only jobs of this workflow, by name or ID.", transform: Text.notEmpty) var workflow: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only jobs of this version of the workflow.", valueName: "n"),
        transform: Text.number(in: 1...Int(Int32.max)))
    var workflowVersion: Int?

    @Option(
        name: [.customLong("env"), .customLong("environment")],
        help: ArgumentHelp("Only jobs of this environment.", valueName: "name"), transform: Text.notEmpty)
    var environment: String?

    @Option(help: ArgumentHelp("Only jobs of this queue key.", valueName: "key"), transform: Text.notEmpty)
    var key: String?

    @Option(
        help: ArgumentHelp("Only jobs that this robot runs, or ran last.", valueName: "id"),
        transform: RobotArgument.parse)
    var robot: RobotArgument?

    @Option(help: ArgumentHelp("Only jobs whose robot must have this tag.", valueName: "tag"), transform: Text.label)
    var tag: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only jobs of this priority.", valueName: "priority"),
        transform: PriorityArgument.parse)
    var atPriority: PriorityArgument?

    @Option(help: "Only jobs that ended with a failure of this kind.") var kind: CaseArgument<Failure.Kind>?

    @OptionGroup var created: CreatedOptions

    func validate() throws {
        if self.workflowVersion != nil && self.workflow == nil {
            throw ValidationError("--workflow-version is a version of a workflow: add --workflow.")
        }
    }

    /// Whether no option was given. A status alone is a filter, too, when somebody has written it.
    var isEmpty: Bool {
        self.status == nil && self.workflow == nil && self.workflowVersion == nil && self.environment == nil
            && self.key == nil && self.robot == nil && self.tag == nil && self.atPriority == nil && self.kind == nil
            && self.created.isEmpty
    }

    /// - Parameters:
    ///   - statuses: which jobs are meant where no status was given.
    ///   - now: what "ago" is reckoned from.
    func selection(otherwise statuses: Set<Job.Status>, now: Date = Date()) -> JobSelection {
        var selection = JobSelection()
        selection.statuses = self.status?.statuses ?? statuses
        selection.workflow = self.workflow
        selection.version = self.workflowVersion
        selection.environment = self.environment
        selection.queueKey = self.key
        selection.robot = self.robot?.id.rawValue
        selection.tag = self.tag
        selection.priority = self.atPriority?.priority
        selection.kind = self.kind?.value
        selection.since = self.created.since?.date(now: now)
        selection.until = self.created.until?.date(now: now)
        return selection
    }
}

/// States of jobs by name.
struct JobStatuses: ArgumentForm, Hashable {
    static let words = Job.Status.allCases.map(\.rawValue)
    static let names = Self.words.joined(separator: ", ")
    static let form = "\(Self.names); several with commas between, such as pending,running"

    let statuses: Set<Job.Status>

    init?(argument: String) {
        let words = argument.lowercased().split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " } }
        let statuses = words.compactMap(Job.Status.init(rawValue:))
        guard statuses.count == words.count else { return nil }
        self.statuses = Set(statuses)
    }
}

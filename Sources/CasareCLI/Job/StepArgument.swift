import CasareClient
import CasareDomain
import CasareWire

/// A recorded step of a job, as a person names it.
enum StepArgument: ArgumentForm, Hashable {
    static let form = "a step's number, as casarectl job steps shows it, or a node that has one step only"

    case number(Int)
    case node(String)

    init?(argument: String) {
        guard argument.contains(where: { !$0.isWhitespace }) else { return nil }
        guard let number = Int(argument) else {
            self = .node(argument)
            return
        }
        guard (0...Int(Int32.max)).contains(number) else { return nil }
        self = .number(number)
    }

    /// Its number, for which a node's name takes a look at the job.
    func position(in job: Job.ID, of client: CasareClient) async throws -> Int {
        switch self {
        case .number(let number): number
        case .node(let node):
            try Self.position(of: node, among: try await client.steps(of: job, results: false), in: job)
        }
    }

    /// - Throws: when the node has no step or several.
    static func position(of node: String, among steps: [StepInfo], in job: Job.ID) throws(CommandFailure) -> Int {
        let numbers = steps.filter { $0.node == node }.map(\.step)
        guard let number = numbers.first else {
            throw CommandFailure(
                .notFound,
                "job \(job) has recorded no step of a node '\(node)': casarectl job steps \(job) shows its steps")
        }
        guard numbers.count == 1 else {
            let shown = numbers.prefix(self.numbersShownMax).map(String.init).joined(separator: ", ")
            let more = numbers.count > self.numbersShownMax ? " and \(numbers.count - self.numbersShownMax) more" : ""
            throw CommandFailure(
                .usage, "node '\(node)' of job \(job) has several steps: give one of the numbers \(shown)\(more)")
        }
        return number
    }

    private static let numbersShownMax = 20
}

/// Where a job that is retried begins, as a person says it.
enum ResumeArgument: ArgumentForm, Hashable {
    static let form = "start, failed, or \(StepArgument.form)"

    case start, failed
    case step(StepArgument)

    init?(argument: String) {
        switch argument.lowercased() {
        case "start": self = .start
        case "failed": self = .failed
        default:
            guard let step = StepArgument(argument: argument) else { return nil }
            self = .step(step)
        }
    }

    /// `nil` for the start: a server that knows of nothing else is not told.
    func point(in job: Job.ID, of client: CasareClient) async throws -> Job.ResumePoint? {
        switch self {
        case .start: nil
        case .failed: .failed
        case .step(let step): .step(try await step.position(in: job, of: client))
        }
    }

    /// The same of many jobs at once.
    ///
    /// - Throws: `.usage` for a step that is named by its node.
    func pointOfMany() throws(CommandFailure) -> Job.ResumePoint? {
        switch self {
        case .start: return nil
        case .failed: return .failed
        case .step(.number(let step)): return .step(step)
        case .step(.node(let node)):
            throw CommandFailure(
                .usage,
                "'\(node)' may be another step in each of the jobs: with a selection give --from start, failed or the "
                    + "number of a step")
        }
    }
}

extension Job.ResumePoint {
    /// "from step 7".
    var sentence: String {
        switch self {
        case .start: "from the start"
        case .failed: "from the step that failed"
        case .step(let step): "from step \(step)"
        }
    }
}

public import FoundationEssentials

/// What helps to understand a dead letter: others like it, and the last time that it went well.
public struct DeadLetterContext: Hashable, Sendable {
    /// Letters of the same fingerprint, opened within a day before or after this one, which is one of them.
    public struct Similar: Hashable, Sendable {
        public let count: Int
        /// Counting stops at a bound: there are more.
        public let isInexact: Bool
        public let firstOpenedAt: Date
        public let lastOpenedAt: Date

        public init(count: Int, isInexact: Bool, firstOpenedAt: Date, lastOpenedAt: Date) {
            self.count = count
            self.isInexact = isInexact
            self.firstOpenedAt = firstOpenedAt
            self.lastOpenedAt = lastOpenedAt
        }
    }

    /// The last job of the workflow that completed before the letter was opened.
    public struct Success: Hashable, Sendable {
        public let job: Job.ID
        public let workflowVersion: Int
        public let environment: String
        public let robot: String?
        public let finishedAt: Date
        public let variables: Object

        public init(
            job: Job.ID, workflowVersion: Int, environment: String, robot: String?, finishedAt: Date, variables: Object
        ) {
            self.job = job
            self.workflowVersion = workflowVersion
            self.environment = environment
            self.robot = robot
            self.finishedAt = finishedAt
            self.variables = variables
        }
    }

    /// Something that the success and the failed job do not have in common.
    public struct Difference: Hashable, Sendable {
        /// `version`, `robot`, `environment`, or `variables.` and a variable's name.
        public let name: String
        /// In the success; `nil`: it had none.
        public let before: Value?
        /// In the failed job; `nil`: it has none.
        public let now: Value?

        public init(name: String, before: Value?, now: Value?) {
            self.name = name
            self.before = before
            self.now = now
        }
    }

    public let similar: Similar
    /// `nil` when there is none among the last ones, which are all that is looked at.
    public let lastSuccess: Success?

    public init(similar: Similar, lastSuccess: Success?) {
        self.similar = similar
        self.lastSuccess = lastSuccess
    }

    /// What is not the same in the last success and in the failed job.
    ///
    /// - Parameters:
    ///   - before: the success's variables as they may be shown.
    ///   - now: the failed job's. Which of them differ is told by the true values.
    public func differences(from letter: DeadLetter, showing before: Object, _ now: Object) -> [Difference] {
        guard let success = self.lastSuccess else { return [] }
        var differences: [Difference] = []
        func compare(_ name: String, _ old: Value?, _ new: Value?) {
            if old != new { differences.append(Difference(name: name, before: old, now: new)) }
        }
        compare("version", .int(success.workflowVersion), .int(letter.workflowVersion))
        // A job that no robot has begun failed for another reason than its robot.
        if let robot = letter.robot { compare("robot", success.robot.map(Value.string), .string(robot)) }
        compare("environment", .string(success.environment), .string(letter.environment))
        let names = letter.variables.keys + success.variables.keys.filter { letter.variables[$0] == nil }
        for name in names where success.variables[name] != letter.variables[name] {
            differences.append(Difference(name: "variables.\(name)", before: before[name], now: now[name]))
        }
        return differences
    }
}

extension Operation {
    /// Which jobs it is done to.
    public enum Selection: Hashable, Sendable, CustomStringConvertible {
        case deadLetters(DeadLetterFilter)
        case jobs(JobSelection)
        case ids([Job.ID])

        /// How many jobs may be named one by one.
        public static let idsMax = 100_000

        /// Whether it names nothing: that would be everything there is, which nobody means.
        public var isEmpty: Bool {
            switch self {
            case .deadLetters(let filter): filter.isEmpty
            case .jobs(let selection): selection.isEmpty
            case .ids(let ids): ids.isEmpty
            }
        }

        /// Whether the jobs were found by what is true of them, and not named one by one: then one of which that is no
        /// longer true is passed over.
        public var isFilter: Bool {
            switch self {
            case .deadLetters, .jobs: true
            case .ids: false
            }
        }

        /// In words for people.
        public var description: String {
            switch self {
            case .deadLetters(let filter): "dead letters: \(filter.description)"
            case .jobs(let selection): "jobs: \(selection.description)"
            case .ids(let ids): ids.count == 1 ? "1 job by its ID" : "\(ids.count) jobs by their IDs"
            }
        }
    }

    /// Why a plan cannot be: a sentence for whoever wrote it, about one member.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public enum Member: String, Hashable, Sendable {
            case verb, selection, canary, stopOnErrorRate, undoWithinSeconds, ratePerSecond, priority, version, resolve
            case changes = "variables"
        }

        public let member: Member
        public let description: String
    }

    /// What is to be done, to which jobs, and how carefully.
    public struct Plan: Hashable, Sendable {
        public static let ratePerSecondMax = 10_000.0
        /// One a day.
        public static let ratePerSecondMin = 1.0 / 86_400
        public static let undoRange = Duration.seconds(1)...Duration.seconds(86_400)

        public var verb: Verb
        public var reason: String?
        /// Items per second at the most, `ratePerSecondMin` to `ratePerSecondMax`; `nil`: as fast as it goes.
        public var ratePerSecond: Double?
        /// So many jobs run again first, and must complete before the others do.
        public var canary: Int?
        /// It stops when more than this share failed of what was tried, 0 to 1.
        public var stopOnErrorRate: Double?
        /// For how long it can be undone, from its last item on; 1 s to 24 h.
        public var undoWithin: Duration?
        /// The new one.
        public var priority: Priority?
        /// The dead letters are not only acknowledged: nothing is left to do about them.
        public var resolves: Bool
        /// How a job that runs again differs from the one before; its `variables` are not replaced as a whole, which the
        /// jobs of a selection would all have the same of.
        public var changes: Job.RerunChoices

        public init(
            verb: Verb, reason: String? = nil, ratePerSecond: Double? = nil, canary: Int? = nil,
            stopOnErrorRate: Double? = nil, undoWithin: Duration? = nil, priority: Priority? = nil,
            resolves: Bool = false, changes: Job.RerunChoices = Job.RerunChoices()
        ) {
            self.verb = verb
            self.reason = reason
            self.ratePerSecond = ratePerSecond
            self.canary = canary
            self.stopOnErrorRate = stopOnErrorRate
            self.undoWithin = undoWithin
            self.priority = priority
            self.resolves = resolves
            self.changes = changes
        }

        /// - Throws: for the first member that contradicts another or is out of range.
        public func check(_ selection: Selection) throws(Invalid) {
            try self.checkSelection(selection)
            try self.checkCare()
            switch (self.verb, self.priority) {
            case (.priority, nil):
                throw Invalid(member: .priority, description: "is required: the new priority of the jobs, 0 to 20")
            case (.priority, .some), (_, nil): break
            case (_, .some):
                throw Invalid(member: .priority, description: "is for the verb priority only; leave it out")
            }
            guard self.verb == .acknowledge || !self.resolves else {
                throw Invalid(
                    member: .resolve,
                    description: "says that nothing is left to do about dead letters: it is for the verb acknowledge "
                        + "only; leave it out")
            }
            guard self.verb.isRerun || self.changes == Job.RerunChoices() else {
                throw Invalid(
                    member: .changes,
                    description: "what changes in a job that runs again is for retry and replay only; leave it out")
            }
            if let contradiction = self.changes.contradiction {
                throw Invalid(member: .version, description: contradiction)
            }
        }

        private func checkSelection(_ selection: Selection) throws(Invalid) {
            guard !selection.isEmpty else {
                throw Invalid(
                    member: .selection,
                    description: "select something: name jobs by their IDs, or say what is true of them, such as their "
                        + "workflow or status; everything there is cannot be meant")
            }
            switch selection {
            case .deadLetters, .jobs: break
            case .ids(let ids):
                guard ids.count <= Selection.idsMax else {
                    throw Invalid(
                        member: .selection,
                        description: "names \(ids.count) jobs, and \(Selection.idsMax) are the most: select them by "
                            + "what is true of them, or send several operations")
                }
                guard Set(ids).count == ids.count else {
                    throw Invalid(member: .selection, description: "names a job twice; name each once")
                }
            }
            switch (selection, self.verb) {
            case (.jobs, .replay), (.jobs, .acknowledge), (.jobs, .purge):
                throw Invalid(
                    member: .selection,
                    description: "selects jobs, and \(self.verb.rawValue) is done to dead letters: select dead_letters")
            case (.deadLetters, .cancel), (.deadLetters, .pause), (.deadLetters, .resume), (.deadLetters, .priority):
                throw Invalid(
                    member: .selection,
                    description: "selects dead letters, whose jobs have ended, so \(self.verb.rawValue) does nothing "
                        + "to them: select jobs")
            case (.deadLetters, .retry), (.deadLetters, .replay), (.deadLetters, .acknowledge), (.deadLetters, .purge),
                (.jobs, .retry), (.jobs, .cancel), (.jobs, .pause), (.jobs, .resume), (.jobs, .priority), (.ids, _):
                break
            }
        }

        private func checkCare() throws(Invalid) {
            if let rate = self.ratePerSecond, !(Self.ratePerSecondMin...Self.ratePerSecondMax).contains(rate) {
                throw Invalid(
                    member: .ratePerSecond,
                    description: "is \(rate); it must be one a day at least, which is 1/86400, and "
                        + "\(Int(Self.ratePerSecondMax)) at the most")
            }
            if let canary {
                guard self.verb.isRerun else {
                    throw Invalid(
                        member: .canary, description: "waits for jobs that run again: only retry and replay have one")
                }
                guard (1...Operation.jobsMax).contains(canary) else {
                    throw Invalid(
                        member: .canary, description: "is \(canary); it must be from 1 to \(Operation.jobsMax)")
                }
            }
            if let rate = self.stopOnErrorRate {
                guard self.verb.isRerun else {
                    throw Invalid(
                        member: .stopOnErrorRate,
                        description: "watches jobs that run again: only retry and replay have one")
                }
                guard (0...1).contains(rate) else {
                    throw Invalid(
                        member: .stopOnErrorRate, description: "is \(rate); it must be from 0 to 1: 0.05 is 5 %")
                }
            }
            if let undoWithin {
                guard self.verb.isUndoable else {
                    throw Invalid(
                        member: .undoWithinSeconds,
                        description: "is for cancel, purge and pause: \(self.verb.rawValue) cannot be undone")
                }
                guard Self.undoRange.contains(undoWithin) else {
                    throw Invalid(
                        member: .undoWithinSeconds, description: "must be from 1 second to 24 hours (86400 seconds)")
                }
            }
        }
    }
}

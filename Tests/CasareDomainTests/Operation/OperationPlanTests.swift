import CasareDomain
import FoundationEssentials
import Testing

struct OperationPlanTests {
    private static let job = Job.ID(rawValue: UUID(uuidString: "01890000-0000-7000-8000-000000000001")!)
    private static let letters = Operation.Selection.deadLetters(DeadLetterFilter(workflow: "invoices"))
    private static let jobs = Operation.Selection.jobs(JobSelection(workflow: "invoices"))
    private static let ids = Operation.Selection.ids([Self.job])

    private static func plan(_ verb: Operation.Verb) -> Operation.Plan {
        Operation.Plan(verb: verb, priority: verb == .priority ? .high : nil)
    }

    /// The member at fault; `nil`: the plan may be.
    private static func fault(
        _ verb: Operation.Verb, _ selection: Operation.Selection = Self.ids,
        _ change: (inout Operation.Plan) -> Void = { _ in }
    ) -> Operation.Invalid.Member? {
        var plan = Self.plan(verb)
        change(&plan)
        do throws(Operation.Invalid) {
            try plan.check(selection)
            return nil
        } catch {
            return error.member
        }
    }

    @Test(arguments: Operation.Verb.allCases)
    func `an empty selection is refused for every verb`(verb: Operation.Verb) {
        for empty in [Operation.Selection.ids([]), .jobs(JobSelection()), .deadLetters(DeadLetterFilter())] {
            #expect(Self.fault(verb, empty) == .selection)
        }
        #expect(Self.fault(verb) == nil)
    }

    @Test func `a verb is refused for things that it is not done to`() {
        for verb in Operation.Verb.allCases {
            let isOfJobs = ![.replay, .acknowledge, .purge].contains(verb)
            let isOfLetters = [.retry, .replay, .acknowledge, .purge].contains(verb)
            #expect(Self.fault(verb, Self.jobs) == (isOfJobs ? nil : .selection), "\(verb)")
            #expect(Self.fault(verb, Self.letters) == (isOfLetters ? nil : .selection), "\(verb)")
        }
    }

    @Test func `the same job twice, and too many by their IDs, are refused`() {
        #expect(Self.fault(.cancel, .ids([Self.job, Self.job])) == .selection)
        let many = (0...Operation.Selection.idsMax).map { _ in Job.ID.new(at: Date(timeIntervalSince1970: 0)) }
        #expect(Self.fault(.cancel, .ids(many)) == .selection)
        #expect(Self.fault(.cancel, .ids(Array(many.dropLast()))) == nil)
    }

    @Test(arguments: [(0, true), (-1, true), (0.001, false), (10_000, false), (10_000.1, true), (Double.nan, true)])
    func `a rate is above nought and up to its bound`(rate: Double, isRefused: Bool) {
        #expect(Self.fault(.cancel) { $0.ratePerSecond = rate } == (isRefused ? .ratePerSecond : nil))
    }

    @Test func `a canary and an error rate are for what runs again`() {
        for verb in Operation.Verb.allCases {
            let isRerun = [.retry, .replay].contains(verb)
            #expect(Self.fault(verb) { $0.canary = 1 } == (isRerun ? nil : .canary))
            #expect(Self.fault(verb) { $0.stopOnErrorRate = 0.5 } == (isRerun ? nil : .stopOnErrorRate))
            #expect(Self.fault(verb) { $0.changes.set = ["a": 1] } == (isRerun ? nil : .changes))
        }
        #expect(Self.fault(.retry) { $0.canary = 0 } == .canary)
        #expect(Self.fault(.retry) { $0.stopOnErrorRate = 1 } == nil)
        #expect(Self.fault(.retry) { $0.stopOnErrorRate = 1.01 } == .stopOnErrorRate)
        #expect(Self.fault(.retry) { $0.stopOnErrorRate = -0.01 } == .stopOnErrorRate)
    }

    @Test func `steps are not taken over into another version`() {
        #expect(Self.fault(.retry) { ($0.changes.version, $0.changes.from) = (.latest, .failed) } == .version)
        #expect(Self.fault(.retry) { ($0.changes.version, $0.changes.from) = (.latest, .start) } == nil)
    }

    @Test func `cancel, purge and pause can be undone, for a second to a day`() {
        for verb in Operation.Verb.allCases {
            let isUndoable = [.cancel, .purge, .pause].contains(verb)
            #expect(Self.fault(verb) { $0.undoWithin = .seconds(60) } == (isUndoable ? nil : .undoWithinSeconds))
        }
        #expect(Self.fault(.pause) { $0.undoWithin = .seconds(1) } == nil)
        #expect(Self.fault(.pause) { $0.undoWithin = .milliseconds(999) } == .undoWithinSeconds)
        #expect(Self.fault(.pause) { $0.undoWithin = .seconds(86_400) } == nil)
        #expect(Self.fault(.pause) { $0.undoWithin = .seconds(86_401) } == .undoWithinSeconds)
    }

    @Test func `a priority is given to that verb, and to no other`() {
        for verb in Operation.Verb.allCases {
            #expect(Self.fault(verb) { $0.priority = .high } == (verb == .priority ? nil : .priority))
        }
        #expect(Self.fault(.priority) { $0.priority = nil } == .priority)
    }

    @Test func `a selection is told in words`() {
        var jobs = JobSelection(statuses: [.pending, .paused], workflow: "invoices", environment: "production")
        jobs.priority = .high
        #expect(
            Operation.Selection.jobs(jobs).description
                == "jobs: pending or paused, of workflow invoices, in production, of priority 15")
        #expect(Self.ids.description == "1 job by its ID")
        #expect(JobSelection().isEmpty && !jobs.isEmpty)
    }
}

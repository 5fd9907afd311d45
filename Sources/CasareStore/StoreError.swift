package import CasareDomain
package import FoundationEssentials

/// Why the store refused. What goes wrong between the process and the database is a `PostgresError` instead.
package enum StoreError: Error, Hashable, Sendable {
    /// What was looked for.
    package enum Noun: String, Hashable, Sendable {
        case workflow, job, queue, robot, token, operation, schedule, backfill, trigger, calendar, role
        case tenant, approval, secret
        case itemQueue = "item queue"
        case workItem = "work item"
        case selection = "saved selection"
        case window = "maintenance window"
        case workflowVersion = "workflow version"
        case deadLetter = "dead letter"
        case enrolment, certificate

        /// As a sentence has it: `a job`, `an operation`.
        var withArticle: String {
            let isVowel = self.rawValue.first.map { "aeiou".contains($0) } ?? false
            return "\(isVowel ? "an" : "a") \(self.rawValue)"
        }
    }

    case notFound(Noun, String)
    /// The lease has passed on or has ended: the robot must stop the job and write nothing more.
    case leaseLost(Job.ID)
    /// The session has ended: the robot must stop its jobs and open another one.
    case sessionEnded(Robot.SessionID)
    /// The job stands where this cannot be done to it.
    case invalidTransition(Job.ID, from: Job.Status, action: String)
    case alreadyReplayed(Job.ID, as: Job.ID)
    /// Somebody has said already what became of the step.
    case alreadyResolved(Job.ID, Job.Resolution.Answer, by: String)
    /// The job asks about another step than the one that was answered, or about the same one in a later attempt.
    case otherQuestion(Job.ID, Job.Question, attempt: Int, answered: Int)
    /// The key was used for another request within its window.
    /// - Parameter job: has the key; `nil`: another job of the same submit.
    case idempotencyConflict(key: String, job: Job.ID? = nil)
    /// Another job holds the key, and the submit was to be refused then.
    case uniqueKeyHeld(key: String, by: Job.ID)
    /// Two jobs of one submit have the same unique key, and the second one would be refused or replace the first.
    case uniqueKeyRepeated(key: String)
    /// The robot that a job asks for does not take jobs of that environment.
    case robotElsewhere(Robot.ID, environment: String, asked: String)
    /// A queue in memory cannot do what a job asks of it.
    case notInMemory
    /// Nobody could begin the job in time: `start` is when it may begin at the earliest.
    case deadlineTooEarly(Date, start: Date)
    case nameTaken(Noun, String)
    case tooManyJobs(Int, max: Int)
    /// The thing, by its name, kept changing while it was to be changed: try again.
    case contended(String)
    /// A pause cannot end then: the time is past, or too far away.
    case pauseEnd(Date, isPast: Bool)
    /// The robot has no session that could be asked for anything.
    case robotIsNotThere(Robot.ID)
    /// The robot cannot be removed, and what to do about it.
    case robotIsNeeded(Robot.ID, String)
    /// The job has recorded no step of that number; `last` is the last one that it has.
    case noSuchStep(Job.ID, Int, last: Int?)
    /// The job ended because the step counts as failed, by a person's answer or its own `on_recovery`; another one that
    /// takes it over would end there, too.
    case failsAgain(Job.ID, step: Int, node: String, isAnswered: Bool)
    /// Of the job only its dead letter is left.
    case stepsGone(Job.ID)
    /// A job is to begin at the step that failed, and none did.
    case nothingFailed(Job.ID, status: Job.Status)
    /// Steps cannot be taken over into another version of the workflow.
    case stepsOfOtherVersion(Job.ID)
    /// Nothing is left to do about the dead letter.
    case letterResolved(Job.ID)
    /// What was selected is not what it was when somebody looked.
    case selectionChanged(expected: Operation.Mark, found: Operation.Mark)
    /// An operation would have nothing to do.
    case nothingSelected
    /// More jobs than one operation may have.
    case selectionTooLarge(max: Int)
    /// The operation stands where this cannot be done with it: `why` follows its ID.
    case operationRefused(Operation.ID, why: String)
    /// So many operations of the tenant are under way, or so many selections saved, and no more may be.
    case tooManyOperations(max: Int)
    case tooManySelections(max: Int)
    /// The thing, by its noun and name, stands where this cannot be done with it: `why` follows.
    case refused(String, why: String)
    /// Somebody has changed the thing, by its noun and name, since it was looked at.
    case revisionChanged(String, expected: Int, found: Int)
    /// The tenant has as much of something as it may have.
    case quotaExceeded(QuotaExceeded)
    /// The tenant is suspended, or to be deleted: nothing begins.
    case tenantSuspended
    /// What is stored of a calendar cannot be read, by this version of the program at least: `why` says what of it.
    case calendarUnreadable(String, why: String)
    /// A stored value cannot be read, by this version of the program at least.
    case unreadable(String)
}

extension StoreError {
    /// - Parameter expected: the revision that was looked at; `nil`: whatever it is.
    /// - Throws: `.revisionChanged` for another one than the thing has.
    static func check(_ expected: Int?, isRevisionOf thing: String, at revision: Int) throws(StoreError) {
        guard let expected, expected != revision else { return }
        throw .revisionChanged(thing, expected: expected, found: revision)
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notFound(let noun, let name): "there is no \(noun.rawValue) \(name)"
        case .leaseLost(let job): "the lease on job \(job) has passed on; stop the job and write nothing more for it"
        case .sessionEnded(let session): "robot session \(session) has ended; stop its jobs and open another session"
        case .invalidTransition(let job, let status, let action):
            "job \(job) is \(status.rawValue), so it cannot be \(action)"
        case .alreadyReplayed(let job, let replay):
            "the dead letter of job \(job) was already replayed as job \(replay)"
        case .alreadyResolved(let job, let answer, let person):
            "the question of job \(job) was answered already: \(person) said \(answer.rawValue); nothing was changed"
        case .otherQuestion(let job, let question, let attempt, let step):
            "job \(job) does not ask about step \(step) of an attempt before: it asks about step \(question.step) "
                + "(\(question.node)) of attempt \(attempt); look at it again with casarectl job get \(job)"
        case .idempotencyConflict(let key, let job):
            "idempotency key \"\(key)\" was used for a different request"
                + (job.map { ", which made job \($0)" } ?? "") + "; use another key for another job"
        case .uniqueKeyHeld(let key, let job):
            "the unique key \"\(key)\" is held by job \(job); wait for that job, or cancel it; a "
                + "submit may have on_conflict return or replace instead"
        case .uniqueKeyRepeated(let key):
            "two of these jobs have the unique key \"\(key)\", and the second would be refused or replace the first; none "
                + "is submitted: send one of the two only"
        case .robotElsewhere(let robot, let environment, let asked):
            "robot \(robot) takes jobs of the environment \(environment), and this one is for \(asked); submit it for "
                + environment
        case .notInMemory:
            "a queue in memory knows no queue keys, requirements, deadlines and unique keys; leave them out, or submit to "
                + "a server with a database"
        case .deadlineTooEarly(let deadline, let start):
            "the deadline \(deadline.formatted(.iso8601)) is over before the job may begin, at "
                + "\(start.formatted(.iso8601)); give a later one"
        case .nameTaken(let noun, let name):
            "there is \(noun.withArticle) \(name) already; choose another name"
        case .tooManyJobs(let count, let max):
            "\(count) jobs are too many for one submit; send at most \(max) at a time"
        case .contended(let what): "\(what) changed all the while; try again"
        case .pauseEnd(let end, isPast: true):
            "the pause would end at \(end.formatted(.iso8601)), which is past: it would hold nothing up; give a later time"
        case .pauseEnd(let end, isPast: false):
            "the pause would end at \(end.formatted(.iso8601)), which is more than a year away; give an earlier time, or "
                + "none, and it ends when somebody resumes"
        case .robotIsNotThere(let robot):
            "robot \(robot) has no session: its process does not run, or runs without a connection; end such a "
                + "process where it runs"
        case .robotIsNeeded(let robot, let why): "robot \(robot) cannot be removed: \(why)"
        case .noSuchStep(let job, let step, last: let last?):
            "job \(job) has recorded no step \(step): its steps are 0 to \(last); look at them with `casarectl job steps`"
        case .noSuchStep(let job, let step, last: nil):
            "job \(job) has recorded no step \(step), nor any other; begin from its start, step 0"
        case .failsAgain(let job, step: let step, node: let node, isAnswered: true):
            "job \(job) failed because of an answer: step \(step) (\(node)) counts as failed, and a retry behind it would "
                + "fail there again; begin at it with --from \(step), which performs it once more, or from the start"
        case .failsAgain(let job, step: let step, node: let node, isAnswered: false):
            "job \(job) failed because step \(step) (\(node)) may or may not have happened, and a retry that takes it over "
                + "would fail there again; begin before it, or from the start, which performs it once more"
        case .stepsGone(let job):
            "only the dead letter of job \(job) is kept, its steps are not; retry it from the start"
        case .nothingFailed(let job, let status):
            "no step of job \(job) failed: it is \(status.rawValue); begin at the start, or at a step that "
                + "casarectl job steps \(job) shows"
        case .stepsOfOtherVersion(let job):
            "job \(job) cannot begin in the middle with the latest version: its recorded steps belong to the version that "
                + "it ran; begin at the start, or run the same version"
        case .letterResolved(let job):
            "the dead letter of job \(job) is resolved, and casarectl dlq show \(job) says how; casarectl retry runs any job "
                + "again that has ended, also the one that came of it"
        case .selectionChanged(let expected, let found):
            expected.count == found.count
                ? "the selection changed: it is \(found.count) jobs as before, but others; look at it again"
                : "the selection changed: \(expected.count) jobs then, \(found.count) now; look at it again"
        case .nothingSelected:
            "the selection matches nothing, so there is nothing to do; look at it with a preview"
        case .selectionTooLarge(let max):
            "the selection is more than \(max) jobs, which is the most that one operation takes; narrow it down, by time "
                + "or workflow for instance"
        case .operationRefused(let operation, let why): "operation \(operation) \(why)"
        case .tooManyOperations(let max):
            "\(max) operations are under way, and no more may be; wait for one to end, or cancel one"
        case .tooManySelections(let max):
            "\(max) selections are saved, and no more may be; delete one that nobody uses"
        case .refused(let what, let why): "\(what) \(why)"
        case .revisionChanged(let what, let expected, let found):
            "\(what) has changed: it is at revision \(found), and the change was made for \(expected); look at it again"
        case .quotaExceeded(let exceeded): exceeded.description
        case .tenantSuspended:
            "the tenant is suspended, so nothing new begins; those who run this installation can say why, and resume it"
        case .calendarUnreadable(let name, let why):
            "the calendar \(name) cannot be read: \(why); keep another one under its name with casarectl calendar set, "
                + "or upgrade the server to the version that has written it"
        case .unreadable(let what): what
        }
    }
}

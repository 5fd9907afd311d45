package import CasareDomain

/// Why the store refused. What goes wrong between the process and the database is a `PostgresError` instead.
package enum StoreError: Error, Hashable, Sendable {
    /// What was looked for.
    package enum Noun: String, Hashable, Sendable {
        case workflow, job, queue, robot, token
        case workflowVersion = "workflow version"
        case deadLetter = "dead letter"
    }

    case notFound(Noun, String)
    /// The lease has passed on or has ended: the robot must stop the job and write nothing more.
    case leaseLost(Job.ID)
    /// The session has ended: the robot must stop its jobs and open another one.
    case sessionEnded(Robot.SessionID)
    /// The job stands where this cannot be done to it.
    case invalidTransition(Job.ID, from: Job.Status, action: String)
    case alreadyReplayed(Job.ID, as: Job.ID)
    /// The key was used for another request within its window.
    case idempotencyConflict(key: String)
    case nameTaken(Noun, String)
    case tooManyJobs(Int, max: Int)
    /// The job kept moving while it was to be changed: try again.
    case contended(Job.ID)
    /// A stored value cannot be read, by this version of the program at least.
    case unreadable(String)
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
        case .idempotencyConflict(let key):
            "idempotency key \"\(key)\" was used for a different request; use another key for another job"
        case .nameTaken(let noun, let name): "there is a \(noun.rawValue) \(name) already; choose another name"
        case .tooManyJobs(let count, let max):
            "\(count) jobs are too many for one submit; send at most \(max) at a time"
        case .contended(let job): "job \(job) changed its place all the while; try again"
        case .unreadable(let what): what
        }
    }
}

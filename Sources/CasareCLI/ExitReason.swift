/// How casarectl ends. Scripts depend on these numbers: none of them ever changes its meaning.
package enum ExitReason: Int32, CaseIterable, Sendable {
    case success = 0
    case failure = 1
    case notSignedIn = 3
    case notFound = 4
    case conflict = 5
    case forbidden = 6
    case partOfBulkFailed = 7
    case waitTimedOut = 8
    case jobEndedBadly = 9
    case unavailable = 10
    case versionSkew = 11
    case confirmationNeeded = 12
    case differencesFound = 13
    case usage = 64
    case hungUp = 129
    case interrupted = 130
    case terminated = 143

    package var explanation: String {
        switch self {
        case .success: "it worked; where a job is waited for, it completed"
        case .failure: "an error that has no number of its own"
        case .notSignedIn: "no token, or one that is not valid: casarectl login"
        case .notFound: "the job, workflow, secret, tenant, robot, file or context does not exist"
        case .conflict: "the thing is not in a state that allows this, or changed meanwhile, or a quota is used up"
        case .forbidden: "you may not do this, or your tenant is suspended; of token can-i: the answer is no"
        case .partOfBulkFailed: "some items of a bulk command failed, or its operation was stopped; stderr says which"
        case .waitTimedOut: "--timeout passed before what was waited for had ended; it goes on"
        case .jobEndedBadly: "the awaited job failed, was cancelled, or waits for a person"
        case .unavailable: "the server cannot be reached, or what is asked for is not ready: try again"
        case .versionSkew: "client, server and database do not fit together; upgrade one of them"
        case .confirmationNeeded: "the command needs a yes (run it on a terminal or add --yes), or a second person's"
        case .differencesFound: "something is not as it should be, such as pending migrations or a changed audit log"
        case .usage: "the command line is wrong"
        case .hungUp: "stopped because its terminal or connection is gone (SIGHUP)"
        case .interrupted: "stopped by ^C (SIGINT)"
        case .terminated: "stopped by SIGTERM"
        }
    }
}

import CasareClient
import CasareDomain
import CasareWire

/// Something that a key does, with the same calls as the commands.
enum TopAction: Hashable, Sendable {
    case pauseJob(Job.ID)
    case resumeJob(Job.ID)
    case cancelJob(Job.ID)
    case pauseQueue(String)
    case resumeQueue(String)
    case drainRobot(Robot.ID)
    case retryLetter(Job.ID)
    case acknowledgeLetter(Job.ID)
    case pauseOperation(Operation.ID)
    case resumeOperation(Operation.ID)
    case cancelOperation(Operation.ID)

    /// "pause queue prod".
    var what: String {
        switch self {
        case .pauseJob(let id): "pause job \(id)"
        case .resumeJob(let id): "resume job \(id)"
        case .cancelJob(let id): "cancel job \(id)"
        case .pauseQueue(let name): "pause queue \(TerminalText.line(name))"
        case .resumeQueue(let name): "resume queue \(TerminalText.line(name))"
        case .drainRobot(let id): "drain robot \(id)"
        case .retryLetter(let id): "retry dead letter \(id)"
        case .acknowledgeLetter(let id): "acknowledge dead letter \(id)"
        case .pauseOperation(let id): "pause operation \(id)"
        case .resumeOperation(let id): "resume operation \(id)"
        case .cancelOperation(let id): "cancel operation \(id)"
        }
    }

    /// Does it.
    ///
    /// - Returns: what was done, for a person.
    func perform(by client: CasareClient, reason: String?) async throws(ClientError) -> String {
        switch self {
        case .pauseJob(let id):
            let job = try await client.pauseJob(id, reason: reason)
            return "\(JobCommand.Pause.past(job)) job \(id)"
        case .resumeJob(let id):
            _ = try await client.resumeJob(id, reason: reason)
            return "resumed job \(id)"
        case .cancelJob(let id):
            _ = try await client.cancelJob(id, reason: reason)
            return "cancelled job \(id)"
        case .pauseQueue(let name):
            _ = try await client.pauseQueue(name, PauseQueueRequest(reason: reason))
            return "paused queue \(TerminalText.line(name))"
        case .resumeQueue(let name):
            _ = try await client.resumeQueue(name, ResumeQueueRequest(reason: reason))
            return "resumed queue \(TerminalText.line(name))"
        case .drainRobot(let id):
            _ = try await client.endRobot(id, .drain, reason: reason)
            return "draining robot \(id)"
        case .retryLetter(let id):
            let job = try await client.retryDeadLetter(id, RetryJobRequest(reason: reason)).job
            return "retried \(id) as \(job.id)"
        case .acknowledgeLetter(let id):
            _ = try await client.acknowledgeDeadLetter(id, reason: reason, resolve: false)
            return "acknowledged dead letter \(id)"
        case .pauseOperation(let id):
            _ = try await client.pauseOperation(id, reason: reason)
            return "paused operation \(id)"
        case .resumeOperation(let id):
            _ = try await client.resumeOperation(id, reason: reason)
            return "resumed operation \(id)"
        case .cancelOperation(let id):
            _ = try await client.cancelOperation(id, reason: reason)
            return "cancelled operation \(id)"
        }
    }
}

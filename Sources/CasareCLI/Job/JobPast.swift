import CasareClient
import CasareDomain
import CasareWire

/// What came of a job's attempts and of the job itself, as `job get` tells it to people beside the job.
struct JobPast: Hashable, Sendable {
    /// Why the last attempt failed, of a job that waits for its next one.
    var lastFailure: String?
    /// What people have said of its steps in doubt.
    var answers: [String] = []
    /// The job that a retry made of it.
    var replayedAs: Job.ID?

    init() {}

    init(_ history: JobHistory?, of job: JobInfo, replayedAs: Job.ID?) {
        self.answers = history?.attempts.compactMap { $0.question?.answered } ?? []
        self.replayedAs = replayedAs
        switch job.status {
        case .pending, .paused:
            // What was handed back, paused or answered since did not fail.
            if let last = history?.attempts.last, let failure = last.failure {
                self.lastFailure = "attempt \(last.attempt): \(failure.message) (\(failure.type))"
            }
        case .running, .blocked, .completed, .failed, .cancelled:
            break
        }
    }

    /// A server from before it kept histories has none to give, and of what ended badly there need not be a dead letter;
    /// the job is shown all the same.
    init(of job: JobInfo, _ client: CasareClient) async {
        var history: JobHistory?
        var letter: DeadLetterInfo?
        if job.attempt > 0 { history = try? await client.history(of: job.id) }
        if job.status == .failed { letter = try? await client.deadLetter(job.id) }
        self.init(history, of: job, replayedAs: letter?.replayedAs)
    }
}

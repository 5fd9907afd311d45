import CasareClient
import CasareDomain
import CasareWire

/// Waits for jobs, and tells a person meanwhile what they ought to know.
struct JobWaiter: Sendable {
    /// One request asks the server to wait this long; it allows 30 s.
    private static let pollMax = Duration.seconds(25)
    /// While a job is followed, its steps are looked at this often.
    private static let followInterval = Duration.seconds(1)
    /// A job that no robot has begun by then makes one look whether there is any.
    private static let robotCheckAfter = Duration.seconds(2)

    private let client: CasareClient
    private let follows: Bool
    private let deadline: ContinuousClock.Instant?

    /// The time limit runs from now on, over everything that is waited for.
    init(_ client: CasareClient, follows: Bool, timeout: TimeSpan?) {
        self.client = client
        self.follows = follows
        self.deadline = timeout.map { .now + $0.duration }
    }

    init(_ client: CasareClient, _ options: WaitOptions) {
        self.init(client, follows: options.follow, timeout: options.timeout)
    }

    /// Waits until each of the jobs has ended or waits for a person.
    ///
    /// - Parameter announcement: Said first. By then ^C ends the waiting in good order.
    /// - Throws: `.waitTimedOut`, or `.interrupted` on ^C: in both cases the jobs go on.
    func wait(for ids: [Job.ID], saying announcement: String? = nil) async throws -> [JobInfo] {
        let ending = try await Interruption.watching {
            if let announcement { StandardStreams.report(announcement) }
            var jobs: [JobInfo] = []
            for id in ids { jobs.append(try await self.wait(for: id, showsID: ids.count > 1)) }
            return jobs
        }
        switch ending {
        case .finished(let jobs):
            return jobs
        case .interrupted(let reason):
            // Where it stands by now is not known: it may be paused.
            let what = ids.count == 1 ? "job \(ids[0]): casarectl job watch \(ids[0])" : "the jobs"
            throw CommandFailure(reason, "stopped waiting; nothing was done to \(what)")
        }
    }

    private func wait(for id: Job.ID, showsID: Bool) async throws -> JobInfo {
        let start = ContinuousClock.now
        var progress = JobProgress()
        var standstill = JobStandstill()
        var mayLackRobots = true
        var poll = Duration.zero
        while true {
            let left = self.deadline.map { max(.zero, $0 - .now) }
            let isLast = left == .zero
            let wait = min(poll, left ?? poll)
            let job = try await Outage.withstanding(until: self.deadline) {
                try await self.client.job(id, waiting: wait)
            }
            if self.follows {
                await self.report(job, &progress, showsID: showsID)
            } else if let line = standstill.saw(job) {
                StandardStreams.report(TerminalText.line(line))
            }
            if job.status.isTerminal || job.status == .blocked { return job }
            if isLast {
                throw CommandFailure(
                    .waitTimedOut,
                    "job \(id) is still \(job.status.rawValue) after --timeout; "
                        + (job.status == .paused
                            ? "casarectl job resume \(id) lets it go on" : "it goes on: casarectl job watch \(id)"))
            }
            let waited = ContinuousClock.now - start
            if mayLackRobots, waited >= Self.robotCheckAfter {
                mayLackRobots = false
                if job.status == .pending, job.dueAt == nil { await self.reportMissingRobots() }
            }
            poll = self.follows ? Self.followInterval : mayLackRobots ? Self.robotCheckAfter - waited : Self.pollMax
        }
    }

    // MARK: What a person is told

    private func report(_ job: JobInfo, _ progress: inout JobProgress, showsID: Bool) async {
        let prefix = showsID ? "\(job.id) " : ""
        // Steps are an extra: what can be waited for without them is waited for.
        let steps = job.attempt > 0 ? (try? await self.client.steps(of: job.id, results: false)) ?? [] : []
        for text in progress.saw(job, steps) {
            StandardStreams.report(TerminalText.line(prefix + text))
        }
    }

    private func reportMissingRobots() async {
        // Who may wait for a job may perhaps not see the status; then there is nothing to tell.
        guard let status = try? await self.client.status(), status.robotsAvailable ?? status.robotsOnline == 0 else {
            return
        }
        StandardStreams.report(
            status.robotsOnline == 0
                ? "casarectl: no robot is online, so the job waits; casarectl robot list shows robots"
                : "casarectl: no robot that is online takes jobs, so the job waits; casarectl robot list says why")
    }
}

extension ExitReason {
    /// How a command ends that waited for jobs.
    static func ofWaiting(for jobs: [JobInfo]) -> ExitReason {
        jobs.allSatisfy { $0.status == .completed } ? .success : .jobEndedBadly
    }
}

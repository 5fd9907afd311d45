package import CasareDomain
package import CasareEngine

/// What a robot needs from the rest of the system. One form speaks SQL, the other the API; both keep the same promises.
///
/// Every write carries its lease and changes nothing once the lease has passed on: it then throws `leaseLost`.
package protocol Broker: Sendable {
    /// Registers the robot and begins a session, in place of one that was open before.
    func open(_ robot: RobotDescription) async throws(BrokerError) -> SessionTerms

    /// Leases up to `slots` jobs; waits for some to come, `waiting` at the longest, and then returns none. A robot that
    /// is asked to end meanwhile may be told by `askedToEnd`, and is by its next renewal.
    func lease(slots: Int, waiting: Duration) async throws(BrokerError) -> [LeasedJob]

    /// Keeps the session alive, and so all of its leases.
    ///
    /// - Returns: Which of the leases named have passed on.
    func renew(_ leases: [Lease]) async throws(BrokerError) -> Set<Job.ID>

    /// The same, with what the robot says of its progress, and with what it is asked to do.
    func renew(_ leases: [Lease], progress: Robot.Progress) async throws(BrokerError) -> RenewalAnswer

    /// Returns when the session is found to be lost between renewals, or when the task is cancelled. Its jobs must then
    /// stop at once.
    func untilSessionIsLost() async

    /// Returns when there is news of the session, or may be: a job was taken from it, or it is asked for something. The
    /// next renewal brings it. Also returns when the task is cancelled. One task waits at a time.
    ///
    /// - Parameter held: the leases that the robot believes to hold, asked for whenever they are wanted.
    func untilNews(about held: @Sendable () -> [Lease]) async

    /// What earlier attempts recorded, and the time that they took.
    func journal(of lease: Lease) async throws(BrokerError) -> JobJournal

    /// Makes journal rows durable in one commit.
    func checkpoint(_ rows: [JournalRow], under lease: Lease) async throws(BrokerError)

    func complete(_ lease: Lease, result: RunResult, rows: [JournalRow]) async throws(BrokerError)

    /// The attempt failed: another follows, or the job does.
    ///
    /// - Returns: which of the two.
    @discardableResult
    func fail(
        _ lease: Lease, failure: Failure, result: RunResult?, rows: [JournalRow]
    ) async throws(BrokerError) -> FailOutcome

    /// A person must decide about a step.
    func block(_ lease: Lease, question: Job.Question, rows: [JournalRow]) async throws(BrokerError)

    /// Hands the job back without using up the attempt.
    func release(_ lease: Lease, reason: String) async throws(BrokerError)

    /// The values of secrets that the leased job's workflow names, while the lease lives. That it was given them is
    /// noted.
    ///
    /// - Parameter references: as `SecretReference.named(in:)` has them, at most `SecretReference.countMax`.
    /// - Returns: for each reference its values, or why the job does not get them.
    func secrets(_ references: [String], under lease: Lease) async throws(BrokerError) -> [String: SecretAnswer]

    /// Submits a job for a step of the leased one; the step's job is the same however often it is asked for.
    func submit(_ child: ChildJob, forStep step: Int, under lease: Lease) async throws(BrokerError) -> Job.ID

    /// How a job that was submitted so has ended; `nil` while it has not.
    func ending(of child: Job.ID, under lease: Lease) async throws(BrokerError) -> ChildJob.Ending?

    /// Keeps lines that the job's run wrote. Each has its place among those of its lease, by which one that is sent
    /// again is known.
    ///
    /// - Returns: how many lines the job's log has now. It takes no more than `Job.Log.linesMax`.
    func log(_ lines: [Job.LogLine], under lease: Lease) async throws(BrokerError) -> Int

    /// Keeps lines that the robot itself logged, for as long as such lines are kept. Each has its number among those of
    /// its process, by which one that is sent again is known. It needs no session, but a robot that is registered.
    func keep(_ lines: [Robot.LogLine], of robot: Robot.ID) async throws(BrokerError)

    /// Asks what to watch for triggers. What the session has and the robot does not name is free again.
    ///
    /// - Parameters:
    ///   - holding: what the robot watches already.
    ///   - limit: of new ones, up to 100.
    func watches(holding: [Watch.Mark], limit: Int) async throws(BrokerError) -> WatchOffer

    /// Reports what was found for a trigger, and what was seen by now: both count, or neither.
    ///
    /// - Parameter version: of the report before. Sent again it changes nothing.
    /// - Returns: the version for the next report; `nil` when nothing was changed: the session holds the watch no
    ///   longer, or this was reported already.
    func report(
        _ report: WatchReport, of trigger: Trigger.ID, revision: Int, version: Int
    ) async throws(BrokerError) -> Int?

    /// Ends the session and hands back what it still holds.
    func close() async
}

extension Broker {
    /// For a broker that tells in its answers only.
    package func untilNews(about held: @Sendable () -> [Lease]) async { await Latch().wait() }

    /// For a broker behind which there is no vault.
    package func secrets(
        _ references: [String], under lease: Lease
    ) async throws(BrokerError) -> [String: SecretAnswer] {
        references.refused { "The secret \"\($0)\" cannot be had: there is no vault behind this queue" }
    }

    /// For a broker behind which nobody keeps logs: as one that is full.
    package func log(_ lines: [Job.LogLine], under lease: Lease) async throws(BrokerError) -> Int { Job.Log.linesMax }

    /// For a broker behind which nobody keeps what robots log.
    package func keep(_ lines: [Robot.LogLine], of robot: Robot.ID) async throws(BrokerError) {
        throw .refused("nobody keeps here what robots log")
    }

    /// For a broker behind which there are no triggers.
    package func watches(holding: [Watch.Mark], limit: Int) async throws(BrokerError) -> WatchOffer { WatchOffer() }

    /// For a broker behind which there are no triggers.
    package func report(
        _ report: WatchReport, of trigger: Trigger.ID, revision: Int, version: Int
    ) async throws(BrokerError) -> Int? { nil }

    /// For a broker behind which nobody asks a robot for anything.
    package func renew(_ leases: [Lease], progress: Robot.Progress) async throws(BrokerError) -> RenewalAnswer {
        RenewalAnswer(lost: try await self.renew(leases))
    }
}

extension [String] {
    /// The answer where no secret can be had, and why.
    func refused(
        _ kind: SecretProblem.Kind = .unavailable, _ why: (_ reference: String) -> String
    ) -> [String: SecretAnswer] {
        Dictionary(
            self.map { ($0, SecretAnswer.refused(SecretProblem(kind, why($0)))) },
            uniquingKeysWith: { first, _ in first })
    }
}

/// What comes back from a renewal.
package struct RenewalAnswer: Hashable, Sendable {
    /// Which of the leases named have passed on.
    package let lost: Set<Job.ID>
    /// Which of them are of jobs to be handed back after the step that they are in; of all others this is asked no
    /// longer.
    package let paused: Set<Job.ID>
    /// Jobs to run at once from now on; `nil` leaves it.
    package let slots: Int?
    /// The robot is asked to end.
    package let order: Robot.Order?

    package init(
        lost: Set<Job.ID>, paused: Set<Job.ID> = [], slots: Int? = nil, order: Robot.Order? = nil
    ) {
        self.lost = lost
        self.paused = paused
        self.slots = slots
        self.order = order
    }
}

/// What a robot says of itself when it begins.
package struct RobotDescription: Hashable, Sendable {
    package let id: Robot.ID
    package let environment: String
    package let tags: [String]
    package let capabilities: [String]
    package let slots: Int

    package init(id: Robot.ID, environment: String, tags: [String], capabilities: [String], slots: Int) {
        self.id = id
        self.environment = environment
        self.tags = tags
        self.capabilities = capabilities
        self.slots = slots
    }
}

/// What the server grants a session.
package struct SessionTerms: Hashable, Sendable {
    /// Life of the session without a renewal.
    package let leaseDuration: Duration
    /// Between renewals.
    package let heartbeatInterval: Duration
    /// Sessions of the robot's ID beside this one that are in time: of other processes.
    package let otherSessions: Int
    /// The name of whose jobs they are; `nil` where nobody says.
    package let tenant: String?

    package init(
        leaseDuration: Duration, heartbeatInterval: Duration, otherSessions: Int, tenant: String? = nil
    ) {
        self.leaseDuration = leaseDuration
        self.heartbeatInterval = heartbeatInterval
        self.otherSessions = otherSessions
        self.tenant = tenant
    }
}

package enum BrokerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The lease has passed on: nothing was changed, and the robot must stop the job.
    case leaseLost(Job.ID)
    /// The session has ended: all of its leases have passed on.
    case sessionEnded
    /// The robot is to end; nothing more is leased to it.
    case askedToEnd(Robot.Order)
    /// The other side cannot be reached just now. It may or may not have done what was asked.
    case unavailable(String)
    /// The other side will not do it, however often it is asked.
    case refused(String)

    package var description: String {
        switch self {
        case .leaseLost(let job): "The lease on job \(job) has passed on"
        case .sessionEnded: "The robot's session has ended"
        case .askedToEnd(let order): "The robot is asked to \(order.rawValue)"
        case .unavailable(let reason), .refused(let reason): reason
        }
    }
}

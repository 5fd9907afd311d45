public import CasareDomain
public import CasareWire

/// The robot's protocol. Every report carries its lease; a lease that has passed on is answered `LEASE_LOST`.
extension CasareClient {
    public func openSession(
        _ robot: Robot.ID, _ request: OpenSessionRequest
    ) async throws(ClientError) -> OpenSessionResponse {
        try await self.post("\(Self.apiPath)/robots/\(robot)/sessions", request, mayRepeat: true)
    }

    /// Ends the session and hands back what it holds.
    public func closeSession(_ session: Robot.SessionID) async throws(ClientError) {
        let _: EmptyResponse = try await self.delete("\(Self.apiPath)/sessions/\(session)")
    }

    /// - Parameter waiting: for jobs to come; up to 25 s.
    public func lease(
        _ session: Robot.SessionID, slots: Int, waiting: Duration = .zero
    ) async throws(ClientError) -> [LeasedJob] {
        try await self.leaseAnswer(session, slots: slots, waiting: waiting).jobs.map(\.leasedJob)
    }

    /// The same, with what the robot is asked to do.
    public func leaseAnswer(
        _ session: Robot.SessionID, slots: Int, waiting: Duration = .zero
    ) async throws(ClientError) -> LeaseResponse {
        try await self.post(
            "\(Self.apiPath)/sessions/\(session)/lease",
            LeaseRequest(slots: slots, waitSeconds: waiting.fractionalSeconds), waiting: waiting)
    }

    /// Keeps the session alive. It is not repeated by itself: the robot decides whether there still is time.
    public func renew(
        _ session: Robot.SessionID, _ leases: [Lease], progress: Robot.Progress? = nil
    ) async throws(ClientError) -> RenewResponse {
        try await self.post(
            "\(Self.apiPath)/sessions/\(session)/renew",
            RenewRequest(leases: leases.map(LeaseInfo.init), progress: progress))
    }

    /// Waits for news of the session, which a renewal then brings.
    ///
    /// - Parameters:
    ///   - leases: those that the robot believes to hold.
    ///   - known: what the last renewal told; a server before it compared that refuses it as invalid input.
    public func hasNews(
        of session: Robot.SessionID, _ leases: [Lease], knowing known: NewsRequest.Known? = nil,
        waiting: Duration = .zero
    ) async throws(ClientError) -> Bool {
        let response: NewsResponse = try await self.post(
            "\(Self.apiPath)/sessions/\(session)/news",
            NewsRequest(
                leases: leases.map(LeaseInfo.init), waitSeconds: waiting.fractionalSeconds, known: known),
            waiting: waiting)
        return response.hasNews
    }

    /// What earlier attempts recorded, and the time that they took.
    public func journal(of lease: Lease) async throws(ClientError) -> JobJournal {
        let response: JournalResponse = try await self.get(
            "\(Self.apiPath)/jobs/\(lease.job)/journal", [("token", lease.token.description)])
        return JobJournal(rows: response.steps.map(\.row), secondsSpent: response.secondsSpent ?? 0)
    }

    public func checkpoint(_ rows: [JournalRow], under lease: Lease) async throws(ClientError) {
        try await self.report(lease, "checkpoint", CheckpointRequest(token: lease.token, entries: try Self.steps(rows)))
    }

    public func complete(_ lease: Lease, result: RunResult, rows: [JournalRow]) async throws(ClientError) {
        try await self.report(
            lease, "complete", CompleteRequest(token: lease.token, result: result, entries: try Self.steps(rows)))
    }

    /// - Returns: whether and when it is tried again.
    public func fail(
        _ lease: Lease, failure: Failure, result: RunResult?, rows: [JournalRow]
    ) async throws(ClientError) -> FailResponse {
        try await self.post(
            "\(Self.apiPath)/jobs/\(lease.job)/fail",
            FailRequest(token: lease.token, failure: failure, result: result, entries: try Self.steps(rows)))
    }

    public func block(_ lease: Lease, question: Job.Question, rows: [JournalRow]) async throws(ClientError) {
        try await self.report(
            lease, "block", BlockRequest(token: lease.token, question: question, entries: try Self.steps(rows)))
    }

    /// Hands the job back without using up the attempt.
    public func release(_ lease: Lease, reason: String) async throws(ClientError) {
        try await self.report(lease, "release", ReleaseRequest(token: lease.token, reason: reason))
    }

    /// Submits a job for a step of the one that is held; the step's job is the same however often it is asked for.
    public func submitChild(
        _ child: ChildJob, forStep step: Int, under lease: Lease
    ) async throws(ClientError) -> Job.ID {
        let response: SubmitChildResponse = try await self.post(
            "\(Self.apiPath)/jobs/\(lease.job)/children",
            SubmitChildRequest(token: lease.token, step: step, child: child), mayRepeat: true)
        return response.id
    }

    /// How such a job has ended; `nil` while it has not.
    public func ending(of child: Job.ID, under lease: Lease) async throws(ClientError) -> ChildJob.Ending? {
        let response: ChildStateResponse = try await self.get(
            "\(Self.apiPath)/jobs/\(lease.job)/children/\(child)", [("token", lease.token.description)])
        return response.ending
    }

    private func report(
        _ lease: Lease, _ verb: String, _ body: some Encodable & Sendable
    ) async throws(ClientError) {
        let _: EmptyResponse = try await self.post("\(Self.apiPath)/jobs/\(lease.job)/\(verb)", body)
    }

    private static func steps(_ rows: [JournalRow]) throws(ClientError) -> [StepInfo] {
        do throws(JSONError) {
            return try rows.map { row throws(JSONError) in try StepInfo(row) }
        } catch {
            throw .invalidRequest("the result of a journaled step is not JSON: \(error)")
        }
    }
}

public import CasareDomain
public import CasareWire

/// A submitted job.
public struct Submission: Hashable, Sendable {
    public let job: JobInfo
    /// The idempotency key or the unique key was known: this is a job that was there already.
    public let isDuplicate: Bool
    /// Which of them it was. A server before it knew of unique keys says nothing.
    public let foundBy: SubmitJobResponse.Found?
    /// The job of the same unique key that was cancelled for this one.
    public let replaced: Job.ID?

    public init(job: JobInfo, isDuplicate: Bool, foundBy: SubmitJobResponse.Found?, replaced: Job.ID?) {
        self.job = job
        self.isDuplicate = isDuplicate
        self.foundBy = foundBy
        self.replaced = replaced
    }
}

extension CasareClient {
    /// Repeated while the server is unavailable only when the request has an idempotency key.
    public func submit(_ request: SubmitJobRequest) async throws(ClientError) -> Submission {
        let (status, response): (Int, SubmitJobResponse) = try await self.postWithStatus(
            "\(Self.apiPath)/jobs", request, mayRepeat: request.idempotencyKey != nil)
        return Submission(
            job: response.job, isDuplicate: status == 200, foundBy: response.foundBy, replaced: response.replaced)
    }

    /// All of them or none; at most `SubmitBatchRequest.jobsMax`. In the order of the requests.
    public func submit(_ requests: [SubmitJobRequest]) async throws(ClientError) -> [SubmittedJobInfo] {
        let response: SubmitBatchResponse = try await self.post(
            "\(Self.apiPath)/jobs/batch", SubmitBatchRequest(jobs: requests),
            mayRepeat: requests.allSatisfy { $0.idempotencyKey != nil })
        return response.jobs
    }

    public func jobs(_ query: JobQuery = JobQuery()) async throws(ClientError) -> JobPage {
        try await self.get(
            "\(Self.apiPath)/jobs",
            [
                ("status", query.status?.rawValue), ("workflow", query.workflow),
                ("since", query.since.map(Timestamp.text)), ("until", query.until.map(Timestamp.text)),
                ("limit", query.limit.map(String.init)), ("cursor", query.cursor),
            ])
    }

    /// - Parameter waiting: answer as soon as the job has ended or is blocked, or after this time; up to 30 s.
    public func job(_ id: Job.ID, waiting: Duration = .zero) async throws(ClientError) -> JobInfo {
        let response: JobResponse = try await self.get(
            "\(Self.apiPath)/jobs/\(id)",
            [("wait_seconds", waiting > .zero ? String(waiting.fractionalSeconds) : nil)], waiting: waiting)
        return response.job
    }

    /// - Returns: the job; a running one may need a moment to end.
    public func cancelJob(_ id: Job.ID, reason: String? = nil) async throws(ClientError) -> JobInfo {
        let response: JobResponse = try await self.post(
            "\(Self.apiPath)/jobs/\(id)/cancel", CancelJobRequest(reason: reason))
        return response.job
    }

    /// Submits a copy of a job that has ended.
    ///
    /// - Parameters:
    ///   - variables: replace the job's.
    ///   - point: where it begins; `nil`: at the start, also with a server that knows of nothing else.
    public func retryJob(
        _ id: Job.ID, variables: Object? = nil, from point: Job.ResumePoint? = nil
    ) async throws(ClientError) -> JobInfo {
        try await self.retryJob(id, RetryJobRequest(variables: variables, from: point)).job
    }

    /// The same, with all that may be asked for, and what the new job does to the world once more.
    public func retryJob(_ id: Job.ID, _ request: RetryJobRequest) async throws(ClientError) -> RerunResponse {
        try await self.postOnce("\(Self.apiPath)/jobs/\(id)/retry", request)
    }

    /// Submits a job anew that takes over what the first one recorded before a step. Each call makes one job, also when
    /// an answer is lost and the request is sent again.
    public func forkJob(_ id: Job.ID, _ request: ForkJobRequest) async throws(ClientError) -> RerunResponse {
        try await self.postOnce("\(Self.apiPath)/jobs/\(id)/fork", request)
    }
}

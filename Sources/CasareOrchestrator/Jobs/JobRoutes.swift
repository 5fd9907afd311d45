import CasareDomain
import CasareStore
import CasareWire
import Instrumentation

enum JobRoutes {
    static let waitSecondsMax = 30.0

    static let all: [Route] = [
        .post(
            "/api/v1/jobs", .needs(.workflowExecute),
            "Submit a job. A known idempotency key brings the first job, and a held unique key its job, with status 200.",
            statuses: [201, 200], Self.submit
        ).reading(.idempotencyKey),
        .post(
            "/api/v1/jobs/batch", .needs(.workflowExecute), "Submit up to 10,000 jobs: all of them or none.",
            statuses: [201],
            Self.submitBatch
        ).reading(.idempotencyKey),
        .get(
            "/api/v1/jobs", .needs(.executionRead), "List jobs, newest first, without their results.",
            query: [
                .choice("status", Job.Status.self, "Only jobs that stand so."),
                .text("workflow", "Only jobs of this workflow, by name or ID."),
                .time("since", "Only jobs created at this time or later."),
                .time("until", "Only jobs created before this time."), .limit, .cursor,
            ], Self.list),
        .get(
            "/api/v1/jobs/{id}", .needs(.executionRead),
            "One job with its result. Values of sensitive variables are hidden.",
            query: [
                .seconds(
                    "wait_seconds", max: Self.waitSecondsMax,
                    "Answer when the job has ended or is blocked, or after this time.")
            ], Self.get),
        .post("/api/v1/jobs/{id}/cancel", .needs(.executionCancel), "Cancel a job that has not ended.", Self.cancel),
        .post(
            "/api/v1/jobs/{id}/retry", .needs(.executionRetry),
            "Submit a failed job anew. Variables that are given as the API shows them stay as they are.",
            statuses: [201],
            Self.retry
        ).reading(.idempotencyKey),
    ]

    // MARK: Submitting

    private static func submit(
        _ request: APIRequest, _ body: SubmitJobRequest
    ) async throws -> Answer<SubmitJobResponse> {
        let body = try self.keyed(body, by: request)
        let (submitted, made, job, ended, submission) = try await self.traced(
            [body], isBatch: false, request, metrics: request.services.metrics.messaging
        ) { traces in
            let submission = try JobSubmission(
                [body], traces: traces, catalogue: request.services.catalogue
            ) { _ in "" }
            let (submitted, made, job, ended) = try await request.inTenant { connection in
                let (submitted, made) = try submission.store(for: request, on: connection)
                guard let first = submitted.first, let job = try JobStore.get(first.id, on: connection) else {
                    throw StoreError.unreadable("a job that was just submitted is not there")
                }
                request.audit?.note(subject: first.id.description)
                let ended = try JobStore.ended(submitted.compactMap(\.replaced), on: connection)
                return (first, made, try request.shown(job, on: connection), ended)
            }
            return (submitted, made, job, ended, submission)
        } submitted: {
            [$0.0]
        }
        request.services.metrics.made(made, by: .api)
        request.services.metrics.ended(ended)
        self.announce([submitted], of: submission, request)
        return Answer(
            status: submitted.isDuplicate ? 200 : 201,
            SubmitJobResponse(
                job: job, foundBy: submitted.found.map(SubmitJobResponse.Found.init),
                replaced: submitted.replaced))
    }

    private static func submitBatch(
        _ request: APIRequest, _ body: SubmitBatchRequest
    ) async throws -> Answer<SubmitBatchResponse> {
        let jobs = try self.keyed(body, by: request)
        let (submitted, made, known, results, ended, submission) = try await self.traced(
            jobs, isBatch: true, request, metrics: request.services.metrics.messaging
        ) { traces in
            let submission = try JobSubmission(
                jobs, traces: traces, catalogue: request.services.catalogue
            ) { "jobs[\($0)]." }
            let (submitted, made, known, results, replaced) = try await request.inTenant { connection in
                let (submitted, made) = try submission.store(for: request, on: connection)
                let duplicates = submitted.filter(\.isDuplicate).map(\.id)
                request.audit?.note(
                    subject: submitted.first?.id.description,
                    detail: ["jobs": .int(submitted.count), "duplicates": .int(duplicates.count)])
                let known = duplicates.isEmpty ? [:] : try JobStore.statuses(of: duplicates, on: connection)
                let ended = known.filter { $0.value.isTerminal }.keys.sorted()  // The oldest first.
                let results =
                    ended.isEmpty
                    ? [:]
                    : try JobStore.results(of: ended, bytesMax: SubmitBatchResponse.resultsBytesMax, on: connection)
                let replaced = try JobStore.ended(submitted.compactMap(\.replaced), on: connection)
                return (submitted, made, known, results, replaced)
            }
            return (submitted, made, known, results, replaced, submission)
        } submitted: {
            $0.0
        }
        request.services.metrics.made(made, by: .api)
        request.services.metrics.ended(ended)
        self.announce(submitted, of: submission, request)
        return Answer(status: 201, SubmitBatchResponse(submitted, statuses: known, results: results))
    }

    /// Submits within the spans of it, and counts it.
    ///
    /// - Parameters:
    ///   - metrics: of the server; one without a database has no other services.
    ///   - submit: given what each job belongs to.
    ///   - submitted: the jobs in what it returns.
    static func traced<Result: Sendable>(
        _ requests: [SubmitJobRequest], isBatch: Bool, _ request: APIRequest, metrics: MessagingMetrics,
        submit: ([TraceCarrier]) async throws -> Result, submitted: (Result) -> [SubmittedJob]
    ) async throws -> Result {
        let spans = SubmitSpans(requests, trace: request.trace, isBatch: isBatch, tracer: request.tracer)
        let began = ContinuousClock.now
        do {
            let result = try await ServiceContext.withValue(spans.context) { try await submit(spans.traces) }
            ServiceContext.withValue(spans.context) { metrics.submitted(requests, took: .now - began) }
            spans.end(submitted(result))
            return result
        } catch {
            ServiceContext.withValue(spans.context) { metrics.failed(requests, error, took: .now - began) }
            spans.end(error)
            throw error
        }
    }

    /// The job with the key that its request has in the header.
    static func keyed(_ body: SubmitJobRequest, by request: APIRequest) throws -> SubmitJobRequest {
        guard let key = request.idempotencyKey else { return body }
        guard body.idempotencyKey ?? key == key else {
            throw APIProblem.invalidInput("idempotency_key", "is another one than the header Idempotency-Key")
        }
        try self.checkKey(key)
        var body = body
        body.idempotencyKey = key
        return body
    }

    /// The jobs of a batch, each with a key of its own below that of the request.
    static func keyed(_ body: SubmitBatchRequest, by request: APIRequest) throws -> [SubmitJobRequest] {
        guard body.jobs.count <= SubmitBatchRequest.jobsMax else {
            throw StoreError.tooManyJobs(body.jobs.count, max: SubmitBatchRequest.jobsMax)
        }
        guard !body.jobs.isEmpty else {
            throw WireDecodingError(path: "jobs", message: "expected at least one job")
        }
        guard let key = request.idempotencyKey else { return body.jobs }
        try self.checkKey(key)
        var jobs = body.jobs
        for position in jobs.indices where jobs[position].idempotencyKey == nil {
            jobs[position].idempotencyKey = "\(key)/\(position)"
        }
        return jobs
    }

    /// There is room for the position that a batch appends.
    static let headerKeyCharactersMax = SubmitJobRequest.idempotencyKeyCharactersMax - 6

    static func checkKey(_ key: String) throws(APIProblem) {
        do throws(WireDecodingError) {
            try ShortText.check(key, "Idempotency-Key", charactersMax: self.headerKeyCharactersMax)
        } catch {
            throw .invalidInput(error.path, error.message)
        }
    }

    private static func announce(_ jobs: [SubmittedJob], of submission: JobSubmission, _ request: APIRequest) {
        guard jobs.contains(where: { !$0.isDuplicate }) else { return }
        let replaced = jobs.compactMap(\.replaced)
        if !replaced.isEmpty { request.services.bell.jobsChanged(replaced) }
        request.services.bell.ring(request.principal.tenant)
        if let delay = submission.earliestDelay { request.services.promotionAlarm.ring(in: delay) }
    }

    // MARK: Looking

    private static func list(_ request: APIRequest) async throws -> JobPage {
        let limit = try request.limit()
        let before = try request.jobCursor()
        let status: Job.Status? = try request.choice("status")
        let since = try request.time("since")
        let until = try request.time("until")
        let name = request.query["workflow"] ?? ""
        return try await request.inTenant { connection in
            var filter = JobFilter(status: status, since: since, until: until)
            if !name.isEmpty {
                guard let workflow = try WorkflowStore.get(idOrName: name, on: connection) else {
                    throw StoreError.notFound(.workflow, name)
                }
                filter.workflow = workflow.id
            }
            let page = try JobStore.list(filter, before: before, limit: limit + 1, on: connection)
                .page(of: limit, cursor: \.id.description)
            return JobPage(jobs: try request.shown(page.items, on: connection), nextCursor: page.nextCursor)
        }
    }

    private static func get(_ request: APIRequest) async throws -> JobResponse {
        let id = try request.jobID()
        let limit = try request.seconds("wait_seconds", max: Self.waitSecondsMax)
        guard limit > .zero else { return JobResponse(job: try await self.job(id, request)) }
        var job: JobInfo?
        _ = try await request.waiting(for: .job(id), atMost: limit) { () -> Bool? in
            let current = try await self.job(id, request)
            job = current
            return current.status.isTerminal || current.status == .blocked ? true : nil
        }
        guard let job else { throw StoreError.notFound(.job, id.description) }  // It was looked at once at least.
        return JobResponse(job: job)
    }

    private static func job(_ id: Job.ID, _ request: APIRequest) async throws -> JobInfo {
        try await request.inTenant { connection in
            guard let job = try JobStore.get(id, on: connection) else {
                throw StoreError.notFound(.job, id.description)
            }
            return try request.shown(job, on: connection)
        }
    }

    // MARK: Changing

    private static func cancel(_ request: APIRequest, _ body: CancelJobRequest) async throws -> Answer<JobResponse> {
        let id = try request.jobID()
        let (job, cancellation, ended) = try await request.inTenant { connection in
            let cancellation = try JobStore.cancel(id, by: request.actor, reason: body.reason, on: connection)
            guard let job = try JobStore.get(id, on: connection) else {
                throw StoreError.notFound(.job, id.description)
            }
            return (
                try request.shown(job, on: connection), cancellation, try JobStore.ended([id], on: connection)
            )
        }
        request.services.metrics.ended(ended)
        if let session = cancellation.session { request.services.bell.sessionChanged(session) }
        request.services.bell.jobChanged(id)
        // What ran may have kept others waiting under a limit.
        request.services.bell.ring(request.principal.tenant)
        return Answer(JobResponse(job: job))
    }

    static func retry(_ request: APIRequest, _ body: RetryJobRequest) async throws -> Answer<RerunResponse> {
        try await RerunRoutes.rerun(.job, request, body)
    }
}

extension SubmitJobResponse.Found {
    init(_ found: SubmittedJob.Found) {
        switch found {
        case .idempotencyKey: self = .idempotencyKey
        case .uniqueKey: self = .uniqueKey
        }
    }
}

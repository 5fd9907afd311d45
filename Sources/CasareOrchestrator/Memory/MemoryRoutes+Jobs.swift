import CasareDomain
import CasareEngine
import CasareStore
import CasareWire
import FoundationEssentials

extension MemoryRoutes {
    // MARK: - Submitting

    func submit(_ request: APIRequest, _ body: SubmitJobRequest) async throws -> Answer<SubmitJobResponse> {
        let body = try JobRoutes.keyed(body, by: request)
        let (submitted, job) = try await JobRoutes.traced(
            [body], isBatch: false, request, metrics: self.metrics.messaging
        ) { traces in
            let submission = try JobSubmission([body], traces: traces, catalogue: self.catalogue) { _ in "" }
            return try self.queue.access { queue, now throws(StoreError) in
                let submitted = try submission.store(by: request.actor, in: &queue, now: now)[0]
                return (submitted, try queue.known(submitted.id))
            }
        } submitted: {
            [$0.0]
        }
        return Answer(
            status: submitted.isDuplicate ? 200 : 201,
            SubmitJobResponse(
                job: try self.shown(job), foundBy: submitted.found.map(SubmitJobResponse.Found.init), replaced: nil))
    }

    func submitBatch(_ request: APIRequest, _ body: SubmitBatchRequest) async throws -> Answer<SubmitBatchResponse> {
        let jobs = try JobRoutes.keyed(body, by: request)
        let (submitted, statuses, results) = try await JobRoutes.traced(
            jobs, isBatch: true, request, metrics: self.metrics.messaging
        ) { traces in
            let submission = try JobSubmission(jobs, traces: traces, catalogue: self.catalogue) { "jobs[\($0)]." }
            return try self.queue.access { queue, now throws(StoreError) in
                let submitted = try submission.store(by: request.actor, in: &queue, now: now)
                let duplicates = submitted.filter(\.isDuplicate).map(\.id)
                return (submitted, queue.statuses(of: submitted.map(\.id)), queue.results(of: duplicates))
            }
        } submitted: {
            $0.0
        }
        return Answer(status: 201, SubmitBatchResponse(submitted, statuses: statuses, results: results))
    }

    // MARK: - Looking

    func jobs(_ request: APIRequest) throws -> Answer<JobPage> {
        let limit = try request.limit()
        let before = try request.jobCursor()
        let asked = JobFilter(
            status: try request.choice("status"), since: try request.time("since"), until: try request.time("until"))
        let name = request.query["workflow"] ?? ""
        let page = try self.queue.access { queue, _ throws(StoreError) in
            var filter = asked
            filter.workflow = name.isEmpty ? .none : try queue.workflow(idOrName: name).id
            return queue.jobs(filter, before: before, limit: limit + 1)
        }.page(of: limit, cursor: \.id.description)
        return Answer(JobPage(jobs: try self.shown(page.items), nextCursor: page.nextCursor))
    }

    func job(_ request: APIRequest) async throws -> Answer<JobResponse> {
        let id = try request.jobID()
        let limit = try request.seconds("wait_seconds", max: JobRoutes.waitSecondsMax)
        var job = try self.job(id)
        if limit > .zero {
            _ = try await request.waiting(in: self.waitingRoom, for: .job(id), atMost: limit) { () -> Bool? in
                job = try self.job(id)
                return job.status.isTerminal || job.status == .blocked ? true : nil
            }
        }
        return Answer(JobResponse(job: try self.shown(job)))
    }

    private func job(_ id: Job.ID) throws -> Job {
        try self.queue.access { queue, _ throws(StoreError) in try queue.known(id) }
    }

    func steps(_ request: APIRequest) throws -> Answer<StepsResponse> {
        let id = try request.jobID()
        let filter = try StepRoutes.filter(of: request)
        let page = try self.queue.access { queue, _ throws(StoreError) in try queue.stepsPage(id, filter) }
        return Answer(try StepRoutes.response(page))
    }

    func history(_ request: APIRequest) throws -> Answer<JobHistory> {
        let id = try request.jobID()
        let past = try self.queue.access { queue, _ throws(StoreError) in try queue.past(of: id) }
        return Answer(JobHistory(past))
    }

    func log(_ request: APIRequest) async throws -> Answer<JobLogResponse> {
        let question = try LogRoutes.Question(request)
        return Answer(
            try await LogRoutes.answer(question, request, in: self.waitingRoom) {
                try self.queue.access { queue, _ throws(StoreError) in
                    try queue.log(of: question.job, after: question.after, limit: question.limit)
                }
            })
    }

    // MARK: - Changing

    func cancel(_ request: APIRequest, _ body: CancelJobRequest) throws -> Answer<JobResponse> {
        let id = try request.jobID()
        let job = try self.queue.access { queue, now throws(StoreError) in
            try queue.cancel(id, by: request.actor, reason: body.reason, now: now)
            return try queue.known(id)
        }
        return Answer(JobResponse(job: try self.shown(job)))
    }

    func pause(_ request: APIRequest, _ body: PauseJobRequest) throws -> Answer<JobResponse> {
        let id = try request.jobID()
        let job = try self.queue.access { queue, now throws(StoreError) in
            try queue.pause(id, by: request.actor, reason: body.reason, now: now)
            return try queue.known(id)
        }
        return Answer(JobResponse(job: try self.shown(job)))
    }

    func resume(_ request: APIRequest, _ body: PauseJobRequest) throws -> Answer<JobResponse> {
        let id = try request.jobID()
        let job = try self.queue.access { queue, now throws(StoreError) in
            try queue.resume(id, by: request.actor, reason: body.reason, now: now)
            return try queue.known(id)
        }
        return Answer(JobResponse(job: try self.shown(job)))
    }

    func resolve(_ request: APIRequest, _ body: ResolveJobRequest) throws -> Answer<JobResponse> {
        let id = try request.jobID()
        let (document, variables) = try self.queue.access { queue, _ throws(StoreError) in
            let job = try queue.known(id)
            return (try queue.version(job.workflowVersion, of: job.workflow).document, job.variables)
        }
        let seal = JournalSeal(ofDocument: document, given: variables, catalogue: self.catalogue)
        let job = try self.queue.access { queue, now throws(StoreError) in
            try queue.resolve(
                id, step: body.step, attempt: body.attempt, as: body.resolution, by: request.actor,
                reason: body.reason, seal: { seal?.sealed(stored: $0) ?? $0 }, now: now)
            return try queue.known(id)
        }
        return Answer(JobResponse(job: try self.shown(job)))
    }

    func retry(_ request: APIRequest, _ body: RetryJobRequest) throws -> Answer<RerunResponse> {
        try self.rerun(.job, request, body)
    }

    func rerun(
        _ noun: RerunRoutes.Noun, _ request: APIRequest, _ body: RetryJobRequest
    ) throws -> Answer<RerunResponse> {
        let id = try request.jobID()
        let idempotency = try ForkRoutes.idempotency(of: request, body, on: id)
        let choices = body.choices
        let variables = try self.variables(ofRerun: id, choices)
        let (job, repeated) = try self.queue.access { queue, now throws(StoreError) in
            let new =
                switch noun {
                case .job:
                    try queue.retry(
                        id, from: choices.from, version: choices.version, by: request.actor, variables: variables,
                        reason: body.reason, idempotency: idempotency, trace: request.trace, now: now)
                case .deadLetter:
                    try queue.replay(
                        id, from: choices.from, version: choices.version, by: request.actor, variables: variables,
                        reason: body.reason, idempotency: idempotency, trace: request.trace, now: now)
                }
            let job = try queue.known(new)
            return (
                job, queue.effectsRepeated(of: id, from: job.forkedFrom?.step, limit: RerunResponse.repeatsMax)
            )
        }
        return Answer(status: 201, RerunResponse(try self.shown(job), repeated))
    }

    func fork(_ request: APIRequest, _ body: ForkJobRequest) throws -> Answer<RerunResponse> {
        let id = try request.jobID()
        let idempotency = try ForkRoutes.idempotency(of: request, body, on: id)
        let variables = try self.restored(body.variables, of: id)
        let (job, repeated) = try self.queue.access { queue, now throws(StoreError) in
            let new = try queue.fork(
                id, from: body.fromStep, by: request.actor, variables: variables, reason: body.reason,
                idempotency: idempotency, trace: request.trace, now: now)
            return (
                try queue.known(new),
                queue.effectsRepeated(of: id, from: body.fromStep, limit: RerunResponse.repeatsMax)
            )
        }
        return Answer(status: 201, RerunResponse(try self.shown(job), repeated))
    }

    // MARK: - Dead letters

    func deadLetters(_ request: APIRequest) throws -> Answer<DeadLetterPage> {
        let limit = try request.limit()
        let filter = try request.letterFilter()
        let order: DeadLetterOrder = try request.choice("order") ?? .newest
        let cursor = try request.letterCursor()
        let page = try self.queue.access { queue, _ throws(StoreError) in
            try queue.deadLetters(filter, order: order, after: cursor, limit: limit)
        }
        return Answer(
            DeadLetterPage(deadLetters: try self.shown(page.letters), nextCursor: page.next?.description))
    }

    func deadLetter(_ request: APIRequest) throws -> Answer<DeadLetterInfo> {
        let id = try request.jobID()
        let (letter, context) = try self.queue.access { queue, _ throws(StoreError) in
            guard let letter = queue.deadLetter(id) else { throw .notFound(.deadLetter, id.description) }
            return (letter, queue.context(of: letter))
        }
        return Answer(try self.shown(letter, context))
    }

    func retryDeadLetter(_ request: APIRequest, _ body: RetryJobRequest) throws -> Answer<RerunResponse> {
        try self.rerun(.deadLetter, request, body)
    }
}

extension MemoryQueue {
    fileprivate func known(_ id: Job.ID) throws(StoreError) -> Job {
        guard let job = self.job(id) else { throw .notFound(.job, id.description) }
        return job
    }
}

extension JobSubmission {
    /// Stores documents and jobs: all of them or none.
    func store(
        by actor: String, in queue: inout MemoryQueue, now: Date
    ) throws(StoreError) -> [SubmittedJob] {
        // What may be refused comes before what is stored.
        var versions: [Source: Version] = [:]
        for case .stored(let name, let number) in self.sources {
            let workflow = try queue.workflow(idOrName: name)
            versions[.stored(nameOrID: name, version: number)] = try Self.version(number, of: workflow)
        }
        // What is checked of jobs does not depend on their versions, which documents do not have yet.
        let anyVersion = Version(workflow: Workflow.ID(rawValue: UUID()), number: 1, name: "")
        let unversioned = self.jobs(of: Dictionary(self.sources.map { ($0, anyVersion) }) { first, _ in first })
        try queue.check(unversioned, now: now)
        for (position, document) in self.documents.enumerated() {
            let pushed = queue.push(name: document.name, document: document.text, by: actor, now: now).version
            versions[.document(position)] = Version(
                workflow: pushed.workflow, number: pushed.number, name: pushed.name)
        }
        return try queue.submit(self.jobs(of: versions), by: actor, now: now)
    }
}

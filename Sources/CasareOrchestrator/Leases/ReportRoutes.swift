import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials

/// What robots report of the jobs that they hold. Every report carries its lease's token and changes nothing once the
/// lease has passed on.
enum ReportRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/jobs/{id}/journal", .needs(.robotProtocol),
            "What earlier attempts recorded, and how long they took.",
            query: [.leaseToken], Self.journal),
        .post("/api/v1/jobs/{id}/checkpoint", .needs(.robotProtocol), "Make journal entries durable.", Self.checkpoint),
        .post("/api/v1/jobs/{id}/complete", .needs(.robotProtocol), "The run ended well.", Self.complete),
        .post(
            "/api/v1/jobs/{id}/fail", .needs(.robotProtocol), "The attempt failed: another follows, or the job does.",
            Self.fail),
        .post("/api/v1/jobs/{id}/block", .needs(.robotProtocol), "A person must decide about a step.", Self.block),
        .post(
            "/api/v1/jobs/{id}/release", .needs(.robotProtocol), "Hand the job back without using up the attempt.",
            Self.release),
    ]

    private static func journal(_ request: APIRequest) async throws -> JournalResponse {
        guard let token = request.query["token"].flatMap(Int64.init) else {
            throw APIProblem.invalidInput("token", "is required: the number of the lease")
        }
        let lease = Lease(job: try request.jobID(), token: Lease.Token(rawValue: token))
        let journal = try await request.inTenant { connection in
            try request.checkHolds(lease, on: connection)
            return try LeaseStore.jobJournal(lease, on: connection)
        }
        return JournalResponse(steps: try journal.rows.map { try StepInfo($0) }, secondsSpent: journal.secondsSpent)
    }

    private static func checkpoint(
        _ request: APIRequest, _ body: CheckpointRequest
    ) async throws -> Answer<EmptyResponse> {
        _ = try await self.write(.checkpoint(body.entries.map(\.row)), request, body.token)
        return Answer(EmptyResponse())
    }

    private static func complete(_ request: APIRequest, _ body: CompleteRequest) async throws -> Answer<EmptyResponse> {
        let lease = try await self.write(
            .completion(body.result, (body.entries ?? []).map(\.row)), request, body.token)
        request.services.bell.jobChanged(lease.job)
        return Answer(EmptyResponse())
    }

    private static func fail(_ request: APIRequest, _ body: FailRequest) async throws -> Answer<FailResponse> {
        let (job, makesRoom, outcome) = try await self.report(request, body.token) { lease, connection in
            let makesRoom = try LeaseStore.endingMakesRoom(lease, on: connection)
            let outcome = try LeaseStore.fail(
                lease, failure: body.failure, result: body.result, entries: (body.entries ?? []).map(\.row),
                on: connection)
            return (lease.job, makesRoom, outcome)
        }
        self.tell(job, makesRoom, request)
        switch outcome {
        case .retrying(let time):
            // Its time is the database's: this clock is near enough for a wake-up.
            request.services.promotionAlarm.ring(in: .seconds(max(0, time.timeIntervalSinceNow)))
            return Answer(FailResponse(status: .pending, retryAt: time))
        case .deadLettered:
            return Answer(FailResponse(status: .failed, retryAt: nil))
        }
    }

    private static func block(_ request: APIRequest, _ body: BlockRequest) async throws -> Answer<EmptyResponse> {
        let (job, makesRoom) = try await self.report(request, body.token) { lease, connection in
            let makesRoom = try LeaseStore.endingMakesRoom(lease, on: connection)
            try LeaseStore.block(
                lease, question: body.question, entries: (body.entries ?? []).map(\.row), on: connection)
            return (lease.job, makesRoom)
        }
        self.tell(job, makesRoom, request)
        return Answer(EmptyResponse())
    }

    private static func release(_ request: APIRequest, _ body: ReleaseRequest) async throws -> Answer<EmptyResponse> {
        let job = try await self.report(request, body.token) { lease, connection in
            try LeaseStore.release(lease, reason: body.reason, on: connection)
            return lease.job
        }
        request.services.bell.ring(request.principal.tenant)
        request.services.bell.jobChanged(job)
        return Answer(EmptyResponse())
    }

    private static func tell(_ job: Job.ID, _ makesRoom: Bool, _ request: APIRequest) {
        request.services.bell.jobChanged(job)
        if makesRoom { request.services.bell.ring(request.principal.tenant) }
    }

    /// Writes together with other reports of the tenant, and returns when that is committed.
    private static func write(
        _ change: LeaseWrite.Change, _ request: APIRequest, _ token: Lease.Token
    ) async throws -> Lease {
        let lease = Lease(job: try request.jobID(), token: token)
        let write = LeaseWrite(lease, change, as: request.principal.robot)
        do {
            try await request.services.reports[request.principal.tenant].write(write)
        } catch let error as ReportGroups.HeldByAnother {
            try request.checkSpeaks(for: error.holder)
            throw error
        }
        return lease
    }

    private static func report<R: Sendable>(
        _ request: APIRequest, _ token: Lease.Token,
        _ write: @escaping @Sendable (Lease, isolated PostgresConnection) throws -> R
    ) async throws -> R {
        let lease = Lease(job: try request.jobID(), token: token)
        return try await request.inTenant { connection in
            try request.checkHolds(lease, on: connection)
            return try write(lease, connection)
        }
    }
}

import CasareDomain
import CasareStore
import CasareWire
import Logging

/// The robot's side of leasing.
enum SessionRoutes {
    /// Renewals that fit into the time for which a session is trusted without one.
    private static let heartbeatsPerLease = 3.0

    static let all: [Route] = [
        .post(
            "/api/v1/robots/{id}/sessions", .needs(.robotProtocol), "Begin a robot's session.", statuses: [201],
            Self.open),
        .delete(
            "/api/v1/sessions/{session}", .needs(.robotProtocol), "End a session and hand back what it holds.",
            Self.close),
        .post(
            "/api/v1/sessions/{session}/lease", .needs(.robotProtocol),
            "Lease jobs; with `wait_seconds` wait for some to come.", Self.lease),
        .post(
            "/api/v1/sessions/{session}/renew", .needs(.robotProtocol),
            "Keep a session and its leases alive, and learn which have passed on.", Self.renew),
    ]

    private static func open(
        _ request: APIRequest, _ body: OpenSessionRequest
    ) async throws -> Answer<OpenSessionResponse> {
        let robot = try request.robotID()
        try request.checkSpeaks(for: robot)
        let leaseDuration = request.services.leaseDuration
        let leaseSeconds = leaseDuration / .seconds(1)
        let (session, sessions) = try await request.inTenant { connection in
            (
                try LeaseStore.openSession(
                    robot, boot: body.bootID, kind: .api, slots: body.slots, leaseDuration: leaseDuration,
                    on: connection),
                try RobotStore.get(robot, on: connection)?.sessions ?? 1
            )
        }
        let services = request.services
        let tenant = await services.tenantNames.name(of: request.principal.tenant, in: services.database)
        return Answer(
            status: 201,
            OpenSessionResponse(
                sessionID: session, leaseSeconds: leaseSeconds,
                heartbeatSeconds: leaseSeconds / Self.heartbeatsPerLease, otherSessions: max(sessions - 1, 0),
                tenant: tenant))
    }

    private static func close(_ request: APIRequest) async throws -> EmptyResponse {
        let session = try request.sessionID()
        let handedBack = try await request.inTenant { connection in
            try request.checkOwns(session, on: connection)
            return try LeaseStore.closeSession(session, reason: "the robot ended its session", on: connection)
        }
        request.services.cursors.forget(session)
        if !handedBack.isEmpty {
            request.services.bell.ring(request.principal.tenant)
            request.services.bell.jobsChanged(handedBack)
        }
        return EmptyResponse()
    }

    // MARK: Leasing

    private static func lease(_ request: APIRequest, _ body: LeaseRequest) async throws -> Answer<LeaseResponse> {
        let session = try request.sessionID()
        guard (1...LeaseRequest.slotsMax).contains(body.slots) else {
            throw WireDecodingError(path: "slots", message: "expected a number from 1 to \(LeaseRequest.slotsMax)")
        }
        let seconds = body.waitSeconds ?? 0
        guard (0...LeaseRequest.waitSecondsMax).contains(seconds) else {
            throw WireDecodingError(
                path: "wait_seconds", message: "expected a number from 0 to \(Int(LeaseRequest.waitSecondsMax))")
        }
        // Who has just been let in is not asked about again.
        var admission: Admission?
        let leased = try await request.waiting(
            for: .ready(request.principal.tenant), atMost: .seconds(seconds),
            lookIn: { request.services.cursors[session].lookIn }
        ) { () -> (jobs: [LeasedJob], order: Robot.Order?)? in
            let leased = try await self.leaseOnce(session, limit: body.slots, request, checking: admission)
            admission = request.admission
            return leased.jobs.isEmpty && leased.order == nil ? nil : leased
        }
        return Answer(LeaseResponse(jobs: (leased?.jobs ?? []).map(LeasedJobInfo.init), order: leased?.order))
    }

    /// - Parameter admission: must still count when there are jobs; `nil`: it does.
    /// - Throws: 401 and 403 for a robot that waited and is not let in any more: it is given nothing.
    private static func leaseOnce(
        _ session: Robot.SessionID, limit: Int, _ request: APIRequest, checking admission: Admission?
    ) async throws -> (jobs: [LeasedJob], order: Robot.Order?) {
        let before = request.services.cursors[session]
        let (jobs, released, after, order, ended) = try await request.inTenant { connection in
            try request.checkOwns(session, on: connection)
            var cursor = before
            let leased = try LeaseStore.lease(session, limit: limit, cursor: &cursor, on: connection)
            if cursor.hasEnded { throw StoreError.sessionEnded(session) }
            let jobs = self.fitting(leased, bytesMax: request.services.leaseBytesMax)
            for job in leased[jobs.endIndex...] {
                try LeaseStore.release(job.lease, reason: "it did not fit into one answer with others", on: connection)
            }
            let order = cursor.mode == .cordoned ? try LeaseStore.order(of: session, on: connection) : .none
            let ended = try JobStore.ended(cursor.expired, on: connection)
            return (Array(jobs), leased.count > jobs.count, cursor, order, ended)
        }
        request.services.cursors[session] = after
        request.services.metrics.ended(ended)
        if released { request.services.bell.ring(request.principal.tenant) }
        if !after.expired.isEmpty {
            request.services.bell.jobsChanged(after.expired)
            // They had a place under the limits, which is free again.
            if after.mode != .plain { request.services.bell.ring(request.principal.tenant) }
        }
        guard !jobs.isEmpty else { return ([], order) }
        request.services.bell.jobsChanged(jobs.map(\.lease.job))
        if request.connection.isClosed {
            await self.handBack(jobs.map(\.lease), "the robot went away while it waited", request)
            return ([], nil)
        }
        if let admission {
            do throws(APIProblem) {
                try await admission.check()
            } catch {
                await self.handBack(jobs.map(\.lease), "the robot is let in no longer", request)
                throw error
            }
        }
        return (jobs, nil)
    }

    /// As many as one answer holds. The first goes by itself, however large it is.
    private static func fitting(_ jobs: [LeasedJob], bytesMax: Int) -> ArraySlice<LeasedJob> {
        var bytes = 0
        return jobs.prefix { job in
            defer { bytes += job.bytes }
            return bytes == 0 || bytes + job.bytes <= bytesMax
        }
    }

    /// In a task of its own, which is awaited at once: it must do its work although this one is cancelled. What fails
    /// is found by a later renewal.
    private static func handBack(_ leases: [Lease], _ reason: String, _ request: APIRequest) async {
        await Task {
            try? await request.inTenant { connection in
                for lease in leases {
                    try LeaseStore.release(lease, reason: reason, on: connection)
                }
            }
            request.services.bell.ring(request.principal.tenant)
        }.value
    }

    private static func renew(_ request: APIRequest, _ body: RenewRequest) async throws -> Answer<RenewResponse> {
        let session = try request.sessionID()
        let held = body.leases.map(\.lease)
        let renewal: Renewal
        do {
            renewal = try await request.inTenant { connection in
                try request.checkOwns(session, on: connection)
                return try LeaseStore.renew(session, held: held, progress: body.progress, on: connection)
            }
        } catch let error as StoreError {
            // In a transaction of its own: what the robot holds may tell that this database is an older state.
            if case .sessionEnded = error, !held.isEmpty {
                try await request.inTenant { try RestoreStore.witness(held, on: $0) }
            }
            throw error
        }
        if request.services.cursors.noteRenewal(of: session).isMultiple(of: LeaseStore.renewalsPerLook) {
            await self.takeUnclaimed(of: session, held: held, request)
        }
        return Answer(
            RenewResponse(
                lost: renewal.lost.sorted(), paused: renewal.paused.sorted(), leaseSeconds: renewal.leaseSeconds,
                slots: renewal.slots, order: renewal.order))
    }

    /// After the renewal, which holds whatever comes of this.
    private static func takeUnclaimed(
        of session: Robot.SessionID, held: [Lease], _ request: APIRequest
    ) async {
        do {
            let (report, ended) = try await request.inTenant { connection in
                let report = try LeaseStore.takeUnclaimed(of: session, held: held, on: connection)
                return (report, try JobStore.ended(Array(report.taken), on: connection))
            }
            request.services.metrics.ended(ended)
            if !report.taken.isEmpty {
                request.services.bell.ring(request.principal.tenant)
                request.services.bell.jobsChanged(report.taken)
            }
            for failure in report.failures {
                request.logger.warning(
                    "Could not take a job from a robot that does not name it",
                    metadata: ["job.id": "\(failure.job)", "error": "\(failure.error)"])
            }
        } catch {
            request.logger.warning(
                "Could not look for jobs that a robot does not name", metadata: ["error": "\(error)"])
        }
    }
}

package import CasareClient
package import CasareDomain
package import CasareEngine
import CasareWire
package import FoundationEssentials
import Synchronization
package import Tracing

/// A broker over HTTPS: for robots anywhere. It holds a robot's token and no other credential.
package final class APIBroker: Broker {
    private struct Session {
        let id: Robot.SessionID
        /// What the last renewal told.
        var known = NewsRequest.Known(paused: [], order: nil)
    }

    /// Two of them wait for jobs and for news. Reports that wait here for each other cannot share a commit there, and a
    /// renewal must not wait behind them.
    private static let connectionsMax = 64

    private let client: CasareClient
    private let bootID: UUID
    private let session = Mutex<Session?>(nil)
    /// No earlier than then is the server asked for news.
    private let nextNewsAt = Mutex(ContinuousClock.now)
    /// The server compares what the robot knows with what it is asked for; false once it has refused to.
    private let comparesNews = Mutex(true)

    /// - Parameters:
    ///   - url: of an orchestrator, or of what balances between several.
    ///   - token: `nil` for a robot that shows a certificate instead.
    ///   - tls: for a URL of `https://`.
    ///   - metrics: counts the requests; `nil`: nobody does.
    ///   - tracer: makes the spans of those that are asked for in a span.
    /// - Throws: `BrokerError.refused` for a URL that is none.
    package init(
        url: String, token: String?, tls: TLSSettings = TLSSettings(), bootID: UUID = UUID(),
        metrics: RobotMetrics? = nil, tracer: any Tracer = NoOpTracer()
    ) throws(BrokerError) {
        do throws(ClientError) {
            var configuration = CasareClient.Configuration(url: url, token: token, program: "casare-robot")
            configuration.tls = tls
            configuration.connectionsMax = Self.connectionsMax
            self.client = try CasareClient(configuration, tracer: tracer, onAttempt: { metrics?.requested($0) })
        } catch {
            throw .refused("\(error)")
        }
        self.bootID = bootID
    }

    package func open(_ robot: RobotDescription) async throws(BrokerError) -> SessionTerms {
        do throws(ClientError) {
            _ = try await self.client.registerRobot(
                RegisterRobotRequest(
                    id: robot.id, environment: robot.environment, tags: robot.tags, capabilities: robot.capabilities,
                    slots: robot.slots))
            let terms = try await self.client.openSession(
                robot.id, OpenSessionRequest(bootID: self.bootID, slots: robot.slots))
            self.session.withLock { $0 = Session(id: terms.sessionID) }
            self.comparesNews.withLock { $0 = true }
            return SessionTerms(
                leaseDuration: .seconds(terms.leaseSeconds), heartbeatInterval: .seconds(terms.heartbeatSeconds),
                otherSessions: terms.otherSessions ?? 0, tenant: terms.tenant)
        } catch {
            throw Self.error(error, about: nil)
        }
    }

    package func lease(slots: Int, waiting: Duration) async throws(BrokerError) -> [LeasedJob] {
        let session = try self.openSession()
        let answer: LeaseResponse
        do throws(ClientError) {
            answer = try await self.client.leaseAnswer(session, slots: slots, waiting: waiting)
        } catch {
            throw Self.error(error, about: nil)
        }
        if let order = answer.order, answer.jobs.isEmpty { throw .askedToEnd(order) }
        return answer.jobs.map(\.leasedJob)
    }

    /// The server tells in its answers only.
    package func untilSessionIsLost() async { await Latch().wait() }

    package func renew(_ leases: [Lease]) async throws(BrokerError) -> Set<Job.ID> {
        let session = try self.openSession()
        do throws(ClientError) {
            return Set(try await self.client.renew(session, leases).lost)
        } catch {
            throw Self.error(error, about: nil)
        }
    }

    package func renew(_ leases: [Lease], progress: Robot.Progress) async throws(BrokerError) -> RenewalAnswer {
        let session = try self.openSession()
        do throws(ClientError) {
            let answer = try await self.client.renew(session, leases, progress: progress)
            self.session.withLock { current in
                guard current?.id == session else { return }
                current?.known = NewsRequest.Known(paused: answer.paused ?? [], order: answer.order)
            }
            return RenewalAnswer(
                lost: Set(answer.lost), paused: Set(answer.paused ?? []), slots: answer.slots, order: answer.order)
        } catch {
            throw Self.error(error, about: nil)
        }
    }

    /// Between two questions for news. A server where too many wait answers at once, and what it told of is news until
    /// the robot has renewed.
    private static let newsPause = Duration.milliseconds(250)
    /// After a question that failed; renewals go on meanwhile.
    private static let newsPauseAfterFailure = Duration.seconds(2)
    /// After a server that will not tell: whoever comes too often is locked out.
    private static let newsPauseAfterRefusal = Duration.seconds(30)
    /// After a server that does not know of news: another may stand behind the same address by then.
    private static let newsPauseWithoutRoute = Duration.seconds(300)
    private static let newsWait = Duration.seconds(20)

    package func untilNews(about held: @Sendable () -> [Lease]) async {
        while !Task.isCancelled {
            // Cancelled: the loop ends.
            try? await Task.sleep(until: self.nextNewsAt.withLock { $0 })
            do throws(ClientError) {
                guard let session = self.session.withLock({ $0 }) else { return }
                let known = self.comparesNews.withLock { $0 } ? session.known : nil
                let hasNews = try await self.client.hasNews(
                    of: session.id, held(), knowing: known, waiting: Self.newsWait)
                self.nextNewsAt.withLock { $0 = .now + Self.newsPause }
                if hasNews { return }
            } catch {
                if Task.isCancelled { return }
                // A server before it compared anything knows of no such member.
                if case .api(let problem) = error, problem.status == 400 || problem.status == 422,
                    self.comparesNews.withLock({ compares in
                        defer { compares = false }
                        return compares
                    })
                {
                    continue
                }
                self.nextNewsAt.withLock { $0 = .now + Self.newsPause(after: error) }
            }
        }
    }

    private static func newsPause(after error: ClientError) -> Duration {
        if case .versionSkew = error { return self.newsPauseWithoutRoute }
        return switch self.error(error, about: nil) {
        case .refused: self.newsPauseAfterRefusal
        case .leaseLost, .sessionEnded, .askedToEnd, .unavailable: self.newsPauseAfterFailure
        }
    }

    package func journal(of lease: Lease) async throws(BrokerError) -> JobJournal {
        do throws(ClientError) {
            return try await self.client.journal(of: lease)
        } catch {
            throw Self.error(error, about: lease)
        }
    }

    package func checkpoint(_ rows: [JournalRow], under lease: Lease) async throws(BrokerError) {
        do throws(ClientError) {
            try await self.client.checkpoint(rows, under: lease)
        } catch {
            throw Self.error(error, about: lease)
        }
    }

    package func complete(_ lease: Lease, result: RunResult, rows: [JournalRow]) async throws(BrokerError) {
        do throws(ClientError) {
            try await self.client.complete(lease, result: result, rows: rows)
        } catch {
            throw Self.error(error, about: lease)
        }
    }

    package func fail(
        _ lease: Lease, failure: Failure, result: RunResult?, rows: [JournalRow]
    ) async throws(BrokerError) -> FailOutcome {
        do throws(ClientError) {
            let answer = try await self.client.fail(lease, failure: failure, result: result, rows: rows)
            return answer.retryAt.map { .retrying(at: $0) } ?? .deadLettered
        } catch {
            throw Self.error(error, about: lease)
        }
    }

    package func block(_ lease: Lease, question: Job.Question, rows: [JournalRow]) async throws(BrokerError) {
        do throws(ClientError) {
            try await self.client.block(lease, question: question, rows: rows)
        } catch {
            throw Self.error(error, about: lease)
        }
    }

    package func release(_ lease: Lease, reason: String) async throws(BrokerError) {
        do throws(ClientError) {
            try await self.client.release(lease, reason: reason)
        } catch {
            throw Self.error(error, about: lease)
        }
    }

    package func secrets(
        _ references: [String], under lease: Lease
    ) async throws(BrokerError) -> [String: SecretAnswer] {
        let response: SecretAccessResponse
        do throws(ClientError) {
            response = try await self.client.secrets(references, under: lease)
        } catch {
            throw Self.error(error, about: lease)
        }
        var answers: [String: SecretAnswer] = [:]
        for refused in response.refused {
            // A code of a later server is none that is worth another try.
            let kind = SecretProblem.Kind(rawValue: refused.code) ?? .denied
            answers[refused.reference] = .refused(
                SecretProblem(kind, "The secret \"\(refused.reference)\" cannot be had: \(refused.message)"))
        }
        for granted in response.secrets { answers[granted.reference] = .found(granted.fields) }
        return answers
    }

    package func submit(
        _ child: ChildJob, forStep step: Int, under lease: Lease
    ) async throws(BrokerError) -> Job.ID {
        do throws(ClientError) {
            return try await self.client.submitChild(child, forStep: step, under: lease)
        } catch {
            throw Self.error(error, about: lease)
        }
    }

    package func ending(of child: Job.ID, under lease: Lease) async throws(BrokerError) -> ChildJob.Ending? {
        do throws(ClientError) {
            return try await self.client.ending(of: child, under: lease)
        } catch {
            throw Self.error(error, about: lease)
        }
    }

    package func log(_ lines: [Job.LogLine], under lease: Lease) async throws(BrokerError) -> Int {
        do throws(ClientError) {
            return try await self.client.appendLog(lines, under: lease)
        } catch {
            throw Self.error(error, about: lease)
        }
    }

    package func keep(_ lines: [Robot.LogLine], of robot: Robot.ID) async throws(BrokerError) {
        do throws(ClientError) {
            try await self.client.appendLog(lines, of: robot, stream: self.bootID)
        } catch {
            // It is not registered yet, or no longer.
            if case .api(let problem) = error, problem.code == .notFound { throw BrokerError.unavailable("\(error)") }
            throw Self.error(error, about: nil)
        }
    }

    package func watches(holding: [Watch.Mark], limit: Int) async throws(BrokerError) -> WatchOffer {
        let session = try self.openSession()
        do throws(ClientError) {
            return try await self.client.watches(of: session, holding: holding, limit: limit)
        } catch {
            throw Self.error(error, about: nil)
        }
    }

    package func report(
        _ report: WatchReport, of trigger: Trigger.ID, revision: Int, version: Int
    ) async throws(BrokerError) -> Int? {
        let session = try self.openSession()
        do throws(ClientError) {
            return try await self.client.report(
                report, of: trigger, revision: revision, version: version, session: session)
        } catch {
            throw Self.error(error, about: nil)
        }
    }

    package func close() async {
        if let session = self.session.withLock({ $0 }) {
            // Without it the session ends by itself when its lease is over.
            try? await self.client.closeSession(session.id)
        }
        await self.client.shutdown()
    }

    private func openSession() throws(BrokerError) -> Robot.SessionID {
        guard let session = self.session.withLock({ $0 }) else { throw .sessionEnded }
        return session.id
    }

    /// What a failed request means for the robot. Who is not let in today may be tomorrow only by a person's doing.
    private static func error(_ error: ClientError, about lease: Lease?) -> BrokerError {
        switch error {
        case .api(let problem):
            switch problem.code {
            case .leaseLost:
                lease.map { .leaseLost($0.job) } ?? .sessionEnded
            case .notFound:
                lease.map { .leaseLost($0.job) } ?? .sessionEnded
            // Who sends too much is let in again soon, and a tenant that was suspended when somebody resumes it.
            case .serviceUnavailable, .databaseTimeout, .internal, .tooManyRequests, .quotaExceededForNow,
                .tenantSuspended, nil:
                .unavailable("\(error)")
            case .tokenMissing, .tokenInvalid, .insufficientPermissions, .methodNotAllowed, .conflict,
                .invalidStateTransition, .idempotencyConflict, .uniqueKeyHeld, .bodyTooLarge, .unsupportedMediaType,
                .validation, .invalidJSON, .invalidInput, .needsDatabase, .selectionChanged, .signatureInvalid,
                .triggerPaused, .sealingKeyMissing, .quotaExceeded, .approvalRequired:
                .refused("\(error)")
            }
        // Certificates that have ended are renewed while the robot goes on trying.
        case .unreachable, .tlsFailed, .timedOut, .cancelled:
            .unavailable("\(error)")
        case .versionSkew, .notCasare, .responseTooLarge, .invalidURL, .invalidTLS, .invalidRequest:
            .refused("\(error)")
        }
    }
}

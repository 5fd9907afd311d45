import CasareDomain
import CasarePostgres
import CasareStore

/// What a robot does when only its session's connection is lost, and the robot itself is well.
extension SQLBroker {
    private static let pauseBetweenAttempts = Duration.milliseconds(25)

    private enum Attempt {
        case resumed(PostgresConnection)
        /// Somebody else has, or will have, the jobs.
        case ended
        case failed(PostgresError.ServerState)
    }

    package func untilSessionIsLost() async {
        while let session = self.session, !Task.isCancelled {
            await session.connection.untilLost()
            guard !Task.isCancelled, self.session?.id == session.id, await !self.resume(session.id) else { continue }
            return
        }
    }

    /// Whether the session goes on, on a new connection.
    ///
    /// While the server is down, as in a restart, no time passes for anyone: the sweep that would take the jobs cannot
    /// run either, and leaves the jobs alone for a while when the server is back. That is certain when the server says
    /// so, and taken for a restart for a while when nothing listens at its address. The robot's renewals limit both.
    private func resume(_ session: Robot.SessionID) async -> Bool {
        var time = ResumingTime(lostAt: .now)
        while ContinuousClock.now < time.giveUpAt, !Task.isCancelled {
            let begunAt = ContinuousClock.now
            switch await self.attempt(session, until: time.giveUpAt) {
            case .resumed(let connection):
                guard let lost = self.session, lost.id == session else {
                    await connection.close()
                    return false
                }
                self.session = Session(id: session, robot: lost.robot, connection: connection)
                return true
            case .ended: return false
            case .failed(let server): time.attemptFailed(server, begunAt: begunAt, at: .now)
            }
            guard (try? await Task.sleep(for: Self.pauseBetweenAttempts)) != nil else { return false }
        }
        return false
    }

    /// One attempt, not waited for beyond a time: a connection attempt into the void cannot be interrupted.
    private func attempt(_ session: Robot.SessionID, until giveUpAt: ContinuousClock.Instant) async -> Attempt {
        let (outcomes, outcome) = AsyncStream.makeStream(of: Attempt.self, bufferingPolicy: .bufferingOldest(1))
        let connecting = Task {
            let attempt = await self.connect(session)
            if case .enqueued = outcome.yield(attempt) { return }
            // The time is up.
            if case .resumed(let connection) = attempt { await connection.close() }
        }
        let timer = Task {
            try await Task.sleep(until: giveUpAt)
            outcome.yield(.failed(.unknown))
        }
        defer { timer.cancel() }
        defer { connecting.cancel() }
        for await attempt in outcomes { return attempt }
        return .failed(.unknown)
    }

    private func connect(_ session: Robot.SessionID) async -> Attempt {
        do {
            let connection = try await self.database.connect(as: self.tenant)
            do {
                let isResumed = try await Database.asTenant(self.tenant, on: connection) { connection in
                    try LeaseStore.resumeSession(session, on: connection)
                }
                if isResumed { return .resumed(connection) }
                await connection.close()
                return .failed(.unknown)
            } catch {
                await connection.close()
                throw error
            }
        } catch StoreError.sessionEnded {
            return .ended
        } catch let error as PostgresError {
            return .failed(error.serverState)
        } catch {
            return .failed(.unknown)
        }
    }
}

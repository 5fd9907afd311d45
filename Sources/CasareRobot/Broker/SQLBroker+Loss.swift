import CasareDomain
import CasarePostgres
import CasareStore

/// What a robot does when only its session's connection is lost, and the robot itself is well.
extension SQLBroker {
    /// The jobs go on for so long while the session is taken up again. What remains of `LeaseStore.lostSessionGrace`
    /// is for the jobs to stop in.
    private static let resumingTimeMax = Duration.milliseconds(500)
    private static let pauseBetweenAttempts = Duration.milliseconds(25)

    private enum Attempt {
        case resumed(PostgresConnection)
        /// Somebody else has, or will have, the jobs.
        case ended
        /// Nobody can take the jobs: the server serves nobody.
        case serverIsDown
        case failed
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
    /// run either, and begins to count when it sees the lock free. For how long a robot may go on like that is limited
    /// by its renewals.
    private func resume(_ session: Robot.SessionID) async -> Bool {
        var giveUpAt = ContinuousClock.now + Self.resumingTimeMax
        while ContinuousClock.now < giveUpAt, !Task.isCancelled {
            switch await self.attempt(session, until: giveUpAt) {
            case .resumed(let connection):
                guard self.session?.id == session else {
                    await connection.close()
                    return false
                }
                self.session = Session(id: session, connection: connection)
                return true
            case .ended: return false
            case .serverIsDown: giveUpAt = .now + Self.resumingTimeMax
            case .failed: break
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
            outcome.yield(.failed)
        }
        defer { timer.cancel() }
        defer { connecting.cancel() }
        for await attempt in outcomes { return attempt }
        return .failed
    }

    private func connect(_ session: Robot.SessionID) async -> Attempt {
        do {
            let connection = try await self.database.connect()
            do {
                let isResumed = try await Database.asTenant(self.tenant, on: connection) { connection in
                    try LeaseStore.resumeSession(session, on: connection)
                }
                if isResumed { return .resumed(connection) }
                await connection.close()
                return .failed
            } catch {
                await connection.close()
                throw error
            }
        } catch StoreError.sessionEnded {
            return .ended
        } catch let error as PostgresError where error.saysServerIsDown {
            return .serverIsDown
        } catch {
            return .failed
        }
    }
}

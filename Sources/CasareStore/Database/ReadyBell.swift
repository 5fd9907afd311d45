package import CasareDomain
package import CasarePostgres
import Synchronization

/// Tells waiting processes that something has changed, after the transaction that changed it has committed.
///
/// A `NOTIFY` within that transaction would make commits wait for each other. This has a connection of its own instead.
/// It rings at once after a silence, and then says once what was rung several times within a few milliseconds. It may
/// lose a ring, when the server is away or too many come at once: whoever listens polls as well, more slowly.
package final class ReadyBell: Sendable {
    /// Rung with a tenant's number when a job of its became ready.
    package static let readyChannel = "casare_ready"
    /// Rung with a job's ID when its status changed.
    package static let jobsChannel = "casare_jobs"
    /// Rung with a session's number when its robot has something to hear: it then renews at once.
    package static let sessionsChannel = "casare_sessions"
    /// Rung with an operation's ID when it got on, or somebody asked something of it.
    package static let operationsChannel = "casare_operations"

    /// What is rung within this time after a ring goes together in the next one.
    private static let pause: Duration = .milliseconds(2)
    private static let ringsMax = 10_000
    private static let reconnectPauses: [Duration] = [.milliseconds(100), .milliseconds(500), .seconds(2), .seconds(5)]

    private struct Pending {
        var tenants: Set<Tenant.ID> = []
        var jobs: Set<Job.ID> = []
        var sessions: Set<Robot.SessionID> = []
        /// Few are open at a time.
        var operations: Set<Operation.ID> = []
        var dropped = 0

        var isEmpty: Bool {
            self.tenants.isEmpty && self.jobs.isEmpty && self.sessions.isEmpty && self.operations.isEmpty
        }

        /// What to notify, channel by channel.
        var rings: [(channel: String, payload: String)] {
            self.tenants.map { (channel: ReadyBell.readyChannel, payload: $0.description) }
                + self.jobs.map { (channel: ReadyBell.jobsChannel, payload: $0.description) }
                + self.sessions.map { (channel: ReadyBell.sessionsChannel, payload: $0.description) }
                + self.operations.map { (channel: ReadyBell.operationsChannel, payload: $0.description) }
        }

        mutating func take() -> Pending {
            defer { (self.tenants, self.jobs, self.sessions, self.operations) = ([], [], [], []) }
            return self
        }

        mutating func putBack(_ rings: Pending) {
            self.tenants.formUnion(rings.tenants)
            self.jobs.formUnion(rings.jobs)
            self.sessions.formUnion(rings.sessions)
            self.operations.formUnion(rings.operations)
        }
    }

    private let configuration: PostgresConfiguration
    private let pending = Mutex(Pending())
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    package init(_ configuration: PostgresConfiguration) {
        var configuration = configuration
        // A ring need not survive a crash of the server, so nobody waits for the disk to hear it.
        configuration.settings["synchronous_commit"] = "off"
        self.configuration = configuration
        (self.wakeUps, self.wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Rings that were lost because too many were waiting.
    package var droppedCount: Int { self.pending.withLock { $0.dropped } }

    /// A job of this tenant is ready.
    package func ring(_ tenant: Tenant.ID) {
        self.pending.withLock { pending in
            _ = pending.tenants.insert(tenant)
        }
        self.wakeUp.yield()
    }

    /// The status of these jobs changed.
    package func jobsChanged(_ jobs: some Sequence<Job.ID>) {
        self.pending.withLock { pending in
            for job in jobs {
                if pending.jobs.count < Self.ringsMax {
                    pending.jobs.insert(job)
                } else {
                    pending.dropped += 1
                }
            }
        }
        self.wakeUp.yield()
    }

    package func jobChanged(_ job: Job.ID) { self.jobsChanged(CollectionOfOne(job)) }

    /// Something that the robot of this session does not know of has changed: what it holds, or what it is asked to do.
    package func sessionChanged(_ session: Robot.SessionID) {
        self.pending.withLock { pending in
            if pending.sessions.count < Self.ringsMax {
                pending.sessions.insert(session)
            } else {
                pending.dropped += 1
            }
        }
        self.wakeUp.yield()
    }

    /// An operation got on, or somebody asked something of it.
    package func operationChanged(_ operation: Operation.ID) {
        self.pending.withLock { pending in
            _ = pending.operations.insert(operation)
        }
        self.wakeUp.yield()
    }

    /// Rings until the task is cancelled, and then once more for what is still waiting. Run it once.
    package func run() async {
        var connection: PostgresConnection?
        for await _ in self.wakeUps {
            if Task.isCancelled { break }
            await self.flush(&connection)
            try? await Task.sleep(for: Self.pause)  // Cancelled: the loop ends, and what is waiting goes below.
        }
        if !self.pending.withLock({ $0.isEmpty }) {
            // A task without parent, awaited at once: the last rings must outlive the cancellation.
            await Task { [lastConnection = connection] in
                var connection = lastConnection
                await self.flush(&connection)
            }.value
        }
        await connection?.close()
    }

    private func flush(_ connection: inout PostgresConnection?) async {
        let taken = self.pending.withLock { $0.take() }
        guard !taken.isEmpty else { return }
        let rings = taken.rings
        for pause in Self.reconnectPauses {
            do {
                let open: PostgresConnection
                if let connection {
                    open = connection
                } else {
                    open = try await PostgresConnection.connect(self.configuration)
                    connection = open
                }
                try await open.execute(
                    SettingQueries.notify,
                    [
                        "channels": .textArray(rings.map { $0.channel }),
                        "payloads": .textArray(rings.map { $0.payload }),
                    ])
                return
            } catch {
                await connection?.close()
                connection = nil
                if Task.isCancelled {
                    self.pending.withLock { $0.putBack(taken) }
                    return
                }
                try? await Task.sleep(for: pause)  // Cancelled: the next try ends it.
            }
        }
    }
}

import Synchronization

/// A bounded number of connections that many tasks share.
///
/// Connections are opened when they are needed. One that is found dead before a closure began is replaced unseen; one
/// that dies during a closure fails that closure and is replaced for the next.
package final class PostgresPool: Sendable {
    /// How many connections there are just now, and who waits.
    package struct Statistics: Sendable, Hashable {
        package let connectionsMax: Int
        package let lent: Int
        package let idle: Int
        package let waiting: Int
    }

    package let configuration: PostgresConfiguration
    /// Tells it from the other pools of the process to whoever observes them.
    package let name: String
    /// How long a borrower waits for a connection when it gives no deadline.
    package let waitMax: Duration
    private let state: Mutex<PoolState>

    package init(
        configuration: PostgresConfiguration, connectionsMax: Int, waitMax: Duration = .seconds(10),
        name: String = "default"
    ) {
        precondition(connectionsMax > 0, "A pool has at least one connection")
        self.configuration = configuration
        self.name = name
        self.waitMax = waitMax
        self.state = Mutex(PoolState(connectionsMax: connectionsMax))
        configuration.observer?.began(self)
    }

    private var observer: (any StatementObserver)? { self.configuration.observer }

    package var statistics: Statistics {
        self.state.withLock { state in
            Statistics(
                connectionsMax: state.connectionsMax, lent: state.lentCount, idle: state.idleCount,
                waiting: state.waitingCount)
        }
    }

    /// Runs a closure on a connection of its own, on that connection's thread.
    ///
    /// Throws `poolExhausted` when no connection became free by `deadline`, `cancelled` when the task was cancelled
    /// while it waited, the connection's error when none could be opened, and whatever the closure throws. A
    /// transaction that the closure left open is rolled back.
    @discardableResult
    package func withConnection<Result: Sendable>(
        deadline: ContinuousClock.Instant? = nil,
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        let startedAt = ContinuousClock.now
        let deadline = deadline ?? startedAt + self.waitMax
        while true {
            let connection = try await self.borrow(deadline: deadline, since: startedAt)
            let waited: Duration = self.observer == nil ? .zero : ContinuousClock.now - startedAt
            switch await connection.borrow(body) {
            case .stale:
                self.perform(self.state.withLock { $0.lost() })
            case .returned(let result, let isReusable):
                self.giveBack(connection, isReusable: isReusable)
                self.observer?.lent(from: self, after: waited)
                return result
            case .threw(let error, let isReusable):
                self.giveBack(connection, isReusable: isReusable)
                self.observer?.lent(from: self, after: waited)
                throw error
            }
        }
    }

    /// Runs a closure in a transaction, as `PostgresConnection.transaction` does.
    @discardableResult
    package func transaction<Result: Sendable>(
        _ mode: TransactionMode = .readCommitted,
        opening: [(Query, KeyValuePairs<String, PostgresValue>)] = [],
        deadline: ContinuousClock.Instant? = nil,
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        try await self.withConnection(deadline: deadline) { connection in
            try connection.transaction(mode, opening: opening, body)
        }
    }

    /// Runs one statement.
    @discardableResult
    package func execute(
        _ query: Query, _ parameters: KeyValuePairs<String, PostgresValue> = [:],
        deadline: ContinuousClock.Instant? = nil
    ) async throws -> Rows {
        try await self.withConnection(deadline: deadline) { connection in
            try connection.execute(query, parameters)
        }
    }

    /// Refuses new borrowers, fails those who wait, and returns when every connection has come back and is closed.
    package func close() async {
        let (waiters, idle) = self.state.withLock { $0.close() }
        for waiter in waiters {
            waiter.resume(returning: .failure(.poolClosed))
        }
        for connection in idle {
            await connection.close()
        }
        await withCheckedContinuation { drainer in
            self.perform(self.state.withLock { $0.waitUntilDrained(drainer) })
        }
    }

    private func borrow(
        deadline: ContinuousClock.Instant, since startedAt: ContinuousClock.Instant
    ) async throws(PostgresError) -> PostgresConnection {
        if Task.isCancelled { throw .cancelled }
        let idle = try self.state.withLock { (state) throws(PostgresError) in try state.takeIdle() }
        if let idle { return idle }

        let ticket = self.state.withLock { $0.nextTicket() }
        // Lives as long as this call: it is cancelled below, and until then it only sleeps.
        let timer = Task {
            guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
            self.giveUp(ticket, { .poolExhausted(connectionsMax: $0, waited: ContinuousClock.now - startedAt) })
        }
        defer { timer.cancel() }
        let grant = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                self.perform(
                    self.state.withLock { state in
                        // The handler may have run already. Under the lock the two cannot miss each other.
                        Task.isCancelled
                            ? .resume(waiter, .failure(.cancelled)) : state.wait(waiter, ticket: ticket)
                    })
            }
        } onCancel: {
            self.giveUp(ticket, { _ in .cancelled })
        }
        if case .failure(.poolExhausted) = grant { self.observer?.timedOut(waitingFor: self) }
        return try grant.get()
    }

    private func giveUp(_ ticket: UInt64, _ error: (_ connectionsMax: Int) -> PostgresError) {
        self.perform(self.state.withLock { $0.giveUp(ticket, error($0.connectionsMax)) })
    }

    private func giveBack(_ connection: PostgresConnection, isReusable: Bool) {
        self.perform(self.state.withLock { isReusable ? $0.returned(connection) : $0.lost() })
    }

    private func perform(_ action: PoolState.Action) {
        switch action {
        case .none: break
        case .resume(let waiter, let grant): waiter.resume(returning: grant)
        case .open: self.open()
        case .resumeAndOpen(let waiter, let grant):
            waiter.resume(returning: grant)
            self.open()
        case .close(let connection): self.close(connection, then: [])
        case .resumeDrainers(let drainers): drainers.forEach { $0.resume() }
        case .closeAndResumeDrainers(let connection, let drainers): self.close(connection, then: drainers)
        }
    }

    /// Opens a connection for whoever waits first. It does not belong to a waiter's task: when that one gives up, the
    /// connection serves the next. `close` waits for it.
    private func open() {
        Task {
            do throws(PostgresError) {
                let connection = try await PostgresConnection.connect(self.configuration)
                self.perform(self.state.withLock { $0.opened(connection) })
            } catch {
                self.perform(self.state.withLock { $0.openingFailed(error) })
            }
        }
    }

    /// The last borrower need not wait for the good-bye to the server; `close` does.
    private func close(_ connection: PostgresConnection, then drainers: [CheckedContinuation<Void, Never>]) {
        Task {
            await connection.close()
            drainers.forEach { $0.resume() }
        }
    }
}

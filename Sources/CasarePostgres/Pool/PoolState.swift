/// The rules of a pool: who gets which connection, and when one is opened. It does nothing itself.
///
/// Waiters are served in the order in which they came. Idle connections are handed out last in, first out, so that
/// busy ones keep their prepared statements warm.
struct PoolState {
    typealias Grant = Result<PostgresConnection, PostgresError>
    typealias Waiter = CheckedContinuation<Grant, Never>

    private struct Entry {
        let ticket: UInt64
        let waiter: Waiter
    }

    enum Action {
        case none
        case resume(Waiter, Grant)
        /// Open a connection and report `opened` or `openingFailed`.
        case open
        case resumeAndOpen(Waiter, Grant)
        case close(PostgresConnection)
        /// The pool is closed and nothing is left of it.
        case resumeDrainers([CheckedContinuation<Void, Never>])
        case closeAndResumeDrainers(PostgresConnection, [CheckedContinuation<Void, Never>])
    }

    let connectionsMax: Int
    private var idle: [PostgresConnection] = []
    private var waiting: [Entry] = []
    private var drainers: [CheckedContinuation<Void, Never>] = []
    /// Connections that are lent out.
    private(set) var lentCount = 0
    private(set) var openingCount = 0
    private(set) var isClosed = false
    private var ticketsGiven: UInt64 = 0

    init(connectionsMax: Int) {
        self.connectionsMax = connectionsMax
    }

    var idleCount: Int { self.idle.count }
    var waitingCount: Int { self.waiting.count }

    /// The quick way: an idle connection, if there is one and nobody waits for it.
    mutating func takeIdle() throws(PostgresError) -> PostgresConnection? {
        if self.isClosed { throw .poolClosed }
        guard self.waiting.isEmpty, let connection = self.idle.popLast() else { return nil }
        self.lentCount += 1
        return connection
    }

    mutating func nextTicket() -> UInt64 {
        self.ticketsGiven += 1
        return self.ticketsGiven
    }

    mutating func wait(_ waiter: Waiter, ticket: UInt64) -> Action {
        if self.isClosed { return .resume(waiter, .failure(.poolClosed)) }
        if self.waiting.isEmpty, let connection = self.idle.popLast() {
            self.lentCount += 1
            return .resume(waiter, .success(connection))
        }
        self.waiting.append(Entry(ticket: ticket, waiter: waiter))
        return self.openIfWanted() ? .open : .none
    }

    /// A waiter's time is up, or its task was cancelled. It may have been served just before: then nothing happens.
    mutating func giveUp(_ ticket: UInt64, _ error: PostgresError) -> Action {
        guard let index = self.waiting.firstIndex(where: { $0.ticket == ticket }) else { return .none }
        return .resume(self.waiting.remove(at: index).waiter, .failure(error))
    }

    mutating func opened(_ connection: PostgresConnection) -> Action {
        self.openingCount -= 1
        return self.offer(connection)
    }

    mutating func openingFailed(_ error: PostgresError) -> Action {
        self.openingCount -= 1
        if self.isClosed { return self.drained() }
        guard !self.waiting.isEmpty else { return .none }
        // Each waiter gets an attempt of its own; one refused connection does not fail all.
        let waiter = self.waiting.removeFirst().waiter
        return self.openIfWanted() ? .resumeAndOpen(waiter, .failure(error)) : .resume(waiter, .failure(error))
    }

    mutating func returned(_ connection: PostgresConnection) -> Action {
        self.lentCount -= 1
        return self.offer(connection)
    }

    /// A connection was lost while it was lent out; it has closed itself.
    mutating func lost() -> Action {
        self.lentCount -= 1
        if self.isClosed { return self.drained() }
        return self.openIfWanted() ? .open : .none
    }

    /// Refuses new borrowers from now on. Returns who waited and the idle connections.
    mutating func close() -> (waiters: [Waiter], idle: [PostgresConnection]) {
        self.isClosed = true
        defer {
            self.waiting = []
            self.idle = []
        }
        return (self.waiting.map(\.waiter), self.idle)
    }

    mutating func waitUntilDrained(_ drainer: CheckedContinuation<Void, Never>) -> Action {
        self.drainers.append(drainer)
        return self.drained()
    }

    private mutating func offer(_ connection: PostgresConnection) -> Action {
        if self.isClosed {
            if case .resumeDrainers(let drainers) = self.drained() {
                return .closeAndResumeDrainers(connection, drainers)
            }
            return .close(connection)
        }
        guard !self.waiting.isEmpty else {
            self.idle.append(connection)
            return .none
        }
        self.lentCount += 1
        return .resume(self.waiting.removeFirst().waiter, .success(connection))
    }

    private mutating func openIfWanted() -> Bool {
        let count = self.lentCount + self.idle.count + self.openingCount
        guard count < self.connectionsMax, self.openingCount < self.waiting.count else { return false }
        self.openingCount += 1
        return true
    }

    private mutating func drained() -> Action {
        guard self.isClosed, self.lentCount == 0, self.openingCount == 0 else { return .none }
        defer { self.drainers = [] }
        return .resumeDrainers(self.drainers)
    }
}

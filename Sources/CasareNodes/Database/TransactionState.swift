/// What the nodes of a run know about the transaction on one of its connections.
struct TransactionState {
    /// Why the statements of a transaction were rolled back without anybody asking for it.
    enum Loss: Hashable, Sendable {
        /// The robot that had it was lost.
        case robot
        /// The robot was lost, and with it the database in its memory.
        case memory
        /// The database rolled it back, or the connection broke.
        case connection
        case commitFailed(String)

        var message: String {
            switch self {
            case .robot:
                "The transaction's statements were rolled back when its robot was lost or its attempt ended: retry the job "
                    + "from the start"
            case .memory:
                "The database was in the memory of a robot that was lost, and all of it is gone: retry the job from "
                    + "the start, or keep such data in a file"
            case .connection:
                "The transaction's statements were rolled back by the database: roll back, and begin again"
            case .commitFailed(let reason):
                "The transaction was not committed (\(reason)): roll back, and begin again"
            }
        }
    }

    private enum State {
        case none
        case open
        /// Until a rollback acknowledges it, nothing goes on: what followed would be done without what was lost.
        case lost(Loss)
    }

    private var state = State.none

    var isOpen: Bool { if case .open = self.state { true } else { false } }
    var loss: Loss? { if case .lost(let loss) = self.state { loss } else { nil } }
    /// Whether the database may have something to roll back: after a failed commit it may.
    var canRollBack: Bool { if case .none = self.state { false } else { true } }

    func checkStatement() throws(DatabaseError) {
        if let loss { throw .gone(message: loss.message, isFinal: loss == .robot || loss == .memory) }
    }

    func checkBegin() throws(DatabaseError) {
        try self.checkStatement()
        if self.isOpen { throw .refused(type: "DatabaseError", message: "Transaction already in progress") }
    }

    /// Whether there is anything to commit.
    func checkCommit() throws(DatabaseError) -> Bool {
        try self.checkStatement()
        return self.isOpen
    }

    mutating func began() { self.state = .open }

    mutating func ended() {
        // No rollback brings a lost database back.
        if self.loss != .memory { self.state = .none }
    }

    mutating func wasLost(_ loss: Loss) {
        if self.loss != .memory { self.state = .lost(loss) }
    }
}

import CLibpq

extension PostgresConnection {
    /// How a closure on a pooled connection ended.
    enum Borrowing<Result: Sendable>: Sendable {
        /// The session was gone before the closure began.
        case stale
        case returned(Result, isReusable: Bool)
        case threw(any Error, isReusable: Bool)
    }

    /// Runs a closure and says whether the connection may be used again, all in one hop.
    func borrow<Result: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) -> Borrowing<Result> {
        guard let link = try? self.usableLink(), link.isAlive() else {
            self.close()
            return .stale
        }
        do {
            let result = try body(self)
            return .returned(result, isReusable: self.isReusable())
        } catch {
            return .threw(error, isReusable: self.isReusable())
        }
    }

    /// Whether the next borrower finds a session between transactions. Closes one that is not fit for that.
    private func isReusable() -> Bool {
        // A transaction that the closure began by itself and did not end.
        self.rollBack()
        guard let link = try? self.usableLink(), link.transactionStatus == PQTRANS_IDLE else {
            self.close()
            return false
        }
        return true
    }
}

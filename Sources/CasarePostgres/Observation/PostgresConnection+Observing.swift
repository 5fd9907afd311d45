extension PostgresConnection {
    /// Runs a statement, and tells whoever observes it how that went. Without an observer it costs a comparison.
    ///
    /// - Parameters:
    ///   - isCancellable: nothing is sent in a cancelled task, so nothing is told of it either.
    ///   - rows: how many the statement selected or changed.
    func observed<Result, Failure: Error>(
        _ plan: @autoclosure () -> Query.Plan, batchSize: Int = 1, isCancellable: Bool = true,
        rows: (Result) -> Int, _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let (observer, place) = self.observation, !(isCancellable && Task.isCancelled) else { return try work() }
        let plan = plan()
        let startedAt = ContinuousClock.now
        func tell(_ rows: Int, _ error: (any Error)?) {
            let known = error as? PostgresError
            observer.ended(
                FinishedStatement(
                    plan: plan, batchSize: batchSize, startedAt: startedAt, duration: .now - startedAt, rows: rows,
                    // Only the closure that writes a COPY's data throws other errors.
                    errorType: error.map { _ in known?.kind ?? "aborted" }, sqlState: known?.sqlState, place: place))
        }
        do throws(Failure) {
            let result = try work()
            tell(rows(result), nil)
            return result
        } catch {
            tell(0, error)
            throw error
        }
    }
}

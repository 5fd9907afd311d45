extension PerformedStep {
    /// What the step has failed with, by what its work threw: that, or that its time was up. To be asked in the task in
    /// which it was thrown.
    ///
    /// - Returns: `nil` where the step has not failed: the run was cancelled in the middle of it, or is to stop and
    ///   leaves a wait that goes on elsewhere.
    package func failure(_ error: any Error) -> (any Error)? {
        if let exceeded = error as? TimeLimit.Exceeded {
            return NodeFailure("TimeoutError", exceeded.limit.message(of: self.node))
        }
        // What is cancelled may well throw an error of its own.
        if Task.isCancelled || error is CancellationError || error is WaitLeft { return nil }
        return error
    }
}

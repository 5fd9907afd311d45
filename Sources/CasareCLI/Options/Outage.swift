/// Waiting that outlives a restart of the server.
enum Outage {
    /// A server that is being restarted is back by then.
    static let lengthMax = Duration.seconds(60)

    /// Repeats what fails because the server cannot be reached, until it has been away for too long.
    ///
    /// - Parameters:
    ///   - deadline: of the waiting: from then on nothing is repeated.
    ///   - pause: between two attempts.
    ///   - length: how long the server may be away.
    static func withstanding<Result>(
        until deadline: ContinuousClock.Instant? = nil, pausing pause: Duration = .seconds(1),
        atMost length: Duration = Outage.lengthMax,
        _ body: () async throws -> Result
    ) async throws -> Result {
        var began: ContinuousClock.Instant?
        while true {
            do {
                return try await body()
            } catch {
                guard ErrorReport.failure(for: error).status == .unavailable else { throw error }
                let now = ContinuousClock.now
                if began == nil {
                    StandardStreams.report("casarectl: the server does not answer; trying again")
                }
                began = began ?? now
                let isOverdue = deadline.map { $0 <= now } ?? false
                if isOverdue || began.map({ now - $0 > length }) ?? false { throw error }
                try await Task.sleep(for: pause)
            }
        }
    }
}

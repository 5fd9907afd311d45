public import CasareDomain
public import CasareWire

extension CasareClient {
    /// All journaled steps.
    ///
    /// - Parameter results: without, only failures come with their results. A server before it left results out sends
    ///   them in any case.
    public func steps(of id: Job.ID, results: Bool = true) async throws(ClientError) -> [StepInfo] {
        // What says nothing but the standard is left out, as servers before it refuse what they do not know.
        guard !results else { return try await self.allSteps(of: id, results: true) }
        do throws(ClientError) {
            return try await self.allSteps(of: id, results: false)
        } catch {
            guard case .api(let problem) = error, problem.code == .invalidInput else { throw error }
            return try await self.allSteps(of: id, results: true)
        }
    }

    /// Page by page, as large as the server makes them.
    private func allSteps(of id: Job.ID, results: Bool) async throws(ClientError) -> [StepInfo] {
        var page = try await self.stepsPage(of: id, results: results)
        var steps = page.steps
        while let cursor = page.nextCursor {
            page = try await self.stepsPage(of: id, results: results, cursor: cursor)
            steps += page.steps
        }
        return steps
    }

    /// The journaled steps after a cursor.
    ///
    /// - Parameter limit: at most so many; `nil`: as many as the server puts into one answer.
    public func stepsPage(
        of id: Job.ID, results: Bool = true, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> StepsResponse {
        try await self.get(
            "\(Self.apiPath)/jobs/\(id)/steps",
            [("results", results ? nil : "false"), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    /// What happened to a job, and how often robots tried it.
    public func history(of id: Job.ID) async throws(ClientError) -> JobHistory {
        try await self.get("\(Self.apiPath)/jobs/\(id)/history")
    }
}

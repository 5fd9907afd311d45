import CasareDomain

/// How long one step may take, and whose limit that is.
struct TimeLimit: Sendable {
    enum Owner: Sendable {
        case node
        /// Of the whole job: this is what is left of it.
        case job(seconds: Double)
        /// Of an item or a call around the step: this is what is left of it.
        case frame(String, seconds: Double)
    }

    /// The time was up before the step had ended. It was cancelled, and has ended since.
    struct Exceeded: Error {
        let limit: TimeLimit
    }

    let seconds: Double
    let owner: Owner

    /// Runs `body` and cancels it when the time is up. What a cancelled body still returns or throws says nothing: it
    /// may be no more than its way of giving up.
    ///
    /// - Throws: What `body` throws, or `Exceeded` once the cancelled body has ended.
    func enforce<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let seconds = self.seconds
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleepInSlices(for: Duration(clampingSeconds: seconds))
                return nil
            }
            defer { group.cancelAll() }
            // Two children: the first to end decides, and the other is cancelled and waited for.
            if let result = try await group.next(), let result { return result }
            throw Exceeded(limit: self)
        }
    }

    /// What the node's failure says when the step is known not to have to be asked about.
    func message(of node: String) -> String {
        switch self.owner {
        case .node: "Node \(node) timed out after \(Self.text(self.seconds))s"
        case .job(let seconds): "Node \(node) was cut off: the job timed out after \(Self.text(seconds))s"
        case .frame(let what, let seconds): "Node \(node) was cut off: \(what) timed out after \(Self.text(seconds))s"
        }
    }

    /// What happened to a step, as the end of a sentence about it.
    var reason: String {
        switch self.owner {
        case .node: "it timed out after \(Self.text(self.seconds))s"
        case .frame(let what, let seconds): "\(what) timed out after \(Self.text(seconds))s in the middle of it"
        case .job(let seconds): "the job's time of \(Self.text(seconds))s was up in the middle of it"
        }
    }

    static func text(_ seconds: Double) -> String { Value.double(seconds).displayText }
}

extension OrchestratorFixture {
    /// As many connections as the client has to one server.
    static let requestsAtOnceMax = 8

    /// Sends many requests, some at a time: on a busy machine each of them mostly waits for its turn, and who sends one
    /// after the other waits for all of those turns.
    ///
    /// - Parameter atOnce: 1 where what one of them changes another may find.
    /// - Returns: the replies, in the order of the requests.
    func replies<Request: Sendable>(
        to requests: [Request], atOnce: Int = OrchestratorFixture.requestsAtOnceMax,
        _ send: @escaping @Sendable (Request) async throws -> Reply
    ) async throws -> [(request: Request, reply: Reply)] {
        let replies = try await withThrowingTaskGroup(of: (number: Int, reply: Reply).self) { group in
            var ended: [(number: Int, reply: Reply)] = []
            for (number, request) in requests.enumerated() {
                if number >= atOnce, let reply = try await group.next() { ended.append(reply) }
                group.addTask { (number, try await send(request)) }
            }
            for try await reply in group { ended.append(reply) }
            return ended.sorted { $0.number < $1.number }.map(\.reply)
        }
        return zip(requests, replies).map { (request: $0, reply: $1) }
    }
}

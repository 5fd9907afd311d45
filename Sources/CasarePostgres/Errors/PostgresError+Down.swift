extension PostgresError {
    /// What a failed attempt to connect says of the server, and not only of the way to it.
    package enum ServerState: Hashable, Sendable {
        /// The server itself says that it serves nobody just now: it is starting up or shutting down.
        case restarting
        /// Nothing listens at any of its addresses. Most often there is no server then; it may also have moved.
        case absent
        /// Nothing is known: a lost network says nothing about how the server is doing.
        case unknown
    }

    /// How libpq and the server put it. A server that speaks another language than English is not understood.
    private static let restartingTexts = ["the database system is "]
    private static let absentTexts = ["Connection refused", "No such file or directory"]

    package var serverState: ServerState {
        guard case .connection(let message) = self else { return .unknown }
        func count(_ texts: [String]) -> Int { texts.reduce(0) { $0 + message.ranges(of: $1).count } }
        let attempts = message.ranges(of: "connection to server ").count
        let (restarting, absent) = (count(Self.restartingTexts), count(Self.absentTexts))
        // Of several addresses the one that says nothing may be the one that serves.
        guard attempts > 0, restarting + absent >= attempts else { return .unknown }
        return restarting > 0 ? .restarting : .absent
    }
}

extension PostgresError {
    /// What a failed attempt to connect says of the server, and not only of the way to it.
    package enum ServerState: Hashable, Sendable {
        /// The server itself says that it is shutting down: whoever serves next has yet to start.
        case stopping
        /// The server itself says that it has just been started and serves nobody yet.
        case starting
        /// The server itself says for another reason that it serves nobody just now, as while it recovers from the
        /// crash of one of its processes, which is no start.
        case recovering
        /// Nothing listens at any of its addresses. Most often there is no server then; it may also have moved.
        case absent
        /// Nothing is known: a lost network says nothing about how the server is doing.
        case unknown
    }

    /// How libpq and the server put it. A server that speaks another language than English is not understood.
    private static let downTexts = ["the database system is "]
    private static let stoppingTexts = ["the database system is shutting down"]
    private static let startingTexts = ["the database system is starting up"]
    private static let absentTexts = ["Connection refused", "No such file or directory"]

    package var serverState: ServerState {
        guard case .connection(let message) = self else { return .unknown }
        func count(_ texts: [String]) -> Int { texts.reduce(0) { $0 + message.ranges(of: $1).count } }
        let attempts = message.ranges(of: "connection to server ").count
        let (down, absent) = (count(Self.downTexts), count(Self.absentTexts))
        // Of several addresses the one that says nothing may be the one that serves.
        guard attempts > 0, down + absent >= attempts else { return .unknown }
        if down == 0 { return .absent }
        if down == count(Self.stoppingTexts) { return .stopping }
        return down == count(Self.startingTexts) ? .starting : .recovering
    }
}

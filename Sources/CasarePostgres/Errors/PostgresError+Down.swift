extension PostgresError {
    /// How libpq says that nobody serves an address just now: nothing listens there, or what listens is starting up
    /// or shutting down. A server that speaks another language than English is not understood, and counts as reached.
    private static let downTexts = ["Connection refused", "No such file or directory", "the database system is "]

    /// Whether every address of the server was found not to serve anyone, which is more than not being reached: a lost
    /// network says nothing about how the server is doing.
    package var saysServerIsDown: Bool {
        guard case .connection(let message) = self else { return false }
        let attempts = message.ranges(of: "connection to server ").count
        let refusals = Self.downTexts.reduce(0) { $0 + message.ranges(of: $1).count }
        return attempts > 0 && refusals >= attempts
    }
}

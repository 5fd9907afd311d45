extension PostgresError {
    /// What it is in one word, of which there are few: the server's code, or one for what is not the server's.
    package var kind: String {
        switch self {
        case .server(let error): error.state.rawValue
        case .connection: "connection"
        case .timedOut: "timeout"
        case .cancelled: "cancelled"
        case .poolExhausted: "pool_exhausted"
        case .poolClosed: "pool_closed"
        case .decoding: "decoding"
        case .misuse: "misuse"
        }
    }
}

import CasarePostgres

/// Why a batch of writes failed, as far as it decides about the writes in it.
package enum WriteFault: Hashable, Sendable {
    /// The database, or the way to it: to ask again for each would keep it from coming back.
    case everyones
    /// One of the writes, perhaps: others go through without it.
    case ofOne
    /// Somebody has locked what one of them needs.
    case held

    /// By what the database said, where a write waits for a lock no longer than `Database.reportLockWaitMax`: a
    /// statement that takes longer than it may is then one of a database that is overburdened.
    package static func of(_ error: any Error) -> WriteFault {
        switch error as? PostgresError {
        case .connection, .poolExhausted, .poolClosed, .cancelled, .timedOut: .everyones
        case .server(let server) where server.state == .lockNotAvailable: .held
        case .server(let server) where self.statesOfAll.contains(server.state): .everyones
        case .server, .decoding, .misuse, nil: .ofOne
        }
    }

    /// The server goes or comes, has become a standby (25006), or has no connection or no disk (53100) left. That it
    /// has too little memory may be for one write's size.
    private static let statesOfAll: Set<SQLState> = [
        .adminShutdown, .crashShutdown, .cannotConnectNow, .tooManyConnections, SQLState(rawValue: "25006"),
        SQLState(rawValue: "53100"),
    ]
}

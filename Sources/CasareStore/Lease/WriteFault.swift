import CasarePostgres

/// Why a batch of writes failed, as far as it decides about the writes in it.
package enum WriteFault: Hashable, Sendable {
    /// The database, or the way to it: to ask again for each would keep it from coming back.
    case everyones
    /// One of the writes, perhaps: others go through without it.
    case ofOne
    /// Somebody has locked what one of them needs.
    case held

    /// By what the database said, where a write waits for a lock no longer than `Database.reportLockWaitMax`: a statement
    /// that takes longer than it may is then one of a database that is overburdened.
    package static func of(_ error: any Error) -> WriteFault {
        switch error as? PostgresError {
        case .connection, .poolExhausted, .poolClosed, .cancelled, .timedOut: .everyones
        case .server(let server) where server.state == .lockNotAvailable: .held
        case .server, .decoding, .misuse, nil: .ofOne
        }
    }
}

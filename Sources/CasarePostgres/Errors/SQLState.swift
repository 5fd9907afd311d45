/// PostgreSQL's five-character error code (manual, appendix A). The first two characters are its class.
package struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package var description: String { self.rawValue }

    package static let featureNotSupported = SQLState(rawValue: "0A000")
    package static let characterNotInRepertoire = SQLState(rawValue: "22021")
    package static let invalidTextRepresentation = SQLState(rawValue: "22P02")
    package static let badCopyFileFormat = SQLState(rawValue: "22P04")
    package static let notNullViolation = SQLState(rawValue: "23502")
    package static let foreignKeyViolation = SQLState(rawValue: "23503")
    package static let uniqueViolation = SQLState(rawValue: "23505")
    package static let checkViolation = SQLState(rawValue: "23514")
    package static let exclusionViolation = SQLState(rawValue: "23P01")
    package static let inFailedTransaction = SQLState(rawValue: "25P02")
    package static let invalidStatementName = SQLState(rawValue: "26000")
    package static let invalidPassword = SQLState(rawValue: "28P01")
    package static let databaseDoesNotExist = SQLState(rawValue: "3D000")
    package static let serializationFailure = SQLState(rawValue: "40001")
    package static let deadlockDetected = SQLState(rawValue: "40P01")
    package static let syntaxError = SQLState(rawValue: "42601")
    package static let insufficientPrivilege = SQLState(rawValue: "42501")
    package static let undefinedFunction = SQLState(rawValue: "42883")
    package static let undefinedTable = SQLState(rawValue: "42P01")
    package static let undefinedColumn = SQLState(rawValue: "42703")
    package static let duplicateDatabase = SQLState(rawValue: "42P04")
    package static let duplicateTable = SQLState(rawValue: "42P07")
    package static let duplicateObject = SQLState(rawValue: "42710")
    package static let undefinedObject = SQLState(rawValue: "42704")
    package static let tooManyConnections = SQLState(rawValue: "53300")
    package static let objectInUse = SQLState(rawValue: "55006")
    package static let lockNotAvailable = SQLState(rawValue: "55P03")
    package static let queryCanceled = SQLState(rawValue: "57014")
    package static let adminShutdown = SQLState(rawValue: "57P01")
    package static let crashShutdown = SQLState(rawValue: "57P02")
    package static let cannotConnectNow = SQLState(rawValue: "57P03")
    package static let raiseException = SQLState(rawValue: "P0001")
    /// Casare's own: the database was put back from a backup, and nobody has begun a new epoch yet.
    package static let restoredFromBackup = SQLState(rawValue: "CA001")

    /// Whether the same work may succeed when it is done again later: lost races, and a server that is away or full.
    package var isTransient: Bool {
        switch self {
        case .serializationFailure, .deadlockDetected, .lockNotAvailable, .tooManyConnections, .adminShutdown,
            .crashShutdown, .cannotConnectNow, .restoredFromBackup:
            true
        default:
            // 08: connection exceptions. 53: out of disk, memory or connections. 25006: the server has become a
            // standby. 25P03, 25P04: the transaction rested or lasted for too long. 40003: whether the statement was
            // completed is unknown. 57P05: the session was idle for too long.
            self.rawValue.hasPrefix("08") || self.rawValue.hasPrefix("53")
                || ["25006", "25P03", "25P04", "40003", "57P05"].contains(self.rawValue)
        }
    }
}

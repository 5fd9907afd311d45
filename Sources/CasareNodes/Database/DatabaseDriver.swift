import CasareDomain
import CasareEngine

/// One connection to one database, of whatever kind.
protocol DatabaseDriver: Sendable {
    /// What people call the kind of database.
    var productName: String { get }
    /// Where it is, for traces.
    var server: DatabaseServer { get }

    /// Runs one statement to its end.
    func execute(_ sql: String, _ parameters: [Value]) async throws(DatabaseError) -> DatabaseOutcome

    func begin() async throws(DatabaseError)
    func commit() async throws(DatabaseError)
    func rollBack() async throws(DatabaseError)
    /// Whether a transaction is open, healthy or failed.
    var isInTransaction: Bool { get async }

    func hasTable(_ name: String) async throws(DatabaseError) -> Bool
    /// The table's columns in order; empty for a table that does not exist.
    func columns(of table: String) async throws(DatabaseError) -> [DatabaseColumn]

    func close() async
}

/// What traces say of where a database is.
struct DatabaseServer: Hashable, Sendable {
    /// As OpenTelemetry's conventions call the kind.
    var system: String
    /// `nil` for a file.
    var address: String?
    var port: Int?
    var database: String?
}

/// What one statement did.
struct DatabaseOutcome: Hashable, Sendable {
    var columns: [String] = []
    var rows: [[Value]] = []
    /// Rows inserted, changed or deleted.
    var rowsAffected = 0
    /// The number of the row that an insertion made, where the database counts them.
    var lastInsertedID: Int?
}

struct DatabaseColumn: Hashable, Sendable {
    var name: String
    var type: String
    var isNullable: Bool
    var defaultExpression: String?
    var isPrimaryKey: Bool

    var value: Value {
        [
            "name": .string(self.name), "type": .string(self.type), "nullable": .bool(self.isNullable),
            "default": self.defaultExpression.map(Value.string) ?? .null, "primary_key": .bool(self.isPrimaryKey),
        ]
    }
}

/// Why a database did not do what it was asked for.
enum DatabaseError: Error, Hashable, Sendable {
    /// It refused; nothing was changed. The type is one of workflow format §8.
    case refused(type: String, message: String)
    /// What it builds on was rolled back or is gone. Final: no attempt that goes on from here can bring it back.
    case gone(message: String, isFinal: Bool)
    /// The statement was stopped because its time was up; nothing was changed.
    case timedOut(message: String)
    /// The connection was lost before anything was sent.
    case lost(message: String)
    /// The connection was lost after the statement was sent.
    case unknown(message: String)
    /// The statement took effect, but its result is more than is kept.
    case tooLarge(message: String)
    case cancelled

    var message: String {
        switch self {
        case .refused(_, let message), .gone(let message, _), .timedOut(let message), .lost(let message),
            .unknown(let message),
            .tooLarge(let message):
            message
        case .cancelled: "The statement was cancelled"
        }
    }

    /// In few words, for traces.
    var kind: String {
        switch self {
        case .refused(let type, _): type
        case .gone: "DatabaseError"
        case .timedOut: "TimeoutError"
        case .lost: "NetworkError"
        case .unknown: "OutcomeUnknown"
        case .tooLarge: "ValueError"
        case .cancelled: "CancellationError"
        }
    }

    /// Whether the same statement may be sent again without doing anything twice.
    var canRepeat: Bool {
        switch self {
        case .refused, .timedOut: true
        case .gone, .lost, .unknown, .tooLarge, .cancelled: false
        }
    }

    /// As the failure of a node.
    ///
    /// - Throws: `CancellationError`, and `OutcomeUnknown`: the engine deals with both.
    func failure() throws -> NodeFailure {
        switch self {
        case .refused(let type, let message): NodeFailure(type, message)
        case .gone(let message, let isFinal): NodeFailure("DatabaseError", message, isBusiness: isFinal)
        case .timedOut(let message): NodeFailure("TimeoutError", message)
        case .lost(let message): NodeFailure("NetworkError", message)
        case .tooLarge(let message): .value(message)
        case .unknown(let message):
            throw OutcomeUnknown("its connection to the database broke before there was an answer (\(message))")
        case .cancelled: throw CancellationError()
        }
    }
}

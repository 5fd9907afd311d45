/// The stable names of what can go wrong with a request.
public enum ErrorCode: String, Hashable, Sendable, Codable, CaseIterable {
    case tokenMissing = "AUTH_TOKEN_MISSING"
    case tokenInvalid = "AUTH_TOKEN_INVALID"
    case insufficientPermissions = "AUTH_INSUFFICIENT_PERMISSIONS"
    case notFound = "RESOURCE_NOT_FOUND"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case conflict = "RESOURCE_CONFLICT"
    case invalidStateTransition = "INVALID_STATE_TRANSITION"
    case leaseLost = "LEASE_LOST"
    case idempotencyConflict = "IDEMPOTENCY_CONFLICT"
    /// Another job holds the unique key.
    case uniqueKeyHeld = "UNIQUE_KEY_HELD"
    /// What was selected is not what it was when somebody looked.
    case selectionChanged = "SELECTION_CHANGED"
    case bodyTooLarge = "BODY_TOO_LARGE"
    case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
    case validation = "VALIDATION_ERROR"
    case invalidJSON = "INVALID_JSON"
    case invalidInput = "INVALID_INPUT"
    case serviceUnavailable = "SERVICE_UNAVAILABLE"
    /// The database took too long, and the request was given up.
    case databaseTimeout = "DATABASE_TIMEOUT"
    case `internal` = "INTERNAL_ERROR"
    /// The server keeps everything in memory, and this needs a database.
    case needsDatabase = "NEEDS_DATABASE"

    /// The HTTP status it is answered with.
    public var status: Int {
        switch self {
        case .invalidJSON, .invalidInput: 400
        case .tokenMissing, .tokenInvalid: 401
        case .insufficientPermissions: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict, .invalidStateTransition, .leaseLost, .idempotencyConflict, .uniqueKeyHeld, .selectionChanged:
            409
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .validation: 422
        case .internal: 500
        case .needsDatabase: 501
        case .serviceUnavailable, .databaseTimeout: 503
        }
    }
}

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
    /// A request of a hook did not prove that it is from whom it should be.
    case signatureInvalid = "SIGNATURE_INVALID"
    case triggerPaused = "TRIGGER_PAUSED"
    /// Too soon after another one, or too many at once; `Retry-After` says when to try again.
    case tooManyRequests = "TOO_MANY_REQUESTS"
    /// The server has no key that secrets are sealed with.
    case sealingKeyMissing = "SEALING_KEY_MISSING"

    /// The tenant has as much of something as it may have, and waiting does not help.
    case quotaExceeded = "QUOTA_EXCEEDED"
    /// The same of what frees itself; `Retry-After` says when to try again.
    case quotaExceededForNow = "QUOTA_EXCEEDED_FOR_NOW"
    /// The caller's tenant is suspended, or to be deleted.
    case tenantSuspended = "TENANT_SUSPENDED"
    /// A second person must agree first; `details` has the `approval_id`.
    case approvalRequired = "APPROVAL_REQUIRED"

    /// The HTTP status it is answered with.
    public var status: Int {
        switch self {
        case .invalidJSON, .invalidInput: 400
        case .tokenMissing, .tokenInvalid, .signatureInvalid: 401
        case .quotaExceeded, .tenantSuspended: 403
        case .insufficientPermissions, .triggerPaused: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict, .invalidStateTransition, .leaseLost, .idempotencyConflict, .uniqueKeyHeld, .selectionChanged:
            409
        case .approvalRequired: 409
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .validation: 422
        case .tooManyRequests, .quotaExceededForNow: 429
        case .internal: 500
        case .needsDatabase, .sealingKeyMissing: 501
        case .serviceUnavailable, .databaseTimeout: 503
        }
    }
}

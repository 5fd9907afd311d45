import CasareDomain
import CasareWire

/// An answer that is not a success: the one error that routes throw on purpose.
struct APIProblem: Error, Sendable {
    let code: ErrorCode
    let message: String
    /// The member or parameter at fault.
    var field: String?
    var details: Object?
    /// The methods that the path has, for 405.
    var allow: String?
    /// When to try again, for 503.
    var retryAfterSeconds: Int?

    init(_ code: ErrorCode, _ message: String, field: String? = nil, details: Object? = nil) {
        self.code = code
        self.message = message
        self.field = field
        self.details = details
    }

    static func invalidInput(_ field: String, _ message: String) -> APIProblem {
        APIProblem(.invalidInput, "\(field): \(message)", field: field)
    }

    static func validation(_ error: WireDecodingError) -> APIProblem {
        APIProblem(
            .validation, error.description, field: error.path.isEmpty ? nil : error.path,
            details: [
                "validation_errors": [["field": .string(error.path), "message": .string(error.message)]]
            ])
    }

    static func notFound(_ noun: String, _ name: String) -> APIProblem {
        APIProblem(.notFound, "there is no \(noun) \(name)")
    }

    static func unavailable(_ message: String, retryAfterSeconds: Int = 2) -> APIProblem {
        var problem = APIProblem(.serviceUnavailable, message)
        problem.retryAfterSeconds = retryAfterSeconds
        return problem
    }
}

/// Why a request is not from whom it should be. The sender is told no more than that; the trigger's history says which.
enum SignatureFault: Error, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// A header that it must have is not there.
    case missing
    /// A header is there and cannot be read.
    case malformed
    /// It was made with another secret, or of another body.
    case wrong
    case tooOld
    /// By a clock that is fast.
    case tooNew

    var description: String {
        switch self {
        case .missing: "the header of its signature or secret is missing"
        case .malformed: "the header of its signature cannot be read"
        case .wrong: "its signature or secret is wrong"
        case .tooOld: "it was signed longer ago than the tolerance allows"
        case .tooNew: "it was signed later than now, by more than the tolerance allows"
        }
    }
}

/// What a request of a hook proved itself by.
struct HookProof: Hashable, Sendable {
    /// The code that was checked, in hex, by which the same request is known again; `nil` of a plain secret, which says
    /// nothing of a body.
    var mark: String?
    /// The sender's ID of the delivery, where the scheme has one that is signed.
    var deliveryID: String?
}

/// What a scheme reads of a request.
struct HookMessage: Hashable, Sendable {
    /// By names in small letters.
    let headers: [String: String]
    let body: [UInt8]
}

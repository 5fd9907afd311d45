/// Why a sign-in at an identity provider came to nothing.
public enum SignInError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It cannot be asked: nothing answers at the URL, or not in time.
    case unreachable(url: String, reason: String)
    /// What it answered is not what the standards say.
    case unexpected(url: String, reason: String)
    /// It offers no sign-in by device.
    case noDeviceFlow(issuer: String)
    /// The person said no.
    case denied
    /// The person said nothing in time.
    case expired
    /// It takes the refresh token no more: somebody must sign in again.
    case signedOut
    /// It refused, in its own words (RFC 6749 §5.2).
    case refused(code: String, description: String?)
    case cancelled

    public var description: String {
        switch self {
        case .unreachable(let url, let reason): "cannot reach the identity provider at \(url): \(reason)"
        case .unexpected(let url, let reason): "the identity provider at \(url) answered strangely: \(reason)"
        case .noDeviceFlow(let issuer):
            "\(issuer) offers no sign-in by device (it names no device_authorization_endpoint); sign in with a token"
        case .denied: "the sign-in was refused at the identity provider"
        case .expired: "nobody confirmed the sign-in in time; run it again"
        case .signedOut: "the sign-in is over; sign in again"
        case .refused(let code, let description):
            "the identity provider refused: \(code)" + (description.map { " (\($0))" } ?? "")
        case .cancelled: "cancelled"
        }
    }
}

import CasareTelemetry
import CasareWire

/// Who is not let in, and who is not let do what they asked for.
struct AuthMetrics: Sendable {
    /// What was shown.
    enum Method: String, Sendable, CaseIterable {
        case none, token, oidc, certificate, enrolment
        /// It can be nothing that anybody was given.
        case malformed

        init(_ kind: ShownCredential.Kind) {
            switch kind {
            case .token: self = .token
            case .signed: self = .oidc
            case .certificate: self = .certificate
            case .malformed: self = .malformed
            }
        }
    }

    /// Why it did not count. Whoever showed it is not told so much.
    enum Failure: String, Sendable, CaseIterable {
        /// Nothing was shown.
        case missing
        /// It is unknown, used up, expired or revoked.
        case invalid
        /// It is right, and was shown from a network that it is not for.
        case otherNetwork = "other_network"
        /// It was not looked at: too many wrong ones came from there.
        case lockedOut = "locked_out"
    }

    /// Codes of refusals that are about who asks.
    private static let refusalCodes: [ErrorCode] = [.insufficientPermissions, .tenantSuspended]

    private let failures: Counter<Int>
    private let lockouts: Counter<Int>
    private let refusals: Counter<Int>

    init(_ registry: MetricRegistry) {
        self.failures = registry.counter(.authFailures)
        self.lockouts = registry.counter(.authLockouts)
        self.refusals = registry.counter(.authRefusals)
        // So that whoever looks at increases sees the first of each.
        for method in Method.allCases {
            switch method {
            case .none: self.failures.series(Self.attributes(method, .missing))
            case .token, .oidc, .certificate, .enrolment, .malformed:
                self.failures.series(Self.attributes(method, .invalid))
                self.failures.series(Self.attributes(method, .lockedOut))
            }
        }
        self.failures.series(Self.attributes(.token, .otherNetwork))
        self.lockouts.series(.none)
        for code in Self.refusalCodes { self.refusals.series(Self.attributes(code)) }
    }

    func failed(_ method: Method, _ failure: Failure) { self.failures.add(1, Self.attributes(method, failure)) }

    /// A lock has begun: whoever comes to one that is there already has not begun it.
    func lockedOut() { self.lockouts.add(1) }

    /// Counts what a request was refused for, where it is about who asked.
    func refused(_ code: ErrorCode) {
        guard Self.refusalCodes.contains(code) else { return }
        self.refusals.add(1, Self.attributes(code))
    }

    private static func attributes(_ method: Method, _ failure: Failure) -> Attributes {
        [.authMethod: .string(method.rawValue), .errorType: .string(failure.rawValue)]
    }

    private static func attributes(_ code: ErrorCode) -> Attributes {
        [.errorType: .string(code.rawValue.lowercased())]
    }
}
